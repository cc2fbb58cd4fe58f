"""X's own archive of an account (tweets.js): statuses of v1.1 that do not say whose they are, with numbers as text."""

from __future__ import annotations

from typing import Any

from netwar.imports import answers
from netwar.imports.found import USERS_ALONE, Found, Into, Kind
from netwar.records import v1
from netwar.records.dialects import Object
from netwar.records.documents import Document
from netwar.records.ids import identity, number
from netwar.records.parsing import parsed

VIA = "account archive"
# What else such an archive has, each element under the name of its file.
OTHERS = {"account", "profile", "like", "follower", "following", "dmConversation", "noteTweet", "block", "mute"}
NUMBERS = ("indices", "duration_millis", "bitrate")
WHOSE = "it does not say whose it is: name the account of the archive by --user"


def owner(content: bytes) -> tuple[str, str] | None:
    """Whose archive it is, by id and screen name, as account.js of the archive says; None where that is not as we know it."""
    try:
        told = parsed(content.partition(b"=")[2].strip())[0]["account"]
        id = identity(told["accountId"])
        return (id, str(told.get("username") or "")) if number(id) is not None and id else None
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def is_such(value: Object) -> bool:
    """An element of a file of such an archive."""
    return len(value) == 1 and ("tweet" in value or not OTHERS.isdisjoint(value))


def read(value: Object, into: Into, found: Found) -> None:
    """A status; since 2019 it stands under `tweet`, before that alone."""
    status: Any = value.get("tweet", value)
    if not isinstance(status, dict) or "id_str" not in status:
        found.reject("of X's account archive only tweets.js is read")
    elif into.tweets is None:
        found.reject(USERS_ALONE)
    elif "deleted_at" in status:
        found.reject("its author deleted it")
    elif into.author is None:
        found.reject(WHOSE)
    else:
        found.kinds[Kind.ARCHIVED] += 1
        found.keep(_document(status, into.tweets, into.author, into), converted=True)


def _document(status: Object, index: str, author: tuple[str, str], into: Into) -> Document:
    body = v1.tweet(_with_numbers(status))
    id, name = author
    body |= {"author_id": id} | ({"username": name} if name else {})
    body[answers.OURS] |= {"via": VIA, "v1": status}
    return answers.stamped(Document(index, str(body.get("id")), body, True, 0), into.retrieved or answers.made(body, into))


def _with_numbers(value: Any) -> Any:
    """The same with numbers where v1.1 has them."""
    if isinstance(value, list):
        return [_with_numbers(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _numbers(inner) if name in NUMBERS else _with_numbers(inner) for name, inner in value.items()}


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value

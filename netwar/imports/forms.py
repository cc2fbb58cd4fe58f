"""What people have kept of X, whatever made it: told apart by what stands in it, and made into documents.

Read are answers of X's API v2 and posts and profiles out of them (twarc2, its `flatten`, and tools that write the post dialect),
what v1.1 sent (twarc 1, streams, the recorder of 2019, and dumps of its Elasticsearch), X's own account archive, and what this
program exported. A document counts as retrieved when it says so itself (`netwar`, twarc's `__twarc`); else when the operator
says; else when the post was made: then every copy that is known to be later wins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwar.imports import account_archive, answers, exported
from netwar.imports.found import USERS_ALONE, Found, Into, Kind
from netwar.records import migrate, v1
from netwar.records.dialects import Object
from netwar.records.ids import number
from netwar.records.sources import given

ANSWER = {"data", "includes", "errors", "meta"}
# Messages of v1.1's streams (docs of v1.1, "Streaming message types").
NOTICES = {
    *("delete", "scrub_geo", "limit", "withheld", "status_withheld", "user_withheld", "disconnect", "warning", "friends"),
    *("friends_str", "control", "event"),
}
NEITHER = "it is no post, user or page that X or a known tool makes"


def read(value: Any, into: Into, found: Found) -> None:
    """Add to what was found what a value is, the documents that it makes, and what cannot be imported of it.

    Parts in shapes that nobody knows make it raise one of `found.SHAPES`, of a list only its elements.
    """
    if isinstance(value, list):
        found.each(value, lambda one: read(one, into, found))
    elif is_id(value):
        found.kinds[into.ids] += 1
    elif not isinstance(value, dict):
        found.reject(NEITHER)
    else:
        make = next((make for is_such, make in FORMS if is_such(value)), None)
        if make is None:
            found.reject(NEITHER)
        else:
            make(value, into, found)


def is_id(value: Any) -> bool:
    """Whether a value is an id of X and nothing else."""
    return type(value) is int or (isinstance(value, str) and number(value) is not None)


def _is_hits(value: Object) -> bool:
    return isinstance(value.get("hits"), dict) and isinstance(value["hits"].get("hits"), list)


def _hits(value: Object, into: Into, found: Found) -> None:
    read(value["hits"]["hits"], into, found)


def _is_source(value: Object) -> bool:
    return isinstance(value.get("_source"), dict)


def _source(value: Object, into: Into, found: Found) -> None:
    read(given(value["_source"]), into, found)


def _is_answer(value: Object) -> bool:
    return not ANSWER.isdisjoint(value)


def _is_notice(value: Object) -> bool:
    return len(value) == 1 and not NOTICES.isdisjoint(value)


def _notice(value: Object, into: Into, found: Found) -> None:
    found.kinds[Kind.NOTICE] += 1


def _is_status(value: Object) -> bool:
    return ("id_str" in value or isinstance(value.get("user"), dict)) and ("text" in value or "full_text" in value)


def _status(value: Object, into: Into, found: Found) -> None:
    if "user" not in value:
        account_archive.read(value, into, found)
        return
    if into.tweets is None:
        found.reject(USERS_ALONE)
        return
    found.kinds[Kind.STATUS] += 1
    for document in migrate.documents(into.tweets, into.users, v1.tweet(value)):
        found.keep(answers.dated(document, into), converted=True)


def _is_old_profile(value: Object) -> bool:
    return "screen_name" in value and "id" in value


def _old_profile(value: Object, into: Into, found: Found) -> None:
    found.kinds[Kind.OLD_PROFILE] += 1
    for document in migrate.documents(into.users, into.users, v1.user(value)):
        found.keep(answers.dated(document, into), converted=True)


def _is_post(value: Object) -> bool:
    return "id" in value and not value.keys().isdisjoint(("text", "author_id", "edit_history_tweet_ids", "edit_history_post_ids"))


def _is_profile(value: Object) -> bool:
    return "id" in value and "username" in value


def _is_bare_id(value: Object) -> bool:
    return value.keys() <= {"id", "id_str"} and any(map(is_id, value.values()))


def _bare_id(value: Object, into: Into, found: Found) -> None:
    found.kinds[into.ids] += 1


Form = tuple[Callable[[Object], bool], Callable[[Object, Into, Found], None]]
# The first that fits: what wraps others before what it wraps, what says most before what says less.
FORMS: tuple[Form, ...] = (
    (_is_source, _source),
    (_is_hits, _hits),
    (exported.is_such, exported.read),
    (account_archive.is_such, account_archive.read),
    (_is_answer, answers.page),
    (_is_notice, _notice),
    (_is_status, _status),
    (_is_old_profile, _old_profile),
    (_is_post, answers.post),
    (_is_profile, answers.profile),
    (_is_bare_id, _bare_id),
)

"""What of a document gets a column of its own, so that people and SQL can ask for it.

Both dialects of X are read: the legacy one (`note_tweet`, `referenced_tweets`, `retweet_count`) and
the post dialect (`note_post`, `referenced_posts`, `repost_count`). What is absent is NULL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from netwar.archive.sqlite.schema import ERA_BITS
from netwar.records.documents import Document

Body = dict[str, Any]
Row = tuple[Any, ...]

LARGEST = 2**63 - 1
# Kept as small numbers, shown as words by the views. A value not listed is kept as it is.
KINDS = {"retweeted": 1, "replied_to": 2, "quoted": 3}
VIAS = {"timeline": 1, "reference": 2, "search": 3, "stream": 4, "lookup": 5}
SAME = 0  # the conversation of a tweet that began it


@dataclass(frozen=True, slots=True)
class Kind:
    """How documents of one kind (tweets, users) lie in their table.

    `columns` are those of a row before `version`, `via` and `document`. `row` fills them from a document
    and `lift` takes their values out of a copy of the body, to be put back by `restore` with the same columns.
    `words_of` gives what the table's full text (TABLE_words) gets of a row, for its columns `spoken`.
    """

    table: str
    columns: tuple[str, ...]
    spoken: tuple[str, ...]
    row: Callable[[Body, int], Row]
    lift: Callable[[Body, Row], Body]
    restore: Callable[[Body, Row], None]
    words_of: Callable[[Row], Row]


def via(document: Document) -> int | str | None:
    """How the document came, from the key that is ours."""
    ours = document.body.get("netwar")
    said = ours.get("via") if isinstance(ours, dict) else None
    return VIAS.get(said, said) if isinstance(said, str) else None


def number(value: Any) -> int | None:
    """An id of X as a number: only if the same text comes back from it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 and (value[0] != "0" or value == "0"):
        found = int(value)
        return found if found <= LARGEST else None
    return None


def seconds(value: Any) -> int | None:
    """X's time (ISO 8601, UTC, whole seconds) in seconds since 1970."""
    try:
        told = datetime.fromisoformat(value)
        return int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) <= LARGEST else None


def _speaking(body: Body) -> Body:
    """The part that holds the full text: a long post's `text` is cut off at 280 characters."""
    for name in ("note_tweet", "note_post"):
        note = body.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str):
            return note
    return body


def _reference(body: Body) -> tuple[int | str | None, int | None]:
    """What the tweet is made from. A reply that quotes is a reply."""
    references = body.get("referenced_tweets") or body.get("referenced_posts")
    if not isinstance(references, list):
        return None, None
    told = [(ref["type"], ref.get("id")) for ref in references if isinstance(ref, dict) and isinstance(ref.get("type"), str)]
    if not told:
        return None, None
    kind, target = min(told, key=lambda one: KINDS.get(one[0], 9))
    return KINDS.get(kind, kind), number(target)


def _tweet_row(body: Body, id: int) -> Row:
    counts = body.get("public_metrics")
    count = counts.get if isinstance(counts, dict) else {}.get
    conversation = number(body.get("conversation_id"))
    return (
        id,
        number(body.get("author_id")),
        _text(body.get("username")),
        seconds(body.get("created_at")),
        _text(_speaking(body).get("text")),
        _text(body.get("lang")),
        SAME if conversation == id else conversation or None,
        *_reference(body),
        _count(count("retweet_count", count("repost_count"))),
        _count(count("reply_count")),
        _count(count("like_count")),
        _count(count("quote_count")),
        _count(count("bookmark_count")),
        _count(count("impression_count")),
    )


def _tweet_lift(body: Body, row: Row) -> Body:
    lifted = dict(body)
    _blank(lifted, "id", row[0])
    _blank(lifted, "author_id", row[1])
    _blank(lifted, "conversation_id", row[6])
    speaking = _speaking(body)
    if speaking is body:
        _blank(lifted, "text", row[4])
    else:
        name = "note_tweet" if body.get("note_tweet") is speaking else "note_post"
        lifted[name] = {**speaking, "text": ""}
    return lifted


def _tweet_restore(body: Body, row: Row) -> None:
    _put_back(body, "id", row[0])
    _put_back(body, "author_id", row[1])
    _put_back(body, "conversation_id", row[0] if row[6] == SAME else row[6])
    _put_back(_speaking(body), "text", row[4])


def _profile_row(body: Body, id: int) -> Row:
    counts = body.get("public_metrics")
    count = counts.get if isinstance(counts, dict) else {}.get
    return (
        id,
        _text(body.get("username")),
        _text(body.get("name")),
        _text(body.get("description")),
        _text(body.get("location")),
        seconds(body.get("created_at")),
        _count(count("followers_count")),
        _count(count("following_count")),
        _count(count("tweet_count", count("post_count"))),
        _count(count("listed_count")),
        _count(body.get("verified")),
        _count(body.get("protected")),
    )


LIFTED = (("id", 0), ("username", 1), ("name", 2), ("description", 3), ("location", 4))


def _profile_lift(body: Body, row: Row) -> Body:
    lifted = dict(body)
    for key, column in LIFTED:
        _blank(lifted, key, row[column])
    return lifted


def _profile_restore(body: Body, row: Row) -> None:
    for key, column in LIFTED:
        _put_back(body, key, row[column])


def _blank(body: Body, key: str, kept: Any) -> None:
    """Take out a text that the row has: the key stays, so that the order of keys does."""
    if kept is not None and isinstance(body.get(key), str):
        body[key] = ""


def _put_back(body: Body, key: str, kept: Any) -> None:
    if kept is not None and body.get(key) == "":
        body[key] = str(kept)


def _tweet_words(row: Row) -> Row:
    return row[4], row[0] >> ERA_BITS


def _profile_words(row: Row) -> Row:
    return row[1:4]


_OF_TWEETS = "id user name created text lang conversation kind referenced reposts replies likes quotes bookmarks impressions"
_OF_PROFILES = "id username name description location created followers following tweets listed verified protected"

TWEETS = Kind("tweet", tuple(_OF_TWEETS.split()), ("text", "era"), _tweet_row, _tweet_lift, _tweet_restore, _tweet_words)
PROFILES = Kind(
    "profile",
    tuple(_OF_PROFILES.split()),
    ("username", "name", "description"),
    _profile_row,
    _profile_lift,
    _profile_restore,
    _profile_words,
)

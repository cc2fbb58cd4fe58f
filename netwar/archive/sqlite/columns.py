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
ITSELF = 0  # the conversation of a tweet that began it


@dataclass(frozen=True, slots=True)
class Kind:
    """How documents of one kind (tweets, users) lie in their table.

    `columns` are those of a row before `version`, `via` and `document`, and `row` fills them from a document.
    `words` gives what the table's full text (TABLE_words) gets of a row, for its columns `spoken`.
    """

    table: str
    columns: tuple[str, ...]
    spoken: tuple[str, ...]
    row: Callable[[Body, int], Row]
    words: Callable[[Row], Row]


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


def speaking(body: Body) -> Body:
    """The part that holds the full text: a long post's `text` is cut off at 280 characters."""
    for name in ("note_tweet", "note_post"):
        note = body.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str):
            return note
    return body


def _reference(body: Body) -> tuple[int | str | None, int | None]:
    """What the tweet is made from. A reply that quotes is a reply."""
    references = body.get("referenced_tweets") or body.get("referenced_posts")
    kind: int | str | None = None
    target = None
    for reference in references if isinstance(references, list) else ():
        said = reference.get("type") if isinstance(reference, dict) else None
        if isinstance(said, str):
            known = KINDS.get(said, said)
            if kind is None or (isinstance(known, int) and (isinstance(kind, str) or known < kind)):
                kind, target = known, number(reference.get("id"))
    return kind, target


def _tweet_row(body: Body, id: int) -> Row:
    counts = body.get("public_metrics")
    count = counts.get if isinstance(counts, dict) else {}.get
    conversation = number(body.get("conversation_id"))
    return (
        id,
        number(body.get("author_id")),
        _text(body.get("username")),
        seconds(body.get("created_at")),
        _text(speaking(body).get("text")),
        _text(body.get("lang")),
        ITSELF if conversation == id else conversation or None,
        *_reference(body),
        _count(count("retweet_count", count("repost_count"))),
        _count(count("reply_count")),
        _count(count("like_count")),
        _count(count("quote_count")),
        _count(count("bookmark_count")),
        _count(count("impression_count")),
    )


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


def _tweet_words(row: Row) -> Row:
    return row[4], row[0] >> ERA_BITS


def _profile_words(row: Row) -> Row:
    return ((row[1] or "") + "\n" + (row[2] or "") + "\n" + (row[3] or ""),)


_OF_TWEETS = "id user name created text lang conversation kind referenced reposts replies likes quotes bookmarks impressions"
_OF_PROFILES = "id username name description location created followers following tweets listed verified protected"

TWEETS = Kind("tweet", tuple(_OF_TWEETS.split()), ("text", "era"), _tweet_row, _tweet_words)
PROFILES = Kind("profile", tuple(_OF_PROFILES.split()), ("spoken",), _profile_row, _profile_words)

"""Tweets as rows. Both dialects of X are read: `note_tweet` and `note_post`, `retweet_count` and `repost_count`, …"""

from __future__ import annotations

from typing import Any

from netwar.archive.sqlite import columns
from netwar.archive.sqlite.columns import Body, Kind, Row
from netwar.records.ids import number

# Kept as small numbers, shown as words by the view. A kind not listed is kept as it is.
KINDS = {"retweeted": 1, "replied_to": 2, "quoted": 3}
ITSELF = 0  # the conversation of a tweet that began it

COLUMNS = (
    *("id", "user", "name", "created", "text", "lang", "conversation", "kind", "referenced"),
    *("reposts", "replies", "likes", "quotes", "bookmarks", "impressions", "version", "via"),
)
COUNTS = (
    ("retweet_count", "repost_count"),
    ("reply_count", ""),
    ("like_count", ""),
    ("quote_count", ""),
    ("bookmark_count", ""),
    ("impression_count", ""),
)


def _take(body: Body, id: int, version: int) -> tuple[Row, Body]:
    lifted = body.copy()
    columns.lift_number(lifted, "id")
    conversation = columns.lift_number(lifted, "conversation_id") if body.get("conversation_id") != "0" else None
    kind, referenced = _reference(body)
    row = (
        id,
        columns.lift_number(lifted, "author_id"),
        columns.text(body.get("username")),
        columns.lift_time(lifted, "created_at"),
        _lift_full_text(lifted),
        columns.text(body.get("lang")),
        ITSELF if conversation == id else conversation,
        kind,
        referenced,
        *columns.counts(body, COUNTS),
        version,
        columns.lift_ours(lifted, version),
    )
    return row, lifted


def _restore(body: Body, row: Row) -> None:
    columns.put_back(body, "id", row[0])
    columns.put_back(body, "author_id", row[1])
    columns.put_back_time(body, "created_at", row[3])
    columns.put_back(_speaking(body)[1], "text", row[4])
    columns.put_back(body, "conversation_id", row[0] if row[6] == ITSELF else row[6])
    columns.put_back_ours(body, row[15])


def _speaking(body: Body) -> tuple[str | None, Body]:
    """The part that holds the full text, with its key: a long post's `text` is cut off at 280 characters."""
    for name in ("note_tweet", "note_post"):
        note = body.get(name)
        if isinstance(note, dict) and isinstance(note.get("text"), str):
            return name, note
    return None, body


def _lift_full_text(lifted: Body) -> str | None:
    name, part = _speaking(lifted)
    if name:
        part = lifted[name] = part.copy()
    return columns.lift_text(part, "text")


def _reference(body: Body) -> tuple[int | str | None, int | None]:
    """What the tweet is made from. A reply that quotes is a reply."""
    references = body.get("referenced_tweets") or body.get("referenced_posts")
    kind: int | str | None = None
    target = None
    for reference in references if isinstance(references, list) else ():
        said: Any = reference.get("type") if isinstance(reference, dict) else None
        if isinstance(said, str):
            known = KINDS.get(said, said)
            if kind is None or (isinstance(known, int) and (isinstance(kind, str) or known < kind)):
                kind, target = known, number(reference.get("id"))
    return kind, target


def _spoken(row: Row) -> str | None:
    text: str | None = row[4]
    return text


TWEETS = Kind("tweet", COLUMNS, _take, _restore, _spoken)

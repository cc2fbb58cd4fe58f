"""Values that a row has in a column need not be in its compressed document, too.

`lift` leaves an empty text in their place, so that the order of keys stays, and `restore` puts them back.
A value is lifted only if exactly the same text comes back from the column.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from netwar.archive.sqlite.columns import ITSELF, TWEETS, Body, Kind, Row, speaking

# Key and column. A number comes from a text without leading zeros: str() gives it back.
OF_TWEETS = (("id", 0), ("author_id", 1))
OF_PROFILES = (("id", 0), ("username", 1), ("name", 2), ("description", 3), ("location", 4))
CREATED = {"tweet": 3, "profile": 5}
# The one way of writing a time that can be made anew from its seconds.
PLAIN = re.compile(r"[12]\d{3}-\d\d-\d\dT(?!24)\d\d:\d\d:\d\d\.000Z", re.ASCII)


def lift(kind: Kind, body: Body, row: Row, retrieved: int) -> Body:
    """A copy of the body without what `row` and the time of the answer (ms) know.

    Raises ValueError for a body that could not be told from a lifted one.
    """
    lifted = dict(body)
    for key, column in OF_TWEETS if kind is TWEETS else OF_PROFILES:
        _blank(lifted, key, row[column])
    if row[CREATED[kind.table]] is not None and PLAIN.fullmatch(body["created_at"]):
        lifted["created_at"] = ""
    ours = body.get("netwar")
    if isinstance(ours, dict) and "retrieved" in ours:
        if ours["retrieved"] == "":
            raise ValueError("netwar.retrieved is empty")
        if ours["retrieved"] == _answered(retrieved):
            lifted["netwar"] = {**ours, "retrieved": ""}
    if kind is TWEETS:
        _blank(lifted, "conversation_id", row[6])
        _lift_text(lifted, body, row)
    return lifted


def restore(kind: Kind, body: Body, row: Row, retrieved: int) -> None:
    """Put back into a body, with the same row and time, what was lifted."""
    for key, column in OF_TWEETS if kind is TWEETS else OF_PROFILES:
        _put_back(body, key, row[column])
    created = row[CREATED[kind.table]]
    if created is not None and body.get("created_at") == "":
        body["created_at"] = _iso(created * 1000)
    ours = body.get("netwar")
    if isinstance(ours, dict) and ours.get("retrieved") == "":
        ours["retrieved"] = _answered(retrieved)
    if kind is TWEETS:
        _put_back(body, "conversation_id", row[0] if row[6] == ITSELF else row[6])
        _put_back(speaking(body), "text", row[4])


def _lift_text(lifted: Body, body: Body, row: Row) -> None:
    holder = speaking(body)
    if holder is body:
        _blank(lifted, "text", row[4])
    else:
        name = "note_tweet" if body.get("note_tweet") is holder else "note_post"
        lifted[name] = dict(holder)
        _blank(lifted[name], "text", row[4])


def _blank(body: Body, key: str, kept: Any) -> None:
    """Take out a text. Raises UnicodeEncodeError (a ValueError) for one that cannot be stored: half a surrogate pair."""
    if kept is not None and isinstance(text := body.get(key), str):
        text.encode()
        body[key] = ""


def _put_back(body: Body, key: str, kept: Any) -> None:
    if kept is not None and body.get(key) == "":
        body[key] = str(kept)


@lru_cache(maxsize=256)
def _answered(ms: int) -> str:
    return _iso(ms)


def _iso(ms: int) -> str:
    """A time as X writes it. Computed with whole numbers: ms / 1000 is not always the same ms."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"

"""The full text of an archive file: what goes into it, and how it is asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from netwar.records.text_query import Either, Phrase, Question
from netwar.records.words import is_plain, spelled

# New rows are added here and not by a trigger, which would make FTS5 write out its buffer for each row.
ADDED = {
    "tweet": "INSERT INTO tweet_spelled (rowid, spelled, era) SELECT key, spelled, era FROM tweet WHERE key >= ? AND key <= ?",
    "profile": "INSERT INTO profile_spelled (rowid, spelled) SELECT key, spelled FROM profile WHERE key >= ? AND key <= ?",
}


@lru_cache(maxsize=1 << 11)  # profiles come again and again, and a post for each capture that it matches
def words(text: str | None) -> str | None:
    """What the column `words` has for a text; None if FTS5 reads the same words in the text itself."""
    return None if text is None or is_plain(text) else spelled(text)


def add(connection: sqlite3.Connection, table: str, first: int, last: int) -> None:
    """Add rows by their keys, inside the caller's transaction. They must not be there yet."""
    connection.execute(ADDED[table], (first, last))


def expression(asked: Question) -> str:
    """The question as FTS5 understands it."""
    if isinstance(asked, Phrase):
        return f'"{" ".join(asked.words)}"' + ("*" if asked.beginning else "")
    if isinstance(asked, Either):
        return _bracketed(" OR ", asked.parts)
    wanted = _bracketed(" AND ", asked.wanted)
    return f"({wanted} NOT {_bracketed(' OR ', asked.unwanted)})" if asked.unwanted else wanted


def _bracketed(joint: str, parts: Iterable[Question]) -> str:
    return f"({joint.join(map(expression, parts))})"

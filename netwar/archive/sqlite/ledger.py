"""The ledger's records as rows: what people read has a column, lists are JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import orjson

from netwar.coverage import Record, Renamed, Span, Stretch

COLUMNS = "user, name, outcome, detail, asked, refreshed, counted, spans, lost, renamed"


def record(row: tuple[Any, ...]) -> Record:
    """A record out of the row's COLUMNS."""
    *_, spans, lost, renamed = row
    plain = dict(zip(COLUMNS.split(", ")[:-3], row, strict=False))
    return Record(
        **plain,
        spans=tuple(Span(*span) for span in orjson.loads(spans)),
        lost=tuple(Stretch(*stretch) for stretch in orjson.loads(lost)),
        renamed=tuple(Renamed(*change) for change in orjson.loads(renamed)),
    )


def read(connection: sqlite3.Connection, index: str, user: str) -> Record:
    """What is known of a user."""
    row = connection.execute(f"SELECT {COLUMNS} FROM ledger WHERE archive_index = ? AND user = ?", (index, user)).fetchone()
    return record(row) if row else Record(user)


def change(connection: sqlite3.Connection, index: str, user: str, changing: Callable[[Record], Record]) -> Record:
    """Read, change and write inside the caller's transaction; the new record."""
    before = read(connection, index, user)
    after = changing(before)
    if after != before:
        _write(connection, index, after)
    return after


def _write(connection: sqlite3.Connection, index: str, new: Record) -> None:
    lists = (
        [(span.low, span.high, span.posts) for span in new.spans],
        [(stretch.low, stretch.high) for stretch in new.lost],
        [(change.old, change.new, change.at) for change in new.renamed],
    )
    plain = (new.user, new.name, new.outcome, new.detail, new.asked, new.refreshed, new.counted)
    values = (index, *plain, *(orjson.dumps(one).decode() for one in lists))
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT OR REPLACE INTO ledger (archive_index, {COLUMNS}) VALUES ({marks})", values)
    names = {name.lower() for name in (new.name, *(change.old for change in new.renamed)) if name}
    rows = [(index, name, new.user) for name in sorted(names)]
    connection.executemany("INSERT OR IGNORE INTO ledger_name (archive_index, name, user) VALUES (?, ?, ?)", rows)

"""The ledger's records as rows: what people read has a column, lists are JSON."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import orjson

from netwar.archive.lag import FOLLOWED, Lag, lag
from netwar.archive.marks import Cover, Mark
from netwar.archive.sqlite.files import Files
from netwar.coverage import Record
from netwar.errors import ServiceDown

COLUMNS = "user, name, outcome, detail, asked, refreshed, counted, spans, lost, renamed"
LISTS = ("spans", "lost", "renamed")
BATCH_SIZE = 1_000
SELECT = f"SELECT {COLUMNS} FROM ledger WHERE archive_index = ?"
ASKED = "SELECT asked FROM ledger WHERE archive_index = ? AND asked > 0 AND outcome IN (?, ?, ?)"
# Nearly every user has one span that reaches down to the first post: no gap.
ODD = "spans <> '[]' AND NOT (spans LIKE '[[0,%' AND json_array_length(spans) = 1)"
GET_NOTE = "SELECT value FROM note WHERE archive_index = ? AND key = ?"
SET_NOTE = "INSERT OR REPLACE INTO note (archive_index, key, value) VALUES (?, ?, ?)"
DROP_NOTE = "DELETE FROM note WHERE archive_index = ? AND key = ?"
LIST_NOTES = "SELECT key, value FROM note WHERE archive_index = ? AND key > ? AND key < ? ORDER BY key LIMIT 100"
AFTER_ALL = "\U0010ffff"  # sorts behind whatever a key goes on with


class SqliteLedger:
    """Fills the contract `netwar.archive.base.Ledger`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def record(self, index: str, user: str) -> Record:
        return self.records_of(index, [user]).get(user, Record(user))

    def records_of(self, index: str, users: Sequence[str]) -> dict[str, Record]:
        rows = self._rows(index, f"{SELECT} AND user IN (SELECT value FROM json_each(?))", orjson.dumps(list(users)).decode())
        return {row[0]: record(row) for row in rows}

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        with self._files.made(index).writing() as connection:
            return change_record(connection, index, user, change)

    def records(self, index: str) -> Iterator[Record]:
        last = ""
        while rows := self._rows(index, f"{SELECT} AND user > ? ORDER BY user LIMIT {BATCH_SIZE}", last):
            yield from map(record, rows)
            last = rows[-1][0]

    def lag(self, index: str) -> Lag:
        asked = self._rows(index, ASKED, *FOLLOWED)
        odd = self._rows(index, f"{SELECT} AND {ODD}")
        return lag([at for (at,) in asked], sum(1 for one in map(record, odd) if one.gaps and not one.bounded))

    def by_name(self, index: str, name: str) -> list[Record]:
        wanted = "SELECT user FROM ledger_name WHERE archive_index = ? AND name = ?"
        return [record(row) for row in self._rows(index, f"{SELECT} AND user IN ({wanted}) ORDER BY user", index, name)]

    def note(self, index: str, key: str) -> Any:
        rows = self._rows(index, GET_NOTE, key)
        return _noted(rows[0][0], key) if rows else None

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
        with self._files.made(index).writing() as connection:
            return _change_note(connection, index, key, change)

    def notes(self, index: str, prefix: str) -> Iterator[tuple[str, Any]]:
        file = self._files.there(index)
        last, end = prefix, prefix + AFTER_ALL
        first = self.note(index, prefix)
        if first is not None:
            yield prefix, first
        while file and (rows := file.rows(LIST_NOTES, (index, last, end))):
            yield from ((key, _noted(value, key)) for key, value in rows)
            last = rows[-1][0]

    def _rows(self, index: str, sql: str, *values: Any) -> list[Any]:
        file = self._files.there(index)
        return file.rows(sql, (index, *values)) if file else []


def record(row: tuple[Any, ...]) -> Record:
    """A record out of the row's COLUMNS. Raises ServiceDown for one that is damaged."""
    try:
        return _record(row)
    except (TypeError, ValueError) as error:
        raise ServiceDown(f"the ledger's record of {row[0]} is damaged ({error}): restore the file from a copy") from error


def _record(row: tuple[Any, ...]) -> Record:
    told = dict(zip(COLUMNS.split(", "), row, strict=True))
    return Record.from_json({**told, **{name: orjson.loads(told[name]) for name in LISTS}})


def read(connection: sqlite3.Connection, index: str, user: str) -> Record:
    """What is known of a user."""
    row = connection.execute(f"SELECT {COLUMNS} FROM ledger WHERE archive_index = ? AND user = ?", (index, user)).fetchone()
    return record(row) if row else Record(user)


def change_record(connection: sqlite3.Connection, index: str, user: str, changing: Callable[[Record], Record]) -> Record:
    """Read, change and write inside the caller's transaction; the new record."""
    before = read(connection, index, user)
    after = changing(before)
    if after != before:
        _write(connection, index, after)
    return after


def _noted(value: Any, key: str) -> Any:
    """What a note says. Raises ServiceDown for one that is damaged."""
    try:
        return orjson.loads(value)
    except ValueError as error:
        raise ServiceDown(f"the ledger's note {key} is damaged ({error}): restore the file from a copy") from error


def _change_note(connection: sqlite3.Connection, index: str, key: str, changing: Callable[[Any], Any]) -> Any:
    """The same of a note."""
    row = connection.execute(GET_NOTE, (index, key)).fetchone()
    after = changing(_noted(row[0], key) if row else None)
    if after is None:
        connection.execute(DROP_NOTE, (index, key))
    else:
        connection.execute(SET_NOTE, (index, key, orjson.dumps(after).decode()))
    return after


def apply(connection: sqlite3.Connection, marks: Sequence[Mark]) -> None:
    """Change the ledger by marks, inside the caller's transaction."""
    for mark in marks:
        if isinstance(mark, Cover):
            change_record(connection, mark.index, mark.user, mark.apply)
        else:
            _change_note(connection, mark.index, mark.note, mark.apply)


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
    rows = [(index, name, new.user) for name in new.names]
    connection.executemany("INSERT OR IGNORE INTO ledger_name (archive_index, name, user) VALUES (?, ?, ?)", rows)

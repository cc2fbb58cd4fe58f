"""The outbox as two tables: in each archive file, written with the documents, or in a file of its own beside a server.

`generation` is drawn anew each time that a row is put in, from 64 bits. A row that was there is no longer `fresh` then: whether
its first copy reached the graph is not known. One tree, in the order of ids: recorders write little for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import orjson

from netwar.archive.outbox import DueId, Pending
from netwar.connections.open_file import OpenFile
from netwar.connections.sqlite import translated
from netwar.records.ids import number

TABLES = """
CREATE TABLE due (
    archive_index TEXT NOT NULL,
    id INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    PRIMARY KEY (archive_index, id)
) WITHOUT ROWID;
CREATE TABLE waiting (
    archive_index TEXT NOT NULL,
    referenced INTEGER NOT NULL,
    tweet INTEGER NOT NULL,
    PRIMARY KEY (archive_index, referenced, tweet)
) WITHOUT ROWID;
CREATE INDEX waiting_by_tweet ON waiting (archive_index, tweet);
"""

AGAIN = "ON CONFLICT (archive_index, id) DO UPDATE SET generation = excluded.generation, fresh = 0"
PUT = f"INSERT INTO due SELECT :index, value, random(), :fresh FROM json_each(:ids) WHERE TRUE {AGAIN}"
ARRIVED = f"""
INSERT INTO due SELECT DISTINCT archive_index, tweet, random(), 0 FROM waiting
WHERE archive_index = ? AND referenced IN (SELECT value FROM json_each(?)) {AGAIN}
"""
TAKE = "SELECT id, generation, fresh FROM due WHERE archive_index = ? ORDER BY id LIMIT ?"
SETTLED = "DELETE FROM due WHERE archive_index = ? AND id = ? AND generation = ?"
UNSURE = "UPDATE due SET fresh = 0 WHERE fresh"
WAITS_NO_MORE = "DELETE FROM waiting WHERE archive_index = ? AND tweet IN (SELECT value FROM json_each(?))"
WAITS = "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?)"
AWAITED = "SELECT DISTINCT referenced FROM waiting WHERE archive_index = ? AND referenced > ? ORDER BY referenced LIMIT ?"
PENDING = """
SELECT (SELECT count(*) FROM due WHERE archive_index = ?1), (SELECT count(DISTINCT tweet) FROM waiting WHERE archive_index = ?1)
"""


class Tables(Protocol):
    """A file that has the tables."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One write transaction."""


class Files(Protocol):
    """Where the tables of an index are."""

    def there(self, index: str) -> Tables | None:
        """The file, if there is one."""

    def made(self, index: str) -> Tables:
        """The file, made if need be."""


def put(connection: sqlite3.Connection, index: str, ids: Iterable[str | int], *, fresh: bool) -> None:
    """Make ids due, inside the caller's transaction; `fresh` as in DueId."""
    numbers = _numbers(ids)
    if numbers != "[]":
        connection.execute(PUT, {"index": index, "ids": numbers, "fresh": fresh})


def unsure(file: Tables) -> None:
    """The graph may have any of them already: it is of a later time than this file."""
    with file.writing() as connection:
        connection.execute(UNSURE)


class SqliteOutbox:
    """Fills the contract `netwar.archive.outbox.Outbox`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def take(self, index: str, limit: int) -> list[DueId]:
        return [DueId(str(id), generation, bool(fresh)) for id, generation, fresh in self._rows(index, TAKE, limit)]

    def settle(self, index: str, taken: Sequence[DueId], waits: Mapping[str, Sequence[str]]) -> None:
        ids = _numbers(one.id for one in taken)
        rows = [(index, *pair) for tweet, wanted in waits.items() for pair in _pairs(tweet, wanted)]
        with self._files.made(index).writing() as connection:
            connection.execute(WAITS_NO_MORE, (index, ids))
            connection.execute(ARRIVED, (index, ids))
            connection.executemany(WAITS, rows)
            connection.executemany(SETTLED, [(index, int(one.id), one.generation) for one in taken])

    def add(self, index: str, ids: Sequence[str]) -> None:
        with self._files.made(index).writing() as connection:
            put(connection, index, ids, fresh=False)

    def awaited(self, index: str, after: str, limit: int) -> list[str]:
        return [str(id) for (id,) in self._rows(index, AWAITED, int(after), limit)]

    def arrived(self, index: str, ids: Sequence[str]) -> None:
        with self._files.made(index).writing() as connection:
            connection.execute(ARRIVED, (index, _numbers(ids)))

    def pending(self, index: str) -> Pending:
        rows = self._rows(index, PENDING)
        return Pending(*rows[0]) if rows else Pending()

    def _rows(self, index: str, sql: str, *values: Any) -> list[Any]:
        file = self._files.there(index)
        return file.rows(sql, (index, *values)) if file else []


class DueFile:
    """The tables of all indices in a file of their own, for an archive that is no file. It is made by the first write only."""

    def __init__(self, path: Path, *, looks: bool = False) -> None:
        self._path = path
        self._looks = looks
        self._opening = Lock()
        self._file: OpenFile | None = None

    def there(self, index: str) -> DueFile | None:
        with translated(self._path):
            return self if self._file or self._path.exists() else None

    def made(self, index: str) -> DueFile:
        return self

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._opened().rows(sql, values)

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        return self._opened().writing()

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _opened(self) -> OpenFile:
        with self._opening:
            if self._file and self._file.is_replaced():
                self.close()
            if self._file is None:
                self._file = OpenFile(self._path, (TABLES,), looks=self._looks)
            return self._file


def _numbers(ids: Iterable[str | int]) -> str:
    """Ids as JSON has them; those that are none of X's are left out: no archive has them."""
    found = (one if isinstance(one, int) else number(one) for one in ids)
    return orjson.dumps([one for one in found if one is not None]).decode()


def _pairs(tweet: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """(the id that is waited for, the tweet that waits)"""
    waits = number(tweet)
    for one in wanted:
        if waits is not None and (referenced := number(one)) is not None:
            yield referenced, waits

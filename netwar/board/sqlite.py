"""The board in a SQLite file, shared by every process of this machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from netwar.board import kept as keep
from netwar.board.base import FORGOTTEN, Host, HostState, Run, RunState
from netwar.connections import clocks
from netwar.connections.sqlite import closed_if_it_fails, connect, transaction, translated
from netwar.connections.sqlite_looking import look

# `kept` is JSON as netwar.board.kept writes it; `said` are seconds since 1970 on the file's own steady clock.
MIGRATIONS = [
    clocks.TABLE
    + """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        lineage TEXT NOT NULL,
        said REAL NOT NULL,
        kept TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX runs_by_lineage ON runs (lineage);
    CREATE TABLE hosts (
        host TEXT NOT NULL,
        folder TEXT NOT NULL,
        said REAL NOT NULL,
        kept TEXT NOT NULL,
        PRIMARY KEY (host, folder)
    ) WITHOUT ROWID;
    CREATE TABLE totals (
        what TEXT PRIMARY KEY,
        number INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE told (
        day TEXT NOT NULL,
        what TEXT NOT NULL,
        PRIMARY KEY (day, what)
    ) WITHOUT ROWID;
    CREATE TABLE notes (
        key TEXT PRIMARY KEY,
        said REAL NOT NULL,
        kept TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
]
ADD = "INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number"


class SqliteBoard:
    """Fills the contract `netwar.board.base.Board`. Who `looks` needs no right to write. Raises ServiceDown."""

    def __init__(self, path: Path, clock: Callable[[], float] | None = None, *, looks: bool = False) -> None:
        self._path = path
        self._began: dict[str, float] = {}
        self._odd: dict[str, str] = {}
        self._db = (look if looks else connect)(path, MIGRATIONS)
        with translated(path), closed_if_it_fails(self._db):
            self._clock = clock or clocks.SteadyClock(self._db)

    def say(self, state: RunState) -> None:
        with self._writing() as db:
            now, before = self._clock(), self._began.get(state.id)
            state = keep.stamped(state, now, before)
            if before is None or state.status is not None:
                self._take_down(db, state, now)
            row = (state.id, state.lineage, now, keep.written(state))
            db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", row)
        self._began[state.id] = state.began

    def make_good(self, state: RunState) -> None:
        with self._writing() as db:
            now = self._clock()
            self._take_down(db, keep.stamped(state, now, None), now)

    def runs(self) -> list[Run]:
        return keep.ordered(self._up())

    def odd(self) -> list[str]:
        return keep.told_of(self._odd)

    def forget(self) -> int:
        with self._writing() as db:
            gone = [(id,) for id in keep.seen_to(self._up())]
            odd = [(rowid,) for rowid in self._unread(RunState, "runs", "id")]
            db.executemany("DELETE FROM runs WHERE id = ?", [*gone, *odd])
            away = self._unread(HostState, "hosts", "json_array(host, folder)")
            db.executemany("DELETE FROM hosts WHERE json_array(host, folder) = ?", [(name,) for name in away])
        self._odd.clear()
        return len(gone) + len(odd) + len(away)

    def say_host(self, state: HostState) -> None:
        with self._writing() as db:
            row = (state.host, state.folder, self._clock(), keep.written(state))
            db.execute("INSERT OR REPLACE INTO hosts VALUES (?, ?, ?, ?)", row)

    def hosts(self) -> list[Host]:
        rows, now = self._rows("SELECT host, said, kept FROM hosts ORDER BY host, folder"), self._clock()
        return [Host(state, max(now - said, 0.0)) for state, said in keep.readable(HostState, rows, self._odd)]

    def add(self, counts: Mapping[str, int]) -> None:
        with self._writing() as db:
            db.executemany(ADD, list(counts.items()))

    def totals(self) -> dict[str, int]:
        rows = self._rows("SELECT what, number FROM totals WHERE typeof(what) = 'text' ORDER BY what")
        return {what: number for what, number in rows if isinstance(number, int)}

    def once(self, what: str, day: str) -> bool:
        with self._writing() as db:
            db.execute("DELETE FROM told WHERE day < ?", (day,))
            return db.execute("INSERT OR IGNORE INTO told VALUES (?, ?)", (day, what)).rowcount > 0

    def untold(self, what: str, day: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM told WHERE day = ? AND what = ?", (day, what))

    def note(self, key: str, seconds: float) -> Any:
        rows = self._rows("SELECT kept FROM notes WHERE key = ? AND said > ?", key, self._clock() - seconds)
        return keep.noted(rows[0][0]) if rows else None

    def put_note(self, key: str, value: Any) -> None:
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?, ?)", (key, self._clock(), keep.written(value)))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _take_down(self, db: sqlite3.Connection, state: RunState, now: float) -> None:
        rows = db.execute("SELECT id, said, kept FROM runs WHERE lineage IN (?, ?)", state.lineages).fetchall()
        gone = keep.made_good(keep.told_by(rows, now, self._odd), state, now)
        db.executemany("DELETE FROM runs WHERE id = ?", [(id,) for id in gone])
        for table in ("runs", "hosts", "notes"):
            db.execute(f"DELETE FROM {table} WHERE said < ?", (now - FORGOTTEN,))

    def _up(self) -> list[Run]:
        """All runs, those included for which another one stands in."""
        return keep.told_by(self._rows("SELECT id, said, kept FROM runs"), self._clock(), self._odd)

    def _unread(self, kind: type[Any], table: str, name: str) -> list[Any]:
        """The names of rows that none of our programs wrote."""
        found = []
        for row in self._rows(f"SELECT {name}, said, kept FROM {table}"):
            if not list(keep.readable(kind, [row], {})):
                found.append(row[0])
        return found

    def _rows(self, query: str, *arguments: Any) -> list[Any]:
        with translated(self._path):
            return list(self._db.execute(query, arguments).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path), transaction(self._db) as db:
            yield db

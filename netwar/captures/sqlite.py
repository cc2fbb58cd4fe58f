"""An app's captures in a SQLite file, shared by every process of this machine."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from netwar.captures import kept as keep
from netwar.captures.base import EARLIER, LEASE, Capture, FenceLost, Holder, KnownRule, Live
from netwar.captures.sqlite_file import MIGRATIONS
from netwar.connections.clocks import SteadyClock
from netwar.connections.runs import Run
from netwar.connections.sqlite import check_place, closed_if_it_fails, connect, transaction, translated
from netwar.connections.sqlite_looking import look

HOUR = 3_600_000

COUNT = "INSERT INTO counts VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET number = number + 1 RETURNING number"
HELD = "SELECT fence, until, run, kept FROM holds WHERE app = ?"


class SqliteCaptures:
    """Fills the contract `netwar.captures.base.Captures`. Who `looks` needs no right to write.

    Its threads may share it. Leases run by the file's own steady clock. Raises ServiceDown when the file cannot be used.
    """

    def __init__(self, path: Path, app: str, run: Run, clock: Callable[[], float] | None = None, *, looks: bool = False) -> None:
        self._path, self._app, self._run = path, app, run
        self._one = RLock()  # threads share the connection, and so would share a transaction
        self._db = (look if looks else connect)(path, MIGRATIONS)
        with translated(path), closed_if_it_fails(self._db):
            self._clock = clock or SteadyClock(self._db)

    def register(self, capture: Capture) -> Capture:
        with self._writing() as db:
            known = self._known(capture.index)
            after = keep.registered(known, capture)
            if after != known:
                self._put(db, after)
            if known and (was := keep.ended(known, after)):
                row = (self._app, was.index, was.terms, was.until, keep.written(was))
                db.execute("INSERT OR REPLACE INTO earlier VALUES (?, ?, ?, ?, ?)", row)
        return after

    def stop(self, index: str, at: int) -> bool:
        with self._writing() as db:
            if (known := self._known(index)) and known.on:
                self._put(db, replace(known, on=False, until=max(at, known.since)))
                return True
        return False

    def forget(self, index: str) -> bool:
        with self._writing() as db:
            if (known := self._known(index)) is None or known.on:
                return False
            for table in ("captures", "earlier"):
                db.execute(f"DELETE FROM {table} WHERE app = ? AND name = ?", (self._app, index))
            self._count(db, "generation")
        return True

    def captures(self) -> list[Capture]:
        return [keep.read(kept) for (kept,) in self._rows("SELECT kept FROM captures WHERE app = ? ORDER BY name")]

    def earlier(self, index: str) -> list[Capture]:
        rows = self._rows("SELECT kept FROM earlier WHERE app = ? AND name = ? ORDER BY terms", index)
        return [keep.read(kept) for (kept,) in rows]

    def generation(self) -> int:
        rows = self._rows("SELECT number FROM counts WHERE app = ? AND what = 'generation'")
        return int(rows[0][0]) if rows else 0

    def name(self) -> str:
        if not (rows := self._rows("SELECT name FROM names WHERE app = ?")):
            with self._writing() as db:
                db.execute("INSERT OR IGNORE INTO names VALUES (?, ?)", (self._app, uuid.uuid4().hex[:8]))
            rows = self._rows("SELECT name FROM names WHERE app = ?")
        return str(rows[0][0])

    def hold(self, host: str, pid: int, index: str, at: int) -> Holder | None:
        if self.holder():  # most who ask find that it is held, and hold up nobody
            return None
        with self._writing() as db:
            if self.holder():
                return None
            for _, _, run, _ in self._rows(HELD):
                if self._run.dead(run):
                    self._run.remove_stale(run)
            fence, told = self._count(db, "fence"), keep.holder_written(host, pid, index, at)
            row = (self._app, fence, self._clock() + LEASE, self._run.begin(), told)
            db.execute("INSERT OR REPLACE INTO holds VALUES (?, ?, ?, ?, ?)", row)
        return Holder(fence, host, pid, index, at)

    def renew(self, fence: int) -> None:
        with self._fenced(fence) as db:
            db.execute("UPDATE holds SET until = ? WHERE app = ?", (self._clock() + LEASE, self._app))

    def release(self, fence: int) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM holds WHERE app = ? AND fence = ?", (self._app, fence))

    def holder(self) -> Holder | None:
        for fence, until, run, told in self._rows(HELD):
            if keep.moment(until) > self._clock() and not self._run.dead(run):
                return keep.holder_read(fence, told)
        return None

    def rules(self) -> list[KnownRule]:
        return [keep.rule_read(*row) for row in self._rows("SELECT id, until, kept FROM rules WHERE app = ? ORDER BY id")]

    def change_rules(self, fence: int, put: Sequence[KnownRule], removed: Mapping[str, int]) -> None:
        rows = [(self._app, rule.id, rule.until, keep.rule_written(rule)) for rule in put]
        with self._fenced(fence) as db:
            db.executemany("INSERT OR REPLACE INTO rules VALUES (?, ?, ?, ?)", rows)
            gone = [(at, self._app, id) for id, at in removed.items()]
            db.executemany("UPDATE rules SET until = ? WHERE app = ? AND id = ?", gone)
            forgotten = keep.forgotten(put, [*removed.values()])
            db.execute("DELETE FROM rules WHERE app = ? AND until < ?", (self._app, forgotten))

    def connects(self, since: int) -> list[int]:
        return [at for (at,) in self._rows("SELECT at FROM connects WHERE app = ? AND at >= ? ORDER BY at", since)]

    def connecting(self, fence: int, at: int) -> None:
        with self._fenced(fence) as db:
            db.execute("DELETE FROM connects WHERE app = ? AND at <= ?", (self._app, at - HOUR))
            db.execute("INSERT INTO connects (app, at) VALUES (?, ?)", (self._app, at))

    def report(self, fence: int, live: Live) -> None:
        with self._fenced(fence) as db:
            db.execute("INSERT OR REPLACE INTO lives VALUES (?, ?)", (self._app, keep.live_written(live)))

    def live(self) -> Live:
        rows = self._rows("SELECT kept FROM lives WHERE app = ?")
        return keep.live_read(rows[0][0] if rows else None)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _known(self, index: str) -> Capture | None:
        rows = self._rows("SELECT kept FROM captures WHERE app = ? AND name = ?", index)
        return keep.read(rows[0][0]) if rows else None

    def _put(self, db: sqlite3.Connection, capture: Capture) -> None:
        """Let a capture stand, and forget what it was long ago."""
        row = (self._app, capture.index, keep.written(capture))
        db.execute("INSERT OR REPLACE INTO captures VALUES (?, ?, ?)", row)
        newest = capture.until or capture.since
        db.execute("DELETE FROM earlier WHERE app = ? AND name = ? AND until < ?", (*row[:2], newest - EARLIER))
        self._count(db, "generation")

    def _count(self, db: sqlite3.Connection, what: str) -> int:
        return int(db.execute(COUNT, (self._app, what)).fetchone()[0])

    def _rows(self, query: str, *arguments: Any) -> list[Any]:
        with self._one, translated(self._path):
            check_place(self._db)  # who stands by only reads, for months
            return list(self._db.execute(query, (self._app, *arguments)).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._one, translated(self._path), transaction(self._db) as db:
            yield db

    @contextmanager
    def _fenced(self, fence: int) -> Iterator[sqlite3.Connection]:
        """A step that only who holds may take."""
        with self._writing() as db:
            if not db.execute("SELECT 1 FROM holds WHERE app = ? AND fence = ?", (self._app, fence)).fetchone():
                raise FenceLost
            yield db

"""Money in an SQLite file: what was paid for, what it cost, and what is set aside."""

from __future__ import annotations

import json
import sqlite3
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from netwar.connections.runs import Run
from netwar.meter.base import Charge, DoesNotFit, Purpose, Reservation
from netwar.meter.prices import each, price
from netwar.meter.sqlite_file import MeterFile

# X charges an object once a UTC day. The margin is for clocks that differ, and for looking back at a doubtful day.
DAYS_KEPT = 3

BOOK = """
    INSERT INTO charges (app, day, command, "index", kind, objects, free, micro) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE
    SET objects = objects + excluded.objects, free = free + excluded.free, micro = micro + excluded.micro
"""


class SqliteMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day.

    The budget is checked against today on our clock, and against tomorrow if X has booked something there
    already because our clock is late. Raises ServiceDown when the file cannot be used.
    """

    def __init__(self, path: Path, app: str, run: Run, budget: int, clock: Callable[[], float] = time.time) -> None:
        self._app = app
        self._run = run
        self._budget = budget
        self._clock = clock
        self._file = MeterFile(path)

    def price(self, most: Mapping[str, int]) -> int:
        """See the contract. Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """See the contract. What dead runs had set aside is freed first."""
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        with self._file.writing() as db:
            dead = self._free_the_dead(db)
            left, others = self._left(db, without=request)
            fits = reservation.micro <= left
            if fits:
                row = (self._app, request, reservation.id, self._run.begin(), reservation.micro, self._clock())
                db.execute("REPLACE INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, purpose.command, purpose.index))
        for holder in dead:
            self._run.bury(holder)
        if not fits:
            raise DoesNotFit(left, others)
        return reservation

    def settle(self, reservation: Reservation, objects: Iterable[tuple[str, str]], day: date) -> int:
        """See the contract. A reservation that was replaced meanwhile is booked all the same."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for kind, id_ in objects:
            by_kind[kind].add(id_)
        with self._file.writing() as db:
            micro = sum(self._book(db, reservation.purpose, day, kind, ids) for kind, ids in by_kind.items())
            self._close(db, reservation)
        return micro

    def release(self, reservation: Reservation) -> None:
        """See the contract."""
        with self._file.writing() as db:
            self._close(db, reservation)

    def spent(self, day: date | None = None) -> int:
        """See the contract."""
        with self._file.reading() as db:
            return self._spent(db, day or self._today())

    def held(self) -> int:
        """See the contract."""
        with self._file.reading() as db:
            return sum(micro for holder, micro in self._held(db) if holder != self._run.holder and not self._run.dead(holder))

    def charges(self, since: date | None = None) -> list[Charge]:
        """See the contract."""
        query = (
            'SELECT day, command, "index", kind, objects, free, micro FROM charges WHERE app = ? AND day >= ? ORDER BY 1, 2, 3, 4'
        )
        with self._file.reading() as db:
            rows = db.execute(query, (self._app, (since or date.min).isoformat())).fetchall()
        return [Charge(date.fromisoformat(day), *rest) for day, *rest in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), UTC).date()

    def _spent(self, db: sqlite3.Connection, day: date) -> int:
        query = "SELECT coalesce(sum(micro), 0) FROM charges WHERE app = ? AND day = ?"
        return int(db.execute(query, (self._app, day.isoformat())).fetchone()[0])

    def _held(self, db: sqlite3.Connection, without: str | None = None) -> list[tuple[str, int]]:
        """Holder and micro-dollars of each open reservation, whoever holds it, but for that of one request."""
        query = "SELECT holder, micro FROM reservations WHERE app = ? AND request IS NOT ?"
        return db.execute(query, (self._app, without)).fetchall()

    def _left(self, db: sqlite3.Connection, without: str) -> tuple[int, int]:
        """What the budget leaves beside a request's earlier reservation, and what other runs hold of it."""
        held = self._held(db, without)
        spent = max(self._spent(db, day) for day in (self._today(), self._today() + timedelta(days=1)))
        left = self._budget - spent - sum(micro for _, micro in held)
        return max(left, 0), sum(micro for holder, micro in held if holder != self._run.holder)

    def _free_the_dead(self, db: sqlite3.Connection) -> list[str]:
        holders = {holder for holder, _ in self._held(db)}
        dead = [holder for holder in holders if self._run.dead(holder)]
        db.executemany("DELETE FROM reservations WHERE app = ? AND holder = ?", [(self._app, holder) for holder in dead])
        return dead

    def _close(self, db: sqlite3.Connection, reservation: Reservation) -> None:
        same = (self._app, reservation.request, reservation.id)
        db.execute("DELETE FROM reservations WHERE app = ? AND request = ? AND id = ?", same)

    def _book(self, db: sqlite3.Connection, purpose: Purpose, day: date, kind: str, ids: set[str]) -> int:
        self._prune(db, day)
        paid = "INSERT OR IGNORE INTO paid SELECT ?, ?, ?, value FROM json_each(?)"
        new = db.execute(paid, (self._app, day.isoformat(), kind, json.dumps(sorted(ids)))).rowcount
        micro = new * each(kind)
        sums = (new, len(ids) - new, micro)
        db.execute(BOOK, (self._app, day.isoformat(), purpose.command, purpose.index, kind, *sums))
        return micro

    def _prune(self, db: sqlite3.Connection, day: date) -> None:
        """With the first charge of a day, forget which objects were paid for long ago."""
        if db.execute("SELECT 1 FROM charges WHERE app = ? AND day = ? LIMIT 1", (self._app, day.isoformat())).fetchone():
            return
        oldest = min(day, self._today()) - timedelta(days=DAYS_KEPT)
        db.execute("DELETE FROM paid WHERE app = ? AND day < ?", (self._app, oldest.isoformat()))

"""Money in an SQLite file: what was paid for and what it cost."""

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
from netwar.meter.sqlite_reservations import Reservations

# X charges an object once a UTC day. The margin is for clocks that differ, and for looking back at a doubtful day.
DAYS_KEPT = 3

BOOK = """
    INSERT INTO charges (app, day, command, "index", kind, objects, free, micro) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE
    SET objects = objects + excluded.objects, free = free + excluded.free, micro = micro + excluded.micro
"""


class SqliteMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day.

    Who `looks` needs no right to write. Raises ServiceDown when the file cannot be used.
    """

    def __init__(
        self, path: Path, app: str, run: Run, budget: int, clock: Callable[[], float] = time.time, *, looks: bool = False
    ) -> None:
        self._app = app
        self._run = run
        self._budget = budget
        self._clock = clock
        self._file = MeterFile(path, looks)
        self._reservations = Reservations(app, run)

    def price(self, most: Mapping[str, int]) -> int:
        """See the contract. Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """See the contract."""
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        with self._file.writing() as db:
            now = self._now(db)
            dead = self._reservations.sort_out(db, now)
            left = self._left(db, now, self._reservations.counted(db, without=request))
            if fits := reservation.micro <= left:
                self._reservations.open(db, reservation, now)
            waited_for = self._reservations.held(db, now)
        for holder in dead:
            self._run.bury(holder)
        if not fits:
            raise DoesNotFit(max(left, 0), waited_for)
        return reservation

    def settle(self, reservation: Reservation, objects: Iterable[tuple[str, str]], at: datetime) -> int:
        """See the contract. A reservation that was replaced meanwhile is booked all the same."""
        by_kind: dict[str, set[str]] = defaultdict(set)
        for kind, id_ in objects:
            by_kind[kind].add(id_)
        with self._file.writing() as db:
            self._set_clock(db, at)
            day = at.astimezone(UTC).date()
            micro = sum(self._book(db, reservation.purpose, day, kind, ids) for kind, ids in by_kind.items())
            self._reservations.close(db, reservation)
        return micro

    def release(self, reservation: Reservation) -> None:
        """See the contract."""
        with self._file.writing() as db:
            self._reservations.close(db, reservation)

    def doubt(self, reservation: Reservation) -> None:
        """See the contract."""
        with self._file.writing() as db:
            self._reservations.doubt(db, reservation)

    def today(self) -> date:
        """See the contract."""
        with self._file.reading() as db:
            return _day(self._now(db))

    def spent(self, day: date | None = None) -> int:
        """See the contract."""
        with self._file.reading() as db:
            return self._spent(db, day or _day(self._now(db)))

    def held(self) -> int:
        """See the contract."""
        with self._file.reading() as db:
            return self._reservations.held(db, self._now(db))

    def doubtful(self) -> int:
        """See the contract."""
        with self._file.reading() as db:
            return self._reservations.doubtful(db, self._now(db))

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

    def _now(self, db: sqlite3.Connection) -> float:
        """X's time, in seconds since 1970."""
        row = db.execute("SELECT ahead FROM clocks WHERE app = ?", (self._app,)).fetchone()
        return self._clock() + (row[0] if row else 0.0)

    def _set_clock(self, db: sqlite3.Connection, at: datetime) -> None:
        """Learn from an answer how far X's clock is before ours; it tells whole seconds, and some pass on the way."""
        ahead = at.timestamp() - self._clock()
        if abs(at.timestamp() - self._now(db)) > 1.5:
            db.execute("REPLACE INTO clocks VALUES (?, ?)", (self._app, ahead))

    def _spent(self, db: sqlite3.Connection, day: date) -> int:
        query = "SELECT coalesce(sum(micro), 0) FROM charges WHERE app = ? AND day = ?"
        return int(db.execute(query, (self._app, day.isoformat())).fetchone()[0])

    def _left(self, db: sqlite3.Connection, now: float, reserved: int) -> int:
        """What the budget leaves. Our own day and the next count, too: a wrong date of one answer must open no second budget."""
        ours = _day(self._clock())
        days = {_day(now), ours, ours + timedelta(days=1)}
        return self._budget - max(self._spent(db, day) for day in days) - reserved

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
        oldest = min(day, _day(self._now(db))) - timedelta(days=DAYS_KEPT)
        db.execute("DELETE FROM paid WHERE app = ? AND day < ?", (self._app, oldest.isoformat()))


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()

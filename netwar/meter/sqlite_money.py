"""Money in an SQLite file: what was paid for and what it cost."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from netwar.connections.runs import HOST, Run
from netwar.connections.sqlite_schema import Damaged, kept
from netwar.meter.base import (
    AS_RESERVED,
    Balance,
    Bought,
    Budget,
    Charge,
    DoesNotFit,
    Drawn,
    MadeGood,
    Purpose,
    Reservation,
)
from netwar.meter.days import BOOKED_WITHIN, DAYS_KEPT
from netwar.meter.doubts import times
from netwar.meter.prices import each, price
from netwar.meter.sqlite_days import Days
from netwar.meter.sqlite_file import MeterFile
from netwar.meter.sqlite_reservations import Reservations

CHARGE = (str, str, str, str, int, int, int)
BOOK = """
    INSERT INTO charges (app, day, command, "index", kind, objects, free, micro) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE
    SET objects = objects + excluded.objects, free = free + excluded.free, micro = micro + excluded.micro
"""


class SqliteMoney:
    """Fills the contract `netwar.meter.base.Money` for one app key; `budget` is micro-dollars a UTC day, `config` the file
    that says so.

    Who `looks` needs no right to write. Raises ServiceDown when the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        app: str,
        run: Run,
        budget: int,
        clock: Callable[[], float] | None = None,
        *,
        config: str = "",
        boot: str | None = None,
        looks: bool = False,
    ) -> None:
        self._app = app
        self._run = run
        self._budget = Budget(budget, config, HOST)
        self._file = MeterFile(path, looks)
        self._days = Days(app, clock or self._file.clock, self._file.clock.boot if boot is None else boot)
        self._reservations = Reservations(app, run)

    def price(self, most: Mapping[str, int]) -> int:
        """Raises ValueError for a kind without a price."""
        return price(most)

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        reservation = Reservation(uuid.uuid4().hex, request, price(most), purpose)
        with self._sorted_out() as db:
            refused = self._set_aside(db, reservation)
        if refused:
            raise refused
        return reservation

    def settle(
        self, reservation: Reservation, objects: Iterable[tuple[str, str]], at: datetime, made_good: MadeGood = AS_RESERVED
    ) -> int:
        """A reservation that was replaced meanwhile is booked all the same."""
        by_kind = _by_kind(objects)
        with self._file.writing() as db:
            self._days.learn(db, at.timestamp(), at.timestamp() + BOOKED_WITHIN)
            day = at.astimezone(UTC).date()
            before = self._paid(db, day, made_good.resumed)
            micro = sum(self._book(db, reservation.purpose, day, kind, ids) for kind, ids in by_kind.items())
            self._reservations.make_good(db, reservation, made_good, times(by_kind.get("post", ())), before)
            self._reservations.close(db, reservation)
        return micro

    def draw(self, slice: Reservation, bought: Bought, at: datetime, next: Mapping[str, int]) -> Drawn:
        day, wanted = at.astimezone(UTC).date(), replace(slice, micro=price(next))
        with self._sorted_out() as db:
            cost = tuple(self._booked(db, purpose, day, objects) for purpose, objects in bought)
            self._reservations.close(db, slice)
            refused = self._set_aside(db, wanted)
            if refused and (rest := replace(slice, micro=max(slice.micro - sum(cost), 0))).micro:
                self._reservations.open(db, rest, self._days.time(db).now)
        return Drawn(cost, rest if refused else wanted, refused)

    def release(self, reservation: Reservation) -> None:
        with self._file.writing() as db:
            self._reservations.close(db, reservation)

    def doubt(self, reservation: Reservation) -> None:
        with self._file.writing() as db:
            self._reservations.doubt(db, reservation)

    def allows(self, budget: Budget) -> None:
        if (budget.file, budget.host) == (self._budget.file, self._budget.host):
            self._budget = budget
        with self._file.writing() as db:
            self._days.change(db, budget)

    def learn_time(self, at: float, took: float) -> float:
        with self._file.reading() as db:
            time = self._days.time(db)
        if time.learnt(at, at + 1 + took) == time:
            return time.now
        with self._file.writing() as db:
            return self._days.learn(db, at, at + 1 + took).now

    def now(self) -> float:
        with self._file.reading() as db:
            return self._days.time(db).now

    def told(self) -> bool:
        with self._file.reading() as db:
            return self._days.time(db).told

    def today(self) -> date:
        with self._file.reading() as db:
            return date.fromisoformat(self._days.time(db).today)

    def spent(self, day: date | None = None) -> int:
        query = "SELECT coalesce(sum(micro), 0) FROM charges WHERE app = ? AND day = ?"
        with self._file.reading() as db:
            asked = str(day or self._days.time(db).today)
            return int(db.execute(query, (self._app, asked)).fetchone()[0])

    def balance(self) -> Balance:
        with self._file.reading() as db:
            time = self._days.time(db)
            lowest, spent = self._days.lowest(db, time, self._budget), self._days.spent(db, time)
            reserved, doubtful = self._reservations.reserved(db, time.now), self._reservations.doubtful(db, time)
        return Balance(date.fromisoformat(time.today), lowest, spent, reserved, doubtful, time.sure, lowest != self._budget)

    def reserved(self) -> int:
        return self.balance().reserved

    def doubtful(self) -> int:
        return self.balance().doubtful

    def charges(self, since: date | None = None) -> list[Charge]:
        query = (
            'SELECT day, command, "index", kind, objects, free, micro FROM charges WHERE app = ? AND day >= ? ORDER BY 1, 2, 3, 4'
        )
        with self._file.reading() as db:
            rows = db.execute(query, (self._app, (since or date.min).isoformat())).fetchall()
            return [_charge(kept(row, *CHARGE)) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @contextmanager
    def _sorted_out(self) -> Iterator[sqlite3.Connection]:
        """To change the file, once what dead runs have left is in doubt, and what is left of days that are over forgotten."""
        with self._file.writing() as db:
            dead = self._reservations.sort_out(db, self._days.time(db))
            yield db
        for holder in dead:
            self._run.remove_stale(holder)

    def _set_aside(self, db: sqlite3.Connection, reservation: Reservation) -> DoesNotFit | None:
        """Open a reservation if it fits; why it does not."""
        time = self._days.time(db)
        self._days.change(db, self._budget)
        lowest = self._days.lowest(db, time, self._budget)
        left = lowest.micro - self._days.spent(db, time) - self._reservations.counted(db, reservation)
        if reservation.micro <= left:
            self._days.allow(db, time, self._budget)
            self._reservations.open(db, reservation, time.now)
            return None
        return DoesNotFit(max(left, 0), self._reservations.reserved(db, time.now), lowest, sure=time.sure)

    def _booked(self, db: sqlite3.Connection, purpose: Purpose, day: date, objects: Iterable[tuple[str, str]]) -> int:
        return sum(self._book(db, purpose, day, kind, ids) for kind, ids in _by_kind(objects).items())

    def _paid(self, db: sqlite3.Connection, day: date, posts: Sequence[str]) -> int:
        """How many of these posts are paid for on a day."""
        sql = "SELECT count(*) FROM paid WHERE app = ? AND day = ? AND kind = 'post' AND id IN (SELECT value FROM json_each(?))"
        return int(db.execute(sql, (self._app, day.isoformat(), json.dumps(posts))).fetchone()[0]) if posts else 0

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
        oldest = min(day, date.fromisoformat(self._days.time(db).first)) - timedelta(days=DAYS_KEPT - 1)
        db.execute("DELETE FROM paid WHERE app = ? AND day < ?", (self._app, oldest.isoformat()))


def _by_kind(objects: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    by_kind: dict[str, set[str]] = defaultdict(set)
    for kind, id in objects:
        by_kind[kind].add(id)
    return by_kind


def _charge(row: Sequence[Any]) -> Charge:
    day, *rest = row
    try:
        return Charge(date.fromisoformat(day), *rest)
    except ValueError:
        raise Damaged(f"a charge is of {day[:40]!r}, which is no day") from None

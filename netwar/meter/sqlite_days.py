"""X's time, days and budgets in the meter's file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from netwar.connections.sqlite_schema import kept
from netwar.meter.base import OVERDUE, Budget
from netwar.meter.days import DAY, DAYS_KEPT, SLIGHT, XTime, day_of

KNOWN = """
    SELECT coalesce(ahead, 0), coalesce(day, (SELECT max(day) FROM charges WHERE app = :app), ''),
        boot IS :boot AND day IS NOT NULL
    FROM (SELECT 1) LEFT JOIN clocks ON app = :app
"""
LEARN = "INSERT OR REPLACE INTO clocks (app, ahead, day, boot) VALUES (?, ?, ?, ?)"
# What was opened by a guess that was far off was opened by so much later, or earlier.
SHIFT = "UPDATE reservations SET opened = opened + ? WHERE app = ? AND abs(opened - ?) < ?"

SPENT = "SELECT coalesce(max(sum), 0) FROM (SELECT sum(micro) AS sum FROM charges WHERE app = ? AND day {which} ? GROUP BY day)"
LOWEST = """
    SELECT micro, file, host FROM budgets
    WHERE app = ? AND day {which} ? AND NOT (host = ? AND file = ?) ORDER BY micro, host, file LIMIT 1
"""
CHANGE = "UPDATE budgets SET micro = ? WHERE app = ? AND host = ? AND file = ?"
ALLOW = "INSERT OR IGNORE INTO budgets (app, day, host, file, micro) VALUES (?, ?, ?, ?, ?)"
FORGET = "DELETE FROM budgets WHERE app = ? AND day < ?"


class Days:
    """Those of one app; each method is part of the caller's transaction. `boot` is what our clock has counted from."""

    def __init__(self, app: str, clock: Callable[[], float], boot: str) -> None:
        self._app = app
        self._clock = clock
        self._boot = boot

    def time(self, db: sqlite3.Connection) -> XTime:
        """What time it is at X."""
        ahead, day, told = db.execute(KNOWN, {"app": self._app, "boot": self._boot}).fetchone()
        return XTime(self._clock(), ahead, day, bool(told))

    def learn(self, db: sqlite3.Connection, earliest: float, latest: float) -> XTime:
        """An answer said that it is a time between these two; what time it is then."""
        before = self.time(db)
        after = before.learnt(earliest, latest)
        if after == before:
            return before
        db.execute(LEARN, (self._app, after.ahead, after.day or None, self._boot))
        if abs(moved := after.guess - before.guess) > SLIGHT:
            db.execute(SHIFT, (moved, self._app, before.now, OVERDUE))
        return after

    def spent(self, db: sqlite3.Connection, time: XTime) -> int:
        """What was spent today; while that is not sure, the most that was spent on one of the days that it may be."""
        return int(kept(db.execute(*self._of(SPENT, time)).fetchone(), int)[0])

    def lowest(self, db: sqlite3.Connection, time: XTime, own: Budget) -> Budget:
        """The lowest of the budgets that hold today."""
        sql, values = self._of(LOWEST, time)
        found = db.execute(sql, (*values, own.host, own.file)).fetchone()
        return Budget(*found) if found and found[0] < own.micro else own

    def change(self, db: sqlite3.Connection, own: Budget) -> None:
        """A configuration that has reserved says something else now."""
        db.execute(CHANGE, (own.micro, self._app, own.host, own.file))

    def allow(self, db: sqlite3.Connection, time: XTime, own: Budget) -> None:
        """A configuration reserves."""
        if db.execute(ALLOW, (self._app, time.today, own.host, own.file, own.micro)).rowcount and time.sure:
            db.execute(FORGET, (self._app, day_of(time.now - DAYS_KEPT * DAY)))

    def _of(self, sql: str, time: XTime) -> tuple[str, tuple[str, str]]:
        return sql.format(which="=" if time.sure else ">="), (self._app, time.today if time.sure else time.first)

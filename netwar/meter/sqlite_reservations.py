"""Open reservations in the meter's file: whose they are, which are in doubt, which count."""

from __future__ import annotations

import sqlite3

from netwar.connections.runs import Run
from netwar.meter.base import OVERDUE, MadeGood, Reservation
from netwar.meter.days import XTime, midnight
from netwar.meter.doubts import newer, set_aside

OPEN = 'INSERT INTO reservations (app, id, request, holder, micro, opened, command, "index") VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
ABANDONED = "UPDATE reservations SET doubt = 1 WHERE app = ? AND request = ? AND holder = ?"
DOUBTS = "SELECT id, micro, opened FROM reservations WHERE app = ? AND request = ? AND doubt AND id <> ?"
SETTLEABLE = "app = ? AND NOT doubt AND opened > ?"
# A request that hangs over midnight may be billed on the day after.
ENDED = "app = ? AND opened < ? AND (doubt OR holder <> ?)"


class Reservations:
    """Those of one app key, as one run sees them; each method is part of the caller's transaction. `now` is X's time."""

    def __init__(self, app: str, run: Run) -> None:
        self._app = app
        self._run = run

    def sort_out(self, db: sqlite3.Connection, time: XTime) -> list[str]:
        """Put what dead runs have left in doubt, and forget what a day that is surely over has left; the dead holders."""
        dead = [holder for holder in self._holders(db) if self._run.dead(holder)]
        db.executemany("UPDATE reservations SET doubt = 1 WHERE app = ? AND holder = ?", [(self._app, one) for one in dead])
        db.execute(f"DELETE FROM reservations WHERE {ENDED}", (self._app, _since(time), self._run.holder))
        return dead

    def open(self, db: sqlite3.Connection, reservation: Reservation, now: float) -> None:
        """Add one. What this run has open under the same request nobody will settle any more."""
        db.execute(ABANDONED, (self._app, reservation.request, self._run.holder))
        purpose = reservation.purpose
        row = (self._app, reservation.id, reservation.request, self._run.begin(), reservation.micro, now)
        db.execute(OPEN, (*row, purpose.command, purpose.index))

    def close(self, db: sqlite3.Connection, reservation: Reservation) -> None:
        db.execute("DELETE FROM reservations WHERE app = ? AND id = ?", (self._app, reservation.id))

    def doubt(self, db: sqlite3.Connection, reservation: Reservation) -> None:
        db.execute("UPDATE reservations SET doubt = 1 WHERE app = ? AND id = ?", (self._app, reservation.id))

    def make_good(
        self, db: sqlite3.Connection, reservation: Reservation, made_good: MadeGood, posts: list[float], before: int
    ) -> None:
        """Take from the doubts of a request what an answer to it has brought after all; `posts`: when its posts were made."""
        for id, micro, opened in db.execute(DOUBTS, (self._app, reservation.request, reservation.id)).fetchall():
            left = made_good.left(micro, reservation.micro, newer(posts, opened), before)
            db.execute("UPDATE reservations SET micro = ? WHERE app = ? AND id = ?", (left, self._app, id))
        db.execute("DELETE FROM reservations WHERE app = ? AND doubt AND micro = 0", (self._app,))

    def counted(self, db: sqlite3.Connection, beside: Reservation) -> int:
        """Micro-dollars of all of them beside a new one, which covers what is in doubt of its request as far as it goes."""
        sql = "SELECT request, micro, doubt OR (request = ? AND holder = ?) FROM reservations WHERE app = ?"
        rows = db.execute(sql, (beside.request, self._run.holder, self._app)).fetchall()
        return sum(set_aside([*rows, (beside.request, beside.micro, False)])) - beside.micro

    def reserved(self, db: sqlite3.Connection, now: float) -> int:
        """Micro-dollars that other live runs may yet settle."""
        rows = db.execute(f"SELECT holder, micro FROM reservations WHERE {SETTLEABLE}", (self._app, now - OVERDUE))
        return sum(micro for holder, micro in rows if holder != self._run.holder and not self._run.dead(holder))

    def doubtful(self, db: sqlite3.Connection, time: XTime) -> int:
        """Micro-dollars that nobody will settle and that count all the same, until the day ends."""
        sql = f"SELECT request, micro, holder, {SETTLEABLE} FROM reservations WHERE app = ? AND opened >= ?"
        rows = db.execute(sql, (self._app, time.now - OVERDUE, self._app, _since(time)))
        return set_aside((request, micro, not live or self._run.dead(holder)) for request, micro, holder, live in rows)[1]

    def _holders(self, db: sqlite3.Connection) -> set[str]:
        sql = "SELECT DISTINCT holder FROM reservations WHERE app = ? AND NOT doubt"
        return {row[0] for row in db.execute(sql, (self._app,))}


def _since(time: XTime) -> float:
    """From when on what was opened counts."""
    return midnight(time.now) - OVERDUE if time.sure else float("-inf")

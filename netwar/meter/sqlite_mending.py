"""A meter rebuilt out of a damaged one, or out of a backup, so that it never says less than what may have been spent today."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

from netwar.connections.clocks import SteadyClock
from netwar.connections.sqlite import connect, transaction, translated
from netwar.connections.sqlite_mending import Mended, mend
from netwar.meter.base import EVERYTHING
from netwar.meter.days import XTime
from netwar.meter.sqlite_days import Days
from netwar.meter.sqlite_file import MIGRATIONS

DOUBT = """
    INSERT INTO reservations (app, id, request, holder, micro, opened, doubt, command, "index") VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)
"""
TABLES = ("charges", "paid", "reservations", "budgets", "clocks", "tokens")  # what may tell that an app was used
APPS = " UNION ".join(f"SELECT app FROM {table}" for table in TABLES)
BOOKED = "SELECT coalesce(sum(micro), 0) FROM charges WHERE app = ? AND day = ?"
PROGRAM = "tw-mend"


def mend_meter(path: Path, app: str, spent: int | None = None) -> Mended:
    """Rebuild the meter's file. Money is micro-dollars; `spent` is what X's console says of today, if anybody has looked.

    What was written last is what damaged files lack first, and nothing in them tells it. So as much as any budget counts as
    spent today, in doubt: accounts of an app have budgets of their own. Of `app` it is what is missing of `spent`, if that is
    told. Raises as mend() does.
    """

    def finish(new: sqlite3.Connection, _torn: tuple[str, ...]) -> None:
        _take_as_spent(new, app, spent)

    return mend(path, MIGRATIONS, finish)


def restore_meter(path: Path, app: str | None, spent: int | None = None) -> None:
    """Put a meter out of a backup right, before any program uses it: what was spent since then it cannot know.

    Money is micro-dollars; today counts as in mend_meter. What runs had reserved is in doubt, as none of them will settle it
    here. Raises ServiceDown.
    """
    with translated(path), closing(connect(path, MIGRATIONS)) as db, transaction(db):
        db.execute("UPDATE reservations SET doubt = 1")
        _take_as_spent(db, app, spent)


def correct_meter(path: Path, app: str, spent: int) -> None:
    """Let today count as what X's console says (micro-dollars), in a meter that is whole; nothing else in it changes.

    What is booked stays, and what is missing of `spent` is in doubt, in place of what an earlier correction put there. Other
    doubts stay beside it: nobody knows whether X's console tells of them already. Raises ServiceDown.
    """
    with translated(path), closing(connect(path, MIGRATIONS)) as db, transaction(db):
        app = _billed(db, app)
        db.execute("DELETE FROM reservations WHERE command = ? AND app = ?", (PROGRAM, app))
        _say_spent(db, app, spent)


def _take_as_spent(db: sqlite3.Connection, app: str | None, spent: int | None) -> None:
    """Let as much as any budget count as spent today, or of `app` what X's console says."""
    known = {row[0] for row in db.execute(APPS)}
    db.execute("DELETE FROM reservations WHERE command = ?", (PROGRAM,))
    if app is not None:
        known.add(app := _billed(db, app))
    for one in known:
        if one == app and spent is not None:
            _say_spent(db, one, spent)
        else:
            _doubt(db, one, EVERYTHING, _time(db, one).now)


def _billed(db: sqlite3.Connection, app: str) -> str:
    """The app whose money it is: of a configuration with a bearer token alone, the one that the token is known to be of."""
    found = db.execute("SELECT app FROM tokens WHERE token = ?", (app,)).fetchone()
    return str(found[0]) if found else app


def _say_spent(db: sqlite3.Connection, app: str, spent: int) -> None:
    time = _time(db, app)
    booked = db.execute(BOOKED, (app, time.today)).fetchone()[0]
    _doubt(db, app, spent - booked, time.now)


def _doubt(db: sqlite3.Connection, app: str, micro: int, now: float) -> None:
    if micro > 0:
        db.execute(DOUBT, (app, uuid.uuid4().hex, PROGRAM, PROGRAM, micro, now, PROGRAM, "-"))


def _time(db: sqlite3.Connection, app: str) -> XTime:
    """What time it is at X, by the clock that the programs go by, as far as the file still tells."""
    clock = SteadyClock(db)
    return Days(app, clock, clock.boot).time(db)

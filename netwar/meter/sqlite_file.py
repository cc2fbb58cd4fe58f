"""The file that money and rate windows share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from netwar.connections.clocks import TABLE, SteadyClock
from netwar.connections.sqlite import closed_if_it_fails, connect, transaction, translated
from netwar.connections.sqlite_looking import look

# Days are ISO dates (UTC), money is micro-dollars, times are seconds since 1970 on the file's own steady clock. `paid` tells
# what costs nothing any more today; it is kept for a few days, the totals in `charges` for good.
MIGRATIONS = [
    """
    CREATE TABLE paid (
        app TEXT NOT NULL,
        day TEXT NOT NULL,
        kind TEXT NOT NULL,
        id TEXT NOT NULL,
        PRIMARY KEY (app, day, kind, id)
    ) WITHOUT ROWID;
    CREATE TABLE charges (
        app TEXT NOT NULL,
        day TEXT NOT NULL,
        command TEXT NOT NULL,
        "index" TEXT NOT NULL,
        kind TEXT NOT NULL,
        objects INTEGER NOT NULL,
        free INTEGER NOT NULL,
        micro INTEGER NOT NULL,
        PRIMARY KEY (app, day, command, "index", kind)
    ) WITHOUT ROWID;
    CREATE TABLE reservations (
        app TEXT NOT NULL,
        request TEXT NOT NULL,
        id TEXT NOT NULL,
        holder TEXT NOT NULL,
        micro INTEGER NOT NULL,
        opened REAL NOT NULL,
        command TEXT NOT NULL,
        "index" TEXT NOT NULL,
        PRIMARY KEY (app, request)
    ) WITHOUT ROWID;
    CREATE TABLE windows (
        token TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        "limit" INTEGER NOT NULL,
        remaining INTEGER NOT NULL,
        reset REAL NOT NULL,
        seen REAL,
        guessed INTEGER NOT NULL,
        closed REAL NOT NULL DEFAULT 0,
        PRIMARY KEY (token, endpoint)
    ) WITHOUT ROWID;
    """,
    # Several live runs may have the same request open. `opened` is X's time; `ahead` is how far X's clock is before ours.
    """
    ALTER TABLE reservations RENAME TO earlier;
    CREATE TABLE reservations (
        app TEXT NOT NULL,
        id TEXT NOT NULL,
        request TEXT NOT NULL,
        holder TEXT NOT NULL,
        micro INTEGER NOT NULL,
        opened REAL NOT NULL,
        doubt INTEGER NOT NULL DEFAULT 0,
        command TEXT NOT NULL,
        "index" TEXT NOT NULL,
        PRIMARY KEY (app, id)
    ) WITHOUT ROWID;
    INSERT INTO reservations SELECT app, id, request, holder, micro, opened, 0, command, "index" FROM earlier;
    DROP TABLE earlier;
    CREATE TABLE clocks (
        app TEXT PRIMARY KEY,
        ahead REAL NOT NULL
    ) WITHOUT ROWID;
    """,
    "-- Nothing new: earlier programs could damage the file, and whatever is brought up to date is looked through first.",
    # `ahead` is how far X's clock is before the file's own, learnt since `boot`; `day` is the UTC day of X's last answer.
    # `budgets` has what each configuration allows on a day on which it reserved, `tokens` which app a bearer token is of.
    TABLE
    + """
    ALTER TABLE clocks ADD COLUMN day TEXT;
    ALTER TABLE clocks ADD COLUMN boot TEXT;
    CREATE TABLE budgets (
        app TEXT NOT NULL,
        day TEXT NOT NULL,
        host TEXT NOT NULL,
        file TEXT NOT NULL,
        micro INTEGER NOT NULL,
        PRIMARY KEY (app, day, host, file)
    ) WITHOUT ROWID;
    CREATE TABLE tokens (
        token TEXT PRIMARY KEY,
        app TEXT NOT NULL
    ) WITHOUT ROWID;
    """,
]


class MeterFile:
    """One connection to it, which the threads of a process may share: each waits until another is done."""

    def __init__(self, path: Path, looks: bool = False) -> None:
        self.path = path
        self._turn = RLock()
        self.db = (look if looks else connect)(path, MIGRATIONS)
        with translated(path), closed_if_it_fails(self.db):
            self.clock = SteadyClock(self.db)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All that is done in the block, or nothing of it; nobody else writes meanwhile. Raises ServiceDown."""
        with self._turn, translated(self.path), transaction(self.db) as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Raises ServiceDown."""
        with self._turn, translated(self.path):
            yield self.db

    def close(self) -> None:
        """Let go of the file."""
        self.db.close()

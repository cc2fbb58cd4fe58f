"""A database file that is open for the threads of one process: one connection, which one of them has at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from netwar.connections.sqlite import closed_if_it_fails, connect, transaction, translated
from netwar.connections.sqlite_looking import look
from netwar.errors import Moved

PAGE_BYTES = 4096


class OpenFile:
    """Who `looks` needs no right to write. The log is copied into the file every `checkpoint_pages`, SQLite's own 1,000 for None.

    A file that was moved away or replaced since is written no more: Moved.

    Raises what `connections.sqlite.connect` raises.
    """

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str],
        *,
        looks: bool = False,
        cache_mib: int = 8,
        checkpoint_pages: int | None = None,
    ) -> None:
        self.path = path
        self.lock = RLock()
        self._moved = False
        self._connection = (look if looks else connect)(path, migrations, cache_mib=cache_mib)
        if checkpoint_pages:
            with translated(path), closed_if_it_fails(self._connection):
                self._connection.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
                self._connection.execute(f"PRAGMA journal_size_limit={checkpoint_pages * PAGE_BYTES}")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query. They are fetched at once: an open read would keep the log from being emptied."""
        with self.lock, translated(self.path):
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction, the only one of all processes. Raises ServiceDown."""
        try:
            with self.lock, translated(self.path), transaction(self._connection) as connection:
                yield connection
        except Moved:
            self._moved = True
            raise

    def is_replaced(self) -> bool:
        """Whether somebody was told that the file was moved away, and there is another one by now.

        An empty one is what somebody begins to copy: SQLite would begin a database in it.
        """
        return self._moved and self.path.exists() and self.path.stat().st_size > 0

    def close(self) -> None:
        """Let go of it."""
        with self.lock, translated(self.path):
            self._connection.close()

"""Private databases: where a run sorts and groups more than fits into memory. Gone when it ends, however it ends.

SQLite makes a database without a name in memory, and moves what outgrows the cache to a file that has no name either, in the
folder that TMPDIR names, else in /var/tmp. So nobody else can open it, and none of the rules for shared files applies.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netwar.connections.sqlite import closed_if_it_fails, translated
from netwar.connections.sqlite_files import private
from netwar.records.idlists import portions

FETCHED, PUT = 1_000, 10_000  # rows at once
SETTINGS = ("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE")
PLACES = ("SQLITE_TMPDIR", "TMPDIR")  # that SQLite asks the environment for, before it takes /var/tmp


class Scratch:
    """A private database with the tables of a script; a context manager. Every method raises ServiceDown when its file cannot
    be used, which is when the disk is full. `cache_mib` is what it may hold in memory, and once more while it sorts."""

    def __init__(self, script: str, *, cache_mib: int = 4) -> None:
        self._folder = Path(next(filter(None, map(os.environ.get, PLACES)), "/var/tmp"))
        self._script = script
        self._cache = cache_mib

    def __enter__(self) -> Self:
        with translated(self._folder):
            self._db = private("")
            with closed_if_it_fails(self._db):
                for setting in (*SETTINGS, f"cache_size = {-1024 * self._cache}"):
                    self._db.execute(f"PRAGMA {setting}")
                self._db.executescript(self._script)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def run(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Do one statement; how many rows it wrote."""
        with translated(self._folder):
            return self._db.execute(sql, values).rowcount

    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Do a statement for each of the rows, of which there may be any number."""
        for some in portions(rows, PUT):  # what makes them may fail in ways of its own
            with translated(self._folder):
                self._db.execute("BEGIN")
                self._db.executemany(sql, some)
                self._db.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """What a query finds, some rows in memory at a time."""
        with translated(self._folder):
            cursor = self._db.execute(sql, values)
        while True:
            with translated(self._folder):
                some = cursor.fetchmany(FETCHED)
            if not some:
                return
            yield from some

"""Lines told apart on disk, however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Self

import orjson

from netwar.connections.sqlite import translated

CACHE_KIB = 32 * 1024
LINES = "CREATE TABLE line (number INTEGER PRIMARY KEY, entry TEXT NOT NULL COLLATE NOCASE UNIQUE, given TEXT)"
KEEP = "INSERT OR IGNORE INTO line (entry, given) VALUES (?, ?)"
KEEP_ALL = "INSERT OR IGNORE INTO line (entry) SELECT value FROM json_each(?) ORDER BY key"


class Distinct:
    """Entries in the order in which they came first, each once whatever its case; a context manager.

    They are in a private file in the folder for temporary files, which is gone when the program ends, however it ends.
    Every method raises ServiceDown when that file cannot be used.
    """

    def __init__(self) -> None:
        self._folder = Path(gettempdir())

    def __enter__(self) -> Self:
        with translated(self._folder):
            # SQLite makes a database without a name in memory, and moves what outgrows the cache to an unlinked file.
            self._db = sqlite3.connect("", isolation_level=None)
            for setting in (f"cache_size = {-CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute(LINES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def add(self, lines: Sequence[tuple[str, str | None]]) -> None:
        """Keep those (entry, as given) whose entry is new; None stands for one that was given as it is, but for its case.

        A portion of such lines is one statement, twice as quick as line by line.
        """
        with translated(self._folder):
            self._db.execute("BEGIN")
            if any(given is not None for _, given in lines):
                self._db.executemany(KEEP, lines)
            else:
                self._db.execute(KEEP_ALL, (orjson.dumps([entry for entry, _ in lines]).decode(),))
            self._db.execute("COMMIT")

    def __len__(self) -> int:
        with translated(self._folder):
            return int(self._db.execute("SELECT count(*) FROM line").fetchone()[0])

    def portions(self, size: int) -> Iterator[list[tuple[str, str]]]:
        """All of them as (entry in lower case, as given), so many at a time."""
        last = 0
        sql = "SELECT number, lower(entry), coalesce(given, entry) FROM line WHERE number > ? ORDER BY number LIMIT ?"
        while True:
            with translated(self._folder):
                rows = self._db.execute(sql, (last, size)).fetchall()
            if not rows:
                return
            yield [row[1:] for row in rows]
            last = rows[-1][0]

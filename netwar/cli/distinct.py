"""Lines told apart on disk, however many there are."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import gettempdir
from types import TracebackType
from typing import Self

import orjson

from netwar.connections.sqlite import translated

CACHE_KIB = 32 * 1024
SEEN = "CREATE TABLE seen (entry TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID"
KEEP = "INSERT OR IGNORE INTO seen SELECT value FROM json_each(?) ORDER BY key RETURNING entry"


class Distinct:
    """Tells which lines are new, whatever their case; a context manager.

    What was seen is in a private file in the folder for temporary files, which is gone when the program ends, however it
    ends. Every method raises ServiceDown when that file cannot be used.
    """

    def __init__(self) -> None:
        self._folder = Path(gettempdir())

    def __enter__(self) -> Self:
        with translated(self._folder):
            # SQLite makes a database without a name in memory, and moves what outgrows the cache to an unlinked file.
            self._db = sqlite3.connect("", isolation_level=None)
            for setting in (f"cache_size = {-CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"):
                self._db.execute(f"PRAGMA {setting}")
            self._db.execute(SEEN)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()

    def new(self, lines: Sequence[str]) -> list[int]:
        """The places of those lines that were not there before, neither in this portion nor in an earlier one."""
        with translated(self._folder):
            rows = self._db.execute(KEEP, (orjson.dumps(lines).decode(),)).fetchall()
        new = {row[0] for row in rows}
        places = []
        for place, line in enumerate(lines):
            if line in new:
                new.remove(line)
                places.append(place)
        return places

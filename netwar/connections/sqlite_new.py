"""New databases: whole from the first moment, with a log, and with the tables that belong there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from netwar.connections import new_files
from netwar.connections import sqlite_beside as beside


def make(path: Path, new: Callable[[], bytes]) -> None:
    """Make a database if there is none, and close it before SQLite opens it for the first time.

    Raises OSError, and ServiceDown for what a former one of this name has left.
    """
    try:
        path.lstat()
    except FileNotFoundError:
        beside.check_nothing_left(path)
        with suppress(FileExistsError):  # another process made it just now
            new_files.make(path, new(), others_fill_it=True)


@cache
def empty() -> bytes:
    """A database with nothing in it but that it has a log."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
        scratch.execute("PRAGMA user_version=0")  # only what was written to has a first page
        return with_log(scratch)


def with_log(scratch: sqlite3.Connection) -> bytes:
    """A file of a database in memory that has a log: 2 and 2 are at bytes 18 and 19 then (sqlite.org/fileformat2.html)."""
    page = scratch.serialize()
    return page[:18] + bytes((2, 2)) + page[20:]

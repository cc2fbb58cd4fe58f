"""Databases looked at by who may not write them, or cannot: read-only rights, read-only and full disks."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import may_write, unmasked
from netwar.connections.sqlite import BUSY_SECONDS, closed_if_it_fails, connect, damaged, translated
from netwar.connections.sqlite_beside import JOURNAL, check_nothing_left, has_log
from netwar.connections.sqlite_files import Connection, copied, opened, private
from netwar.errors import Busy, ServiceDown

Opening = Callable[..., sqlite3.Connection]
State = tuple[tuple[int, int, int] | None, ...]


class Rows(list[Any]):
    """What a cursor would have handed out."""

    def fetchall(self) -> list[Any]:
        return self

    def fetchone(self) -> Any:
        return self[0] if self else None


class Still(Connection):
    """A file that nobody writes to, read without locks; whether somebody did all the same is seen after each statement."""

    watched: Path
    before: State

    def execute(self, *args: Any) -> Any:
        try:
            rows = Rows(super().execute(*args).fetchall())
        except sqlite3.DatabaseError:
            self._check()  # what was half read may seem to be damaged
            raise
        self._check()
        return rows

    def _check(self) -> None:
        if hasattr(self, "before") and _state(self.watched) != self.before:
            raise sqlite3.OperationalError("it was written to while it was read; run again")


def look(path: Path, migrations: Sequence[str], *, cache_mib: int = 8) -> sqlite3.Connection:
    """Open a file to look at it: as connect() does where that can be done, else for reading only; nothing is made.

    Without a file the tables are there, and empty. Whatever is tried to be written raises ServiceDown, as connect() does; and so
    does what a file that is gone has left.
    """
    with translated(path):
        if not os.path.lexists(path):
            check_nothing_left(path)
            empty = private()
            with closed_if_it_fails(empty):
                schema.bring_up_to_date(empty, migrations)
            return empty
        if may_write(path) and may_write(path.parent):
            try:
                return connect(path, migrations, cache_mib=cache_mib)
            except ServiceDown as error:  # the disk may be full: its log cannot be made
                if not isinstance(error.__cause__, sqlite3.OperationalError) or "locked" in str(error.__cause__):
                    raise
        return _read(path, migrations)


def _read(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """By SQLite's own means, if it can take part in the log; else as a file that lies still; else a copy of our own."""
    for way in (_shared, still):
        connection = way(path)
        if connection is None:
            continue
        try:
            with unmasked():
                schema.check(connection, path, migrations)
            if schema.version(connection) == len(migrations):
                return connection
        except sqlite3.DatabaseError as error:
            if damaged(error):
                connection.close()
                raise
        except BaseException:
            connection.close()
            raise
        connection.close()
    return _copy(path, migrations)


def _shared(path: Path) -> sqlite3.Connection | None:
    return opened(path, BUSY_SECONDS, "mode=ro") if has_log(path) else None


def still(path: Path) -> sqlite3.Connection | None:
    """With a log beside it SQLite would pass over what stands there only, and say nothing."""
    before = _state(path)
    if any(before[1:]):
        return None
    connection = opened(path, BUSY_SECONDS, "mode=ro&immutable=1", Still)
    assert isinstance(connection, Still)
    connection.watched, connection.before = path, before
    return connection


def _copy(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """A copy in the folder for temporary files, which has no name any more when this returns."""
    for _ in range(5):
        folder = Path(tempfile.mkdtemp(prefix="netwar-"))
        try:
            before = _state(path)
            copied(path, folder)
            if _state(path) == before:
                connection = connect(folder / path.name, migrations, keep=False)
                connection.place = None
                return connection
        finally:
            shutil.rmtree(folder)
    raise Busy(f"{path} is being written to, and may not be opened for writing here: run again")


def _state(path: Path) -> State:
    """What changes when somebody writes: of the file, and of its log if there is one."""
    found: list[tuple[int, int, int] | None] = []
    for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(path.name + JOURNAL)):
        try:
            status = file.stat()
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(found)

"""The files behind SQLite's connections: made, looked at, and never opened but by SQLite itself (see `sqlite`)."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from netwar.connections import folders
from netwar.connections import sqlite_beside as beside
from netwar.connections.sqlite_handles import AllHandles, NextHandle, Unsure, check_writable, checked, exchanged
from netwar.connections.sqlite_new import empty, give_log, make
from netwar.connections.sqlite_reading import first_read
from netwar.errors import ConfigError

NEW_SECONDS = 5  # until who makes a file has made it, unless they were killed
TRIES = 10  # to open a file while nothing else is opened
ENDING_SECONDS = 0.5  # until who was the last to end has removed the log: it cannot be opened at some of these moments

# Between the making of a file and its closing, no other thread may let SQLite open it: the closing would drop its locks.
_opening = Lock()
_open: WeakKeyDictionary[Connection, tuple[int, int]] = WeakKeyDictionary()
_left_behind: list[Connection] = []


class Connection(sqlite3.Connection):
    """A connection that stays with the process that made it: SQLite's locks do not cross a fork, its memory of them does."""

    forked = False  # or left in the middle of a read
    place: tuple[str, os.stat_result] | None = None  # its file's name, and what was found there; None if it has no name

    def execute(self, *args: Any) -> sqlite3.Cursor:
        self._here()
        return super().execute(*args)

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        self._here()
        return super().executemany(*args)

    def close(self) -> None:
        if not self.forked:
            super().close()
            _open.pop(self, None)

    def _here(self) -> None:
        if self.forked:
            raise sqlite3.ProgrammingError("a connection of the parent process cannot be used after a fork: open one here")


def opened(
    path: Path,
    busy_seconds: float,
    mode: str = "mode=rw",
    kind: type[Connection] = Connection,
    new: Callable[[], bytes] = empty,
) -> Connection:
    """Open a database, making a `new` one if there is none: for its owner alone, or for the group whose folder it is in.

    `mode` is what SQLite is told of how to open it; nothing is made but to write. Raises ConfigError for what is no plain file
    of one name, OSError and sqlite3.Error.
    """
    with _opening:
        if mode != "mode=rw":
            return _looking(_connected(path, busy_seconds, mode, kind), path, mode)
        make(path, new)  # SQLite itself would make one that others may read
        check_writable(path)
        if beside.has_no_journal(path) and (connection := _with_log(path, busy_seconds, mode, kind)):
            return connection
        began = time.monotonic()
        while True:
            left = beside.journal_of_ours(path)
            with closing(_connected(path, busy_seconds, "mode=ro", Connection)) as reader:
                if _has_log_for_now(reader, path, left):
                    return _in_the_log(_connected(path, busy_seconds, mode, kind), path, reader)
                found = path.lstat()
            ours = found.st_uid in (os.geteuid(), 0)
            if ours and left:  # what a kill has left, where nobody else can put anything
                return _connected(path, busy_seconds, mode, kind)
            if time.monotonic() > began + (max(busy_seconds, NEW_SECONDS) if ours else NEW_SECONDS):
                raise _without_log(path, ours=ours)
            if not ours or not _given_log(path, found):
                time.sleep(0.01)


def _with_log(path: Path, busy_seconds: float, mode: str, kind: type[Connection]) -> Connection | None:
    """The connection where no journal can come, which has read once; None if the database has no log yet."""
    connection = _connected(path, busy_seconds, mode, kind)
    try:
        with folders.unmasked():  # SQLite makes the log now
            connection.execute("PRAGMA user_version").fetchone()
        if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return connection
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def _looking(connection: Connection, path: Path, mode: str) -> Connection:
    """The connection, which has read once, if it could: whoever opens it is told the rest when they read."""
    try:
        if mode == "mode=ro":  # else it looks at nothing beside the file
            with suppress(sqlite3.Error):
                _read_first(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _given_log(path: Path, found: os.stat_result) -> bool:
    """Has it a log now? Without one SQLite would obey any journal, at whatever moment somebody puts one beside it."""
    if (found.st_dev, found.st_ino) in _open.values():  # here, by another thread, whose locks would be dropped
        return False
    with suppress(BlockingIOError):
        give_log(path)
        return True
    return False


def _without_log(path: Path, *, ours: bool) -> Exception:
    if ours:
        return BlockingIOError(errno.EWOULDBLOCK, "it has no log, and another program keeps it from getting one: end that")
    return ConfigError(f"{path} is another user's and has no log yet: let them open it first, with any program here")


def _has_log_for_now(reader: Connection, path: Path, left: bool) -> bool:
    """As `_has_log`, asked again while the log is being removed by who was the last to end."""
    until = time.monotonic() + ENDING_SECONDS
    while True:
        try:
            return _has_log(reader, path, left)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CANTOPEN or time.monotonic() > until:
                raise
            reader.rollback()
            time.sleep(0.01)


def _has_log(reader: Connection, path: Path, left: bool) -> bool:
    """Has the database a log? Then the reader keeps others from rolling anything back, for which they need the file alone.

    Raises ConfigError for a journal that is to be rolled back, unless a program of ours has `left` it.
    """
    try:
        reader.execute("BEGIN")
        _read_first(reader, path)
        return bool(reader.execute("PRAGMA journal_mode").fetchone()[0] == "wal")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
        if not left:
            raise beside.not_ours(path) from None
        return False


def _in_the_log(connection: Connection, path: Path, reader: Connection) -> Connection:
    """The connection, which has read once: from now on it heeds the log, and no journal."""
    try:
        _read_first(connection, path, reader)
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # any more, since the reader has looked
            raise exchanged(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_first(connection: Connection, path: Path, *beside_it: Connection) -> None:
    """Who is `beside_it` stays as long as a read of which no answer was waited for: it could roll back else, once it is alone."""

    def leave() -> None:
        for one in (connection, *beside_it):
            _leave(one)

    with folders.unmasked():  # SQLite makes the log now, and would let the group write to it a moment later
        first_read(connection, path, lambda: beside.check(path, checked), leave)


def _connected(path: Path, busy_seconds: float, mode: str, kind: type[Connection]) -> Connection:
    """A connection to the file that is looked at now; looked at again where another thread has opened something meanwhile."""
    looks: list[type[NextHandle | AllHandles]] = [NextHandle, *[AllHandles] * TRIES]
    for look in looks:
        with suppress(Unsure):
            return _connected_once(path, busy_seconds, mode, kind, look)
    raise exchanged(path)


def _connected_once(
    path: Path, busy_seconds: float, mode: str, kind: type[Connection], look: type[NextHandle | AllHandles]
) -> Connection:
    found = checked(path, path.lstat())
    beside.check(path, checked)
    before = look()
    address = f"file:{quote(os.fsencode(path.absolute()))}?{mode}"
    connection = sqlite3.connect(
        address, uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False, factory=kind
    )
    try:
        before.check(path, found)
        _guard(connection)
    except BaseException:
        connection.close()
        raise
    _open[connection] = (found.st_dev, found.st_ino)
    connection.place = (str(path.absolute()), found)
    return connection


def private(name: str = ":memory:") -> Connection:
    """An empty database that nobody else sees: in memory, or with '' for its name in an unlinked file when that is too large."""
    connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False, factory=Connection)
    _open[connection] = (0, 0)
    return connection


def copied(path: Path, folder: Path) -> None:
    """Copy a database and its log, byte by byte: one that this process has not open, as it would lose its locks."""
    with _opening:
        found = checked(path, path.lstat())
        if (found.st_dev, found.st_ino) in _open.values():
            raise sqlite3.ProgrammingError(f"{path} is open here: it is copied by SQLite, or not at all")
        for ending in ("", "-wal", beside.JOURNAL):
            name = path.name + ending
            with suppress(FileNotFoundError):
                handle = folders.existing(path.with_name(name))
                with os.fdopen(handle, "rb") as file, (folder / name).open("xb") as copy:
                    shutil.copyfileobj(file, copy, 1 << 20)


def _guard(connection: sqlite3.Connection) -> None:
    """Trust nothing that stands in the file: what it defines may not call functions with effects, nor be odd inside."""
    if _json_is_innocent():
        connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


@cache
def _json_is_innocent() -> bool:
    """SQLite 3.38 to 3.40 forgot to say of JSON's functions, which our tables use, that they have no effects."""
    with closing(sqlite3.connect(":memory:")) as scratch:
        scratch.execute("PRAGMA trusted_schema=OFF")
        try:
            scratch.execute("CREATE TABLE t (a, b GENERATED ALWAYS AS (json_extract(a, '$')) VIRTUAL)")
            scratch.execute("CREATE INDEX i ON t (b)")
        except sqlite3.OperationalError:
            return False
        return True


def still_open() -> list[Connection]:
    """The connections of this process that nobody has closed yet."""
    return list(_open)


def _leave_behind() -> None:
    """In a forked child: its parent's connections are neither used nor closed, nor cleared away as garbage while it runs."""
    global _opening
    _opening = Lock()
    for connection in _open:
        _leave(connection)


def _leave(connection: Connection) -> None:
    connection.forked = True
    _left_behind.append(connection)


os.register_at_fork(after_in_child=_leave_behind)

"""New databases: whole from the first moment, with a log, and with the tables that belong there."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from netwar.connections import new_files
from netwar.connections import sqlite_beside as beside
from netwar.connections.folders import existing

NAME = b"SQLite format 3\0"  # at the beginning of each (sqlite.org/fileformat2.html)
LOCKED = (512, 1 << 30)  # how many bytes SQLite locks, and from where on, when it wants a file alone
HEAD, CHANGES, SIZED = 100, slice(24, 28), slice(92, 96)  # bytes; how often it was changed, and when its size was noted


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
        return with_log(scratch.serialize())


def with_log(page: bytes) -> bytes:
    """The beginning of a database, as of one that has a log."""
    return _of_kind(page, 2)


def _of_kind(page: bytes, kind: int) -> bytes:
    """Bytes 18 and 19 are 2 and 2 with a log, else 1 and 1 (sqlite.org/fileformat2.html)."""
    return page[:18] + bytes((kind, kind)) + page[20:]


def give_log(path: Path) -> None:
    """Have a database that was made without a log, or is still empty, keep one from now on.

    SQLite would need a journal to do it, and obey whatever somebody puts there; these few bytes need none. To be called while
    this process has not the file open. Raises BlockingIOError while another one reads or writes it, OSError.
    """
    _write_head(path, 2)


def end_log(path: Path) -> None:
    """Have a copy that is closed again keep no log: it is one file then, and can be read where nothing may be written.

    As `give_log`. Raises BlockingIOError where somebody keeps what was recorded from getting into the file, too.
    """
    if path.with_name(f"{path.name}-wal").exists():
        raise BlockingIOError(errno.EWOULDBLOCK, "another program opened it before it was whole: see who may write there")
    _write_head(path, 1)


def _write_head(path: Path, kind: int) -> None:
    """Write into a file whether it has a log (2) or none (1), as SQLite does, while no other program has it open."""
    handle = existing(path, os.O_RDWR)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, *LOCKED)
        head = bytearray(os.pread(handle, HEAD, 0))
        if not head:
            _put(handle, empty())
        elif head.startswith(NAME) and len(head) == HEAD:
            changed = (int.from_bytes(head[CHANGES]) + 1) % (1 << 32)
            if head[SIZED] == head[CHANGES]:
                head[SIZED] = changed.to_bytes(4)
            head[CHANGES] = changed.to_bytes(4)  # so that who has it open, and no log, looks again
            _put(handle, _of_kind(bytes(head), kind))
    finally:
        os.close(handle)


def _put(handle: int, page: bytes) -> None:
    """Write the beginning of a file: all of it, or nothing if it was empty and the disk is full."""
    empty_before = not os.fstat(handle).st_size
    try:
        if os.pwrite(handle, page, 0) != len(page):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        if empty_before:
            os.ftruncate(handle, 0)
        raise
    os.fsync(handle)

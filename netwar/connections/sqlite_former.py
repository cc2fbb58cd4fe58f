"""Databases as they were before they were brought up to date: copies beside them, looked through before anything is changed.

A copy is NAME.sqlite.of-schema-N, N being how many scripts the file had been through. Only a whole one has that name. One program
makes it, and programs of the version before go on with the file meanwhile. None is ever removed here.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import lock, opened, synced
from netwar.connections.sqlite_beside import ENDINGS
from netwar.connections.sqlite_files import opened as opened_database
from netwar.connections.sqlite_new import end_log
from netwar.errors import Busy, ServiceDown

log = logging.getLogger("netwar.connections")

WAIT_SECONDS = 60
STEP_PAGES = 4096  # copied before a signal is heeded
SPARE = 1 << 24  # bytes that the upgrade itself may take
LARGE = 1 << 28  # bytes from which on it is said before it is done


@contextmanager
def upgrading(connection: sqlite3.Connection, path: Path, newest: int) -> Iterator[None]:
    """Around the scripts that bring a file to schema `newest`: one program at a time, when a copy is kept.

    Raises Busy while another program is at it for longer than a minute, ServiceDown where there is no room, and sqlite3.Error.
    """
    with _alone(path):
        done = schema.version(connection)
        if done >= newest:  # another program has done it meanwhile
            yield
            return
        kept = keep(connection, path)
        yield
        log.warning(
            "%s: brought up to date (schema %d to %d)%s", path, done, newest, kept and f"; as it was, it is kept in {kept}"
        )


def keep(connection: sqlite3.Connection, path: Path, more: int = SPARE) -> str:
    """Copy a file as it stands; where the copy is, "" where an older one had to do. `more`: bytes that must be left after it."""
    copy = path.with_name(f"{path.name}.of-schema-{schema.version(connection)}")
    begun = copy.with_name(f"{copy.name}.part")
    _dropped(begun)  # a kill has left it, and it takes the room of the next one
    if not _has_room(path, copy, more):
        schema.check_whole(connection)
        return ""
    try:
        _copied(connection, begun)
        os.replace(begun, copy)
    except BaseException:
        _dropped(begun)
        raise
    synced(path.parent)
    return str(copy)


def is_kept(path: Path) -> bool:
    """Is there a copy of an earlier state?"""
    return any(one.name.startswith(f"{path.name}.of-schema-") and one.suffix != ".part" for one in path.parent.iterdir())


def _has_room(path: Path, copy: Path, more: int) -> bool:
    size = path.stat().st_size
    with suppress(FileNotFoundError):
        size += path.with_name(f"{path.name}-wal").stat().st_size
    free = shutil.disk_usage(path.parent).free
    if size + more <= free:
        if size > LARGE:
            log.warning("%s: a copy of %s is made before it is brought up to date; others end with 75 meanwhile", path, _gb(size))
        return True
    if copy.is_file():
        log.warning("%s: no room for a new copy before it is brought up to date, and %s is there", path, copy)
        return False
    raise ServiceDown(
        f"{path} is of an earlier version. Before it is brought up to date a copy is made, which takes {_gb(size + more)}, and "
        f"{_gb(free)} are left: make room, or take a backup onto another disk (tw-backup DIR) and say that there is one: "
        f"touch {copy}"
    )


def _copied(connection: sqlite3.Connection, begun: Path) -> None:
    """One moment of the file, whoever writes to it meanwhile; on the disk, and whole, when this returns."""
    with closing(opened_database(begun, WAIT_SECONDS)) as made:
        connection.execute("BEGIN")
        try:
            connection.execute("PRAGMA user_version").fetchone()  # from now on it is this moment
            connection.backup(made, pages=STEP_PAGES, progress=lambda *_: None)  # a signal is heeded between two steps
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        schema.check_whole(made)
    end_log(begun)


def _dropped(begun: Path) -> None:
    for ending in ("", *ENDINGS):  # a journal that stayed would be rolled back into the next one
        begun.with_name(begun.name + ending).unlink(missing_ok=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    place = path.with_name(f"{path.name}.upgrade.alone")
    handle = _locked(place, path)
    try:
        yield
    finally:
        place.unlink(missing_ok=True)
        os.close(handle)


def _locked(place: Path, path: Path) -> int:
    while True:
        handle = opened(place, os.O_RDWR)
        try:
            lock(handle, WAIT_SECONDS)
            if os.fstat(handle).st_nlink:
                return handle
        except BlockingIOError:
            os.close(handle)
            raise Busy(f"{path} is being brought up to date by another program, which copies it first: try again later") from None
        os.close(handle)  # who had it was done, and has removed it


def _gb(size: int) -> str:
    return f"{size / 1e9:,.1f} GB"

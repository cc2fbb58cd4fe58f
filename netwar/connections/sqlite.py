"""SQLite files that many processes use at once.

No other code opens one, nor its -wal or -shm, by any other way while this process may have it open: closing any handle of a
file drops all the locks that the process holds on it (sqlite.org/howtocorrupt.html, 2.2), and the next program that ends
then believes itself the last one and removes the log that is still in use. What must be copied is copied by SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import FULL, FULL_DISK, is_full, made, trouble, unmasked
from netwar.connections.reaching import ENTER
from netwar.connections.sqlite_beside import stuck
from netwar.connections.sqlite_files import Connection, opened
from netwar.connections.sqlite_former import upgrading
from netwar.errors import Moved, ServiceDown, StoreDown

BUSY_SECONDS = 60
FILES = 8  # more than a database takes with its log, and with who looks at it before

NO_TEXT = "Could not decode to UTF-8"  # says Python's library, not SQLite: what is in a text is the same to that
CAN_BE_MENDED = ("meter.sqlite", "queues.sqlite")


def connect(path: Path, migrations: Sequence[str], *, cache_mib: int = 8, keep: bool = True) -> Connection:
    """Open a file, making it if need be, and bring its schema up to date; a copy of what it was is kept unless not `keep`.

    `migrations` are SQL scripts; the number of those done is the schema's version
    (`PRAGMA user_version`). WAL with synchronous=FULL: what is committed survives a power cut.
    Raises ConfigError for a file that a newer program wrote, ServiceDown for one that cannot be used, Busy while another program
    brings it up to date.
    """
    with translated(path):
        made(path.parent)
        connection = opened(path, BUSY_SECONDS, new=partial(schema.new, migrations))
        with closed_if_it_fails(connection):
            with unmasked():  # SQLite reads now, so it makes the log, and would let the group write to it a moment later
                connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size={-1024 * cache_mib}")
            _bring_up_to_date(connection, path, migrations, keep)
    return connection


@contextmanager
def closed_if_it_fails(connection: sqlite3.Connection) -> Iterator[None]:
    """Around what is done with a new connection before anybody has it who closes it."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _bring_up_to_date(connection: sqlite3.Connection, path: Path, migrations: Sequence[str], keep: bool) -> None:
    schema.check(connection, path, migrations)
    done = schema.version(connection)
    if done == len(migrations):
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":  # what VACUUM INTO has made, for one
            _use_wal(connection)
        return
    with upgrading(connection, path, len(migrations)) if done and keep else nullcontext():
        with unmasked():
            _use_wal(connection)
        with transaction(connection):
            schema.check(connection, path, migrations)  # another program may have done it meanwhile
            schema.bring_up_to_date(connection, migrations)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Several processes may make a new file at once; SQLite does not wait for a lock when it changes the journal's kind."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def check_place(connection: sqlite3.Connection) -> None:
    """Raise Moved where the file that is open bears its name no more. SQLite, which has a log, goes on in it without a word."""
    if (place := getattr(connection, "place", None)) is None:
        return
    path, opened = place
    try:
        there = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        raise Moved(f"{path} was moved away or removed while it was used: put it, or a copy, there and run again") from None
    if not os.path.samestat(there, opened):
        raise Moved(f"{path} was moved away, and another file is in its place, while it was used: run again with that one")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction: all of it or nothing. Takes the write lock at once, so it never fails half-way.

    Raises Moved, and does nothing, where the file was moved away or replaced since it was opened.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")  # a signal may come as it returns
        check_place(connection)
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        # A COMMIT that fails (the disk is full) leaves the transaction open, too.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system say into one sentence about the file."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise  # a bug of ours, not the file's fault
    except sqlite3.DatabaseError as error:
        raise _told(error, path) from error
    except OSError as error:
        kind = StoreDown if error.errno in FULL_DISK else ServiceDown
        raise kind(f"{path} cannot be used: {trouble(error)}") from error


def damaged(error: sqlite3.Error) -> bool:
    """Does SQLite say that the file is not what it has written?"""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, schema.Damaged) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return True
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith(NO_TEXT)


def _told(error: sqlite3.DatabaseError, path: Path) -> ServiceDown:
    if damaged(error):
        way_out = "move it away with its -wal and -shm, and restore it from a copy if there is one"
        if path.name in CAN_BE_MENDED:
            way_out = f"tw-mend {path}  rebuilds it from what is whole in it"
        return ServiceDown(f"{path} is damaged, or no database of this program ({error}): {way_out}")
    said = str(error)
    if "full" in said or ("I/O" in said and is_full(path.parent)):
        return StoreDown(f"{path} cannot be used: {FULL}")
    if "locked" in said or "busy" in said:
        said = f"another program has held it locked for {BUSY_SECONDS} s; end that program and run again"
    elif "readonly" in said or "unable to open" in said:
        said = _why_not_opened(said, path)
    return ServiceDown(f"{path} cannot be used: {said}")


def _why_not_opened(said: str, path: Path) -> str:
    """SQLite does not tell it apart, but whether more files can be opened can be tried."""
    try:
        with ExitStack() as stack:
            for _ in range(FILES):
                stack.callback(os.close, os.open("/", ENTER))
    except OSError as error:
        return trouble(error)
    why, cure = stuck(path)
    return f"{said}; {why}: {cure}" if why else f"{said}; check that you may write the file and its folder"

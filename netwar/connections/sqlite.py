"""SQLite files that many processes use at once.

No other code opens one, nor its -wal or -shm, by any other way while this process may have it open: closing any handle of a
file drops all the locks that the process holds on it (sqlite.org/howtocorrupt.html, 2.2), and the next program that ends
then believes itself the last one and removes the log that is still in use. What must be copied is copied by SQLite.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from netwar.connections.folders import FULL, is_full, made, trouble
from netwar.connections.sqlite_files import opened
from netwar.errors import ConfigError, ServiceDown

BUSY_SECONDS = 60


def connect(path: Path, migrations: Sequence[str], *, cache_mib: int = 8) -> sqlite3.Connection:
    """Open a file, making it if need be, and bring its schema up to date.

    `migrations` are SQL scripts; the number of those done is the schema's version
    (`PRAGMA user_version`). WAL with synchronous=FULL: what is committed survives a power cut.
    Raises ConfigError for a file that a newer program wrote, ServiceDown for one that cannot be used.
    """
    with translated(path):
        made(path.parent)
        connection = opened(path, BUSY_SECONDS)
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size={-1024 * cache_mib}")
            _migrate(connection, path, migrations)
        except BaseException:
            connection.close()
            raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    if _version(connection) == len(migrations):
        return
    _use_wal(connection)
    with transaction(connection):
        done = _version(connection)
        if done > len(migrations):
            raise ConfigError(
                f"{path} was written by a newer version of this program (schema {done}, known here {len(migrations)}): "
                "update the program, or set `data` in the configuration to another folder"
            )
        for script in migrations[done:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(migrations)}")


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


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: executescript() would commit the transaction around them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction: all of it or nothing. Takes the write lock at once, so it never fails half-way."""
    try:
        connection.execute("BEGIN IMMEDIATE")  # a signal may come as it returns
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
    except sqlite3.OperationalError as error:
        raise ServiceDown(f"{path} cannot be used: {_advice(str(error), path)}") from error
    except sqlite3.DatabaseError as error:
        raise ServiceDown(
            f"{path} cannot be used: {error} (is it a database of this program? restore it from a copy, or move it away)"
        ) from error
    except OSError as error:
        raise ServiceDown(f"{path} cannot be used: {trouble(error)}") from error


def _advice(said: str, path: Path) -> str:
    if "full" in said or ("I/O" in said and is_full(path.parent)):
        return FULL
    if "locked" in said or "busy" in said:
        return f"another program has held it locked for {BUSY_SECONDS} s; end that program and run again"
    if "readonly" in said or "unable to open" in said:
        return f"{said}; check that you may write the file and its folder"
    return said

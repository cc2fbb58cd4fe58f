"""A damaged database rebuilt in its place, out of the rows that can still be read."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import unmasked
from netwar.connections.sqlite import BUSY_SECONDS, connect, damaged, translated
from netwar.connections.sqlite_beside import ENDINGS
from netwar.connections.sqlite_files import opened
from netwar.errors import NetwarError, ServiceDown


@dataclass(frozen=True, slots=True)
class Mended:
    """Where the damaged file stands now, and how many rows each table of the new one has; those of `torn` lack some."""

    aside: Path
    rows: dict[str, int]
    torn: tuple[str, ...]


def mend(path: Path, migrations: Sequence[str], finish: Callable[[sqlite3.Connection, tuple[str, ...]], None]) -> Mended:
    """Rebuild a file out of what is whole in it, and put the damaged one beside it.

    Nobody else may have it open meanwhile: whoever waits for it goes on with the new content, as the file stays the same one.
    `finish` is handed the new content and the tables that lack rows, before it is put in place. Raises ServiceDown while other
    programs use the file, NetwarError if there is none.
    """
    if not path.exists():
        raise NetwarError(f"there is no {path}")
    if not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise ServiceDown(f"{path} cannot be rebuilt: you may not write to it and its folder; run this as whoever may")
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    with translated(path), closing(sqlite3.connect("", isolation_level=None)) as new:
        schema.bring_up_to_date(new, migrations)
        try:
            with closing(opened(path, BUSY_SECONDS)) as old:
                return _mended(old, new, path, aside, finish)
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise
        # Not even its first page can be read, so nobody can be using it.
        finish(new, tuple(_tables(new)))
        _put_aside(path, aside)
        with closing(connect(path, ())) as old:
            old.execute("PRAGMA journal_mode=WAL")
            new.backup(old)
        return Mended(aside, dict.fromkeys(_tables(new), 0), tuple(_tables(new)))


def is_whole(path: Path, migrations: Sequence[str]) -> bool:
    """Whether a file is there with all its tables, and nothing in it is damaged as far as SQLite can tell."""
    if not path.exists():
        return False
    try:
        with translated(path), closing(opened(path, BUSY_SECONDS)) as db, unmasked():
            said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            return said == "ok" and schema.version(db) == len(migrations)
    except ServiceDown as error:
        if isinstance(error.__cause__, sqlite3.Error) and damaged(error.__cause__):
            return False
        raise


def _mended(old: sqlite3.Connection, new: sqlite3.Connection, path: Path, aside: Path, finish: Callable[..., None]) -> Mended:
    with unmasked():
        _lock_out_others(old)
    with closing(opened(aside, BUSY_SECONDS)) as copy:
        old.backup(copy)
    torn = tuple(table for table in _tables(new) if not _copied(old, new, table))
    rows = {table: new.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in _tables(new)}
    finish(new, torn)
    new.backup(old)
    return Mended(aside, rows, torn)


def _lock_out_others(connection: sqlite3.Connection) -> None:
    """Have a file alone until the connection is closed. SQLite does not wait for this lock by itself."""
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    connection.execute("ROLLBACK")  # the lock stays, and nothing can be copied out of a file that is about to be written


def _tables(connection: sqlite3.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]


def _copied(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    """Bring over the rows of a table that can be read, from its beginning and from its end; whether that is all of them."""
    try:
        columns = _columns(new, table)
        shared = [name for name in columns if name in _columns(old, table)]
    except sqlite3.DatabaseError:
        return False
    if not shared:
        return False
    names = ", ".join(f'"{name}"' for name in shared)
    keys = [name for name in shared if columns[name]] or ["rowid"]
    insertion = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(shared))})'
    for direction in ("ASC", "DESC"):
        order = ", ".join(f'"{key}" {direction}' for key in keys)
        try:
            for row in old.execute(f'SELECT {names} FROM "{table}" NOT INDEXED ORDER BY {order}'):
                new.execute(insertion, row)
            return True
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise
    return False


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, bool]:
    """The names of a table's columns, and which of them belong to its key."""
    return {row[1]: bool(row[5]) for row in connection.execute(f'PRAGMA table_info("{table}")')}


def _put_aside(path: Path, aside: Path) -> None:
    for ending in (*ENDINGS, ""):  # whoever is killed between them can do it once more
        file = path.with_name(path.name + ending)
        if file.exists():
            file.rename(aside.with_name(aside.name + ending))

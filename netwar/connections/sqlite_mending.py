"""A damaged database rebuilt in its place, out of the rows that can still be read."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import is_gone, may_write, unmasked
from netwar.connections.sqlite import BUSY_SECONDS, connect, damaged, translated
from netwar.connections.sqlite_beside import ENDINGS
from netwar.connections.sqlite_files import opened
from netwar.errors import NetwarError, ServiceDown

KINDS = {"TEXT": str, "INTEGER": int, "REAL": int}  # a number that is a float is looked at by itself
DAY = "day"  # a column of this name is an ISO date


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
    if is_gone(path):
        raise NetwarError(f"there is no {path}")
    if not _may_write(path):
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
    """Whether a file is there with all its tables, and nothing in it is damaged: as far as SQLite can tell, and each row
    is such as our programs write."""
    if not os.path.exists(path) or not _may_write(path):  # whoever mends it is told then
        return False
    try:
        with translated(path), closing(opened(path, BUSY_SECONDS)) as db, unmasked():
            said = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
            return said == "ok" and schema.version(db) == len(migrations) and _is_readable(db, migrations)
    except ServiceDown as error:
        if isinstance(error.__cause__, sqlite3.Error) and damaged(error.__cause__):
            return False
        raise


def _may_write(path: Path) -> bool:
    return may_write(path) and may_write(path.parent)


def _mended(old: sqlite3.Connection, new: sqlite3.Connection, path: Path, aside: Path, finish: Callable[..., None]) -> Mended:
    with unmasked():
        _lock_out_others(old)
    with closing(opened(aside, BUSY_SECONDS)) as copy:
        old.backup(copy)
    old.text_factory = _text
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
        there = {column.name for column in _columns(old, table)}
    except sqlite3.DatabaseError:
        return False
    shared = [column for column in _columns(new, table) if column.name in there]
    if not shared:
        return False
    insertion = f'INSERT OR IGNORE INTO "{table}" ({_names(shared)}) VALUES ({", ".join("?" * len(shared))})'
    for direction in ("ASC", "DESC"):
        order = ", ".join(f'"{column.name}" {direction}' for column in shared if column.is_key) or f"rowid {direction}"
        try:
            left_out = 0
            for row in old.execute(f'SELECT {_names(shared)} FROM "{table}" NOT INDEXED ORDER BY {order}'):
                left_out += not (_fits(row, shared) and new.execute(insertion, row).rowcount)
            return not left_out
        except sqlite3.DatabaseError as error:
            if not damaged(error):
                raise
    return False


def _is_readable(db: sqlite3.Connection, migrations: Sequence[str]) -> bool:
    """Whether each row of our tables is such as our programs write: a text is the same to SQLite whatever its bytes are."""
    db.text_factory = _text
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        schema.bring_up_to_date(new, migrations)
        tables = {table: _columns(new, table) for table in _tables(new)}
    return all(
        _fits(row, columns) for table, columns in tables.items() for row in db.execute(f'SELECT {_names(columns)} FROM "{table}"')
    )


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of ours: what it is for, whether it may be empty, and whether it is part of the key."""

    name: str
    kind: str
    is_optional: bool
    is_key: bool

    def takes(self, value: object) -> bool:
        """Whether our programs may have written a value."""
        if value is None:
            return self.is_optional
        if isinstance(value, float):
            return self.kind == "REAL" and isfinite(value)
        return isinstance(value, KINDS[self.kind]) and (self.name != DAY or _is_day(str(value)))


def _fits(row: Sequence[object], columns: Sequence[_Column]) -> bool:
    return all(column.takes(value) for column, value in zip(columns, row, strict=True))


def _columns(connection: sqlite3.Connection, table: str) -> list[_Column]:
    rows = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    return [_Column(name, kind, not needed, bool(key)) for _, name, kind, needed, _, key in rows]


def _names(columns: Sequence[_Column]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def _text(raw: bytes) -> str | bytes:
    """A text; its bytes if they are none, which no column of ours takes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _put_aside(path: Path, aside: Path) -> None:
    for ending in (*ENDINGS, ""):  # whoever is killed between them can do it once more
        file = path.with_name(path.name + ending)
        if file.exists():
            file.rename(aside.with_name(aside.name + ending))

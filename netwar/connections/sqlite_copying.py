"""Databases copied while others write to them, and copies looked through."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from netwar.connections import sqlite_schema as schema
from netwar.connections.folders import may_write
from netwar.connections.sqlite import BUSY_SECONDS, translated
from netwar.connections.sqlite_beside import has_log
from netwar.connections.sqlite_files import opened
from netwar.connections.sqlite_looking import still
from netwar.connections.sqlite_new import end_log

SHADOWS = ("_config", "_content", "_data", "_docsize", "_idx")  # of a full text, which follow its table
TABLES = (
    "SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a database: how many scripts it has been through, and the rows of its tables."""

    schema: int
    rows: dict[str, int]


def copy(path: Path, target: Path) -> Content:
    """Copy a database as it stands at one moment into a new file that needs no log, wait for the disk, and look it through.

    One read transaction: writers go on meanwhile, and their log grows. Raises ServiceDown, FileExistsError.
    """
    if os.path.lexists(target):
        raise FileExistsError(target)
    with translated(path), closing(_reading(path)) as source:
        with translated(target):
            with closing(opened(target, BUSY_SECONDS)) as made:
                source.backup(made)
            end_log(target)
        source.execute("PRAGMA user_version").fetchone()  # of one that lies still: has somebody written meanwhile?
    with translated(path):  # what is damaged in the copy is so in the database
        return _looked_through(target)


def check(path: Path) -> Content:
    """Look a copy through that nobody writes to, wherever it lies. Raises ServiceDown for a damaged one."""
    with translated(path):
        return _looked_through(path)


def sound(path: Path) -> str:
    """What `PRAGMA quick_check` says of a database that is in use; "" if it is whole. Raises ServiceDown for one that is none."""
    with translated(path), closing(_reading(path)) as database:
        said = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if said == "ok" else said


def _reading(path: Path) -> sqlite3.Connection:
    """What hinders that is told here, of this file and not of its copy. One that may not be written is read as one that lies
    still, unless a log lies beside it."""
    writable = may_write(path) and may_write(path.parent)
    if not (writable or has_log(path)) and (lying := still(path)) is not None:
        return lying
    connection = opened(path, BUSY_SECONDS, "mode=rw" if writable else "mode=ro")
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if writable or (lying := still(path)) is None:
            raise
        return lying
    except BaseException:
        connection.close()
        raise
    return connection


def _looked_through(path: Path) -> Content:
    with closing(opened(path, BUSY_SECONDS, "mode=ro&immutable=1")) as database:
        schema.check_whole(database)
        return _content(database)


def _content(database: sqlite3.Connection) -> Content:
    found = database.execute(TABLES).fetchall()
    texts = [name for name, virtual in found if virtual]
    tables = [name for name, virtual in found if not virtual and not _shadow(name, texts)]
    return Content(schema.version(database), {name: _rows(database, name) for name in sorted(tables)})


def _shadow(name: str, texts: Sequence[str]) -> bool:
    return any(name == f"{text}{ending}" for text in texts for ending in SHADOWS)


def _rows(database: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    return int(database.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0])

"""The tables of a database: made and brought up to date by scripts, and held against what the scripts would make."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Any

from netwar.connections.sqlite_new import with_log
from netwar.errors import ConfigError

LIST = "SELECT name, type, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


class Damaged(sqlite3.DatabaseError):
    """Not what SQLite has written, though it can still be read in parts."""


def version(connection: sqlite3.Connection) -> int:
    """How many scripts a file has been through."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    """Raise ConfigError for a file whose layout a newer program made, or somebody else.

    What stands there as ours must be ours, to the letter, and there may be no trigger but ours: in a folder that others may write
    to, a view in the place of a table, or a trigger, would do what they like with our rights. Tables, views and indices
    that people have added are left alone: nothing of ours asks for them.
    """
    done, found = _state(connection)
    if done > len(migrations):
        raise ConfigError(
            f"{path} was written by a newer version of this program (schema {done}, known here {len(migrations)}): "
            "update the program, or set `data` in the configuration to another folder"
        )
    ours = _made_by(tuple(migrations[:done]))[0]
    strange = {name for name, (kind, _) in found.items() if kind == "trigger" and name not in ours}
    strange |= {name for name, made in ours.items() if name in found and found[name] != made}
    if strange:
        named = ", ".join(sorted(ascii(name) for name in strange)[:5])
        raise ConfigError(
            f"{path} holds what is not of this program ({named}): nothing in it is run; see who may write to its folder, "
            "move it away with its -wal and -shm, and restore it from a copy"
        )


def check_whole(connection: sqlite3.Connection) -> None:
    """What is damaged is told before anything is built upon it. Raises Damaged."""
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise Damaged(said)


def bring_up_to_date(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    """Run the scripts that a file has not been through yet, as part of the caller's transaction."""
    for script in migrations[version(connection) :]:
        for statement in _statements(script):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(migrations)}")


def new(migrations: Sequence[str]) -> bytes:
    """What a file holds that has been through all scripts, and where nothing was put since."""
    return _made_by(tuple(migrations))[1]


@lru_cache(maxsize=16)
def _made_by(scripts: tuple[str, ...]) -> tuple[dict[str, tuple[str, str]], bytes]:
    """What the scripts make: what there is then, and a file of it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as scratch:
        bring_up_to_date(scratch, scripts)
        return _named(scratch), with_log(scratch.serialize())


def _state(connection: sqlite3.Connection) -> tuple[int, dict[str, tuple[str, str]]]:
    """The version of a file and what there is in it, both of the same moment."""
    if connection.in_transaction:
        return version(connection), _named(connection)
    connection.execute("BEGIN")
    try:
        return version(connection), _named(connection)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _named(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """What there is, by name: its kind, and its text but for the tables of a full text, which SQLite words as it likes."""
    rows = connection.execute(LIST).fetchall()
    words = tuple(f"{name.lower()}_" for name, _, text in rows if text.startswith("CREATE VIRTUAL TABLE"))
    return {
        name.lower(): (kind, "" if words and kind == "table" and name.lower().startswith(words) else text)
        for name, kind, text in rows
    }


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: executescript() would commit the transaction around them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def kept(row: Sequence[Any], *kinds: type) -> Sequence[Any]:
    """A row, each value of the kind that its column is for: SQLite takes any. Raises Damaged for what another program wrote."""
    for value, kind in zip(row, kinds, strict=True):
        fits = isinstance(value, int | float) and isfinite(value) if kind is float else isinstance(value, kind)
        if not fits:
            raise Damaged(f"a row has {str(value)[:40]!r} where a number or a text of ours belongs")
    return row

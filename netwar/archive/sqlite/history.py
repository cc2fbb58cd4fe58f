"""What profiles said before: a row for each change, with the values that it replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import orjson

from netwar.archive.base import Body, NameHolder, ProfileChange, Version
from netwar.archive.name_holders import order_holders
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.packing import Packer
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.versions import replacing, versions
from netwar.archive.winning import TIME
from netwar.records.documents import Document
from netwar.records.ids import number

ROW = ", ".join((*PROFILES.columns, "document"))
VERSION = PROFILES.columns.index("version")
SEEN = f"version & {TIME}"
# The answers to audits are one row of JSON: SQLite makes it on one processor while Python works on another.
WHO = f"""
    SELECT json_group_array(json_array(CAST(id AS TEXT), username, {SEEN},
        EXISTS (SELECT 1 FROM profile AS other WHERE other.username = profile.username COLLATE NOCASE
            AND other.id <> profile.id AND other.{SEEN} > profile.{SEEN})
        OR EXISTS (SELECT 1 FROM profile_past WHERE username = profile.username COLLATE NOCASE
            AND user <> profile.id AND seen > profile.{SEEN})))
    FROM profile WHERE id IN (SELECT value FROM json_each(?))
"""
INSERT = "INSERT OR IGNORE INTO profile_past (user, until, seen, fields) VALUES (?, ?, ?, ?)"
LIST = "SELECT user, until, seen, fields FROM profile_past WHERE (user, until) > (?, ?) ORDER BY user, until LIMIT 1000"
NOW = f"""
    SELECT json_group_array(json_array(asked.value, CAST(profile.id AS TEXT), username, {SEEN})) FROM json_each(?) AS asked
    CROSS JOIN profile ON username = asked.value COLLATE NOCASE
"""
THEN = """
    SELECT json_group_array(json_array(asked.value, CAST(user AS TEXT), username, seen, until)) FROM json_each(?) AS asked
    CROSS JOIN profile_past ON username = asked.value COLLATE NOCASE
"""


def keep(connection: sqlite3.Connection, packer: Packer, documents: Sequence[Document]) -> None:
    """Write down what these newer profiles replace, before they are stored, inside the caller's transaction."""
    known = _kept(connection, packer, {int(document.id) for document in documents})
    _insert(connection, replacing(documents, known))


def _insert(connection: sqlite3.Connection, changes: Iterable[ProfileChange]) -> None:
    rows = [(int(one.user), one.until, one.seen, orjson.dumps(one.fields).decode()) for one in changes]
    connection.executemany(INSERT, rows)


def _kept(connection: sqlite3.Connection, packer: Packer, users: Iterable[int]) -> dict[str, tuple[Body, int]]:
    """The profiles of these users, and when X showed them (ms)."""
    wanted = orjson.dumps(list(users)).decode()
    rows = connection.execute(f"SELECT {ROW} FROM profile WHERE id IN (SELECT value FROM json_each(?))", (wanted,))
    return {str(row[0]): (_body(packer, row), row[VERSION] & TIME) for row in rows}


def _body(packer: Packer, row: Any) -> Body:
    body = packer.unpack(row[-1])
    PROFILES.restore(body, tuple(row))
    return body


def history(file: ArchiveFile, user: str) -> list[Version]:
    """See Documents.history."""
    rows = file.rows(f"SELECT {ROW} FROM profile WHERE id = ?", (number(user),))
    if not rows:
        return []
    past = file.rows("SELECT until, fields FROM profile_past WHERE user = ? ORDER BY until DESC", (number(user),))
    return versions(_body(file.packer, rows[0]), ((until, orjson.loads(fields)) for until, fields in past))


def changes(file: ArchiveFile) -> Iterator[ProfileChange]:
    """See Documents.changes."""
    last = (-1, -1)
    while rows := file.rows(LIST, last):
        yield from (ProfileChange(str(user), until, seen, orjson.loads(fields)) for user, until, seen, fields in rows)
        last = rows[-1][:2]


def keep_changes(file: ArchiveFile, changes: Sequence[ProfileChange]) -> None:
    """See Documents.keep_changes."""
    with file.writing() as connection:
        _insert(connection, changes)


def profiles(file: ArchiveFile, ids: Sequence[str]) -> dict[str, NameHolder]:
    """See Documents.profiles."""
    wanted = sorted(one for one in map(number, ids) if one is not None)
    told = _answers(file, WHO, wanted)
    return {id: NameHolder(id, name or "", seen, seen if passed_on else None) for id, name, seen, passed_on in told}


def name_holders(file: ArchiveFile, names: Sequence[str]) -> dict[str, list[NameHolder]]:
    """See Documents.name_holders. Sorted names walk the index from left to right, which is a fifth quicker."""
    wanted = sorted({name.lower() for name in names})
    found: dict[str, list[NameHolder]] = {}
    for name, *bearer in chain(_answers(file, NOW, wanted), _answers(file, THEN, wanted)):
        found.setdefault(name, []).append(NameHolder(*bearer))
    return {name: order_holders(bore) if len(bore) > 1 else bore for name, bore in found.items()}


def _answers(file: ArchiveFile, sql: str, wanted: Sequence[int | str]) -> list[Any]:
    [[told]] = file.rows(sql, (orjson.dumps(wanted).decode(),))
    answers: list[Any] = orjson.loads(told)
    return answers

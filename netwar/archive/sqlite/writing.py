"""Documents into their table: who wins is decided by the version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from netwar.archive.base import Tally
from netwar.archive.sqlite.columns import Kind, Row, number, via
from netwar.archive.sqlite.deadletters import Refused
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.lifting import lift
from netwar.records.documents import Document

LAST = ("version", "via", "document")


@dataclass(frozen=True, slots=True)
class Ready:
    """A document ready to be stored: its id, its version, and the row without its key."""

    id: int
    version: int
    row: Row


@dataclass(slots=True)
class Batch:
    """Documents of one kind for one file, and what was refused of them."""

    file: ArchiveFile
    kind: Kind
    ready: list[Ready] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    old: int = 0

    def prepare(self, documents: Sequence[Document]) -> None:
        """Make rows, before the write lock is taken, of what is newer than what the file has now."""
        numbers = [number(document.id) for document in documents]
        known = versions(self.file.rows, self.kind, [one for one in numbers if one is not None])
        for document, id in zip(documents, numbers, strict=True):
            try:
                if id is not None and known.get(id, -1) >= document.version:
                    self.old += 1
                else:
                    self.ready.append(self._made(document, id))
            except (TypeError, ValueError, AttributeError, OverflowError) as error:
                self.refused.append(Refused(document, str(error) or type(error).__name__))

    def _made(self, document: Document, id: int | None) -> Ready:
        body = document.body
        if id is None:
            raise ValueError("its id is not one of X's numbers")
        if str(body.get("id", document.id)) != document.id:
            raise ValueError("its id is not the one inside")
        row = self.kind.row(body, id)
        frame = self.file.packer.pack(self.kind.table, lift(self.kind, body, row, document.retrieved))
        return Ready(id, document.version, (*row, document.version, via(document), frame))

    def store(self, connection: sqlite3.Connection) -> Tally:
        """Write the rows whose version is still higher, inside the caller's transaction."""
        known = versions(
            lambda sql, values: connection.execute(sql, values).fetchall(), self.kind, [one.id for one in self.ready]
        )
        new: dict[int, Row] = {}
        newer: dict[int, Row] = {}
        created = updated = 0
        for one in self.ready:
            before = known.get(one.id)
            if before is None:
                created += 1
                new[one.id] = one.row
            elif one.version > before:
                updated += 1
                (new if one.id in new else newer)[one.id] = one.row
            else:
                continue
            known[one.id] = one.version
        if new or newer:
            self.file.packer.keep_dictionary(connection)
            self._update(connection, newer)
            self._insert(connection, new)
        return Tally(created, updated, self.old + len(self.ready) - created - updated)

    def _insert(self, connection: sqlite3.Connection, rows: dict[int, Row]) -> None:
        """New rows and their words, in the order of ids, so that each index is walked from left to right."""
        table, names = self.kind.table, ("key", *self.kind.columns, *LAST)
        marks = ", ".join("?" * len(names))
        first = connection.execute(f"SELECT coalesce(max(key), 0) + 1 FROM {table}").fetchone()[0]
        keyed = list(enumerate((rows[id] for id in sorted(rows)), first))
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", [(key, *row) for key, row in keyed])
        names = ("rowid", *self.kind.spoken)
        marks = ", ".join("?" * len(names))
        words = [(key, *self.kind.words(row)) for key, row in keyed]
        connection.executemany(f"INSERT INTO {table}_words ({', '.join(names)}) VALUES ({marks})", words)

    def _update(self, connection: sqlite3.Connection, rows: dict[int, Row]) -> None:
        marks = ", ".join(f"{name} = ?" for name in (*self.kind.columns, *LAST))
        connection.executemany(f"UPDATE {self.kind.table} SET {marks} WHERE id = ?", [(*rows[id], id) for id in sorted(rows)])


def versions(rows: Callable[[str, Sequence[Any]], list[Any]], kind: Kind, ids: Iterable[int]) -> dict[int, int]:
    """The versions kept of these ids."""
    wanted = orjson.dumps(list(ids)).decode()
    return dict(rows(f"SELECT id, version FROM {kind.table} WHERE id IN (SELECT value FROM json_each(?))", (wanted,)))

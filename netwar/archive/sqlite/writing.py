"""Documents into their table: who wins is decided by the version (see `archive.winning`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from netwar.archive.base import Tally
from netwar.archive.deadletters import Refused
from netwar.archive.incoming import UNSTORABLE, checked, refused
from netwar.archive.sqlite import fulltext, history, outbox
from netwar.archive.sqlite.columns import Kind, Row
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.winning import XTime, unknown, wins
from netwar.records.documents import Document
from netwar.records.ids import number

KEPT = ("document", "words")  # the columns after those of the kind
# The next key: also behind those that the renewal of the full text has still to read, though their rows may be gone.
NEXT = "SELECT 1 + max(coalesce(max(key), 0), coalesce((SELECT upto FROM renewal WHERE name = ?), 0)) FROM {table}"


@dataclass(slots=True)
class Batch:
    """Documents of one kind for one file as rows ready to be stored, and what was refused of them."""

    file: ArchiveFile
    kind: Kind
    now: XTime = unknown
    ready: list[Row] = field(default_factory=list)
    newer: list[Document] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    old: int = 0

    def prepare(self, documents: Sequence[Document]) -> None:
        """Make rows, before the write lock is taken, of what is newer than what the file has now."""
        numbers = [number(document.id) for document in documents]
        known = versions(self.file.rows, self.kind, [one for one in numbers if one is not None])
        for document, id in zip(documents, numbers, strict=True):
            try:
                if id is not None and not wins(document.version, known.get(id), self.now):
                    self.old += 1
                else:
                    self.ready.append(self._made(document))
                    self.newer.append(document)
            except UNSTORABLE as error:
                self.refused.append(refused(document, error))

    def _made(self, document: Document) -> Row:
        row, lifted = self.kind.take(document.body, checked(document), document.version)
        return (*row, self.file.packer.pack(lifted), fulltext.words(self.kind.spoken(row)))

    def store(self, connection: sqlite3.Connection, fed: str = "") -> Tally:
        """Write the rows that still win, inside the caller's transaction, and make them due in the outbox under the index
        that is `fed` to a graph."""

        def rows(sql: str, values: Sequence[Any]) -> list[Any]:
            return connection.execute(sql, values).fetchall()

        known = versions(rows, self.kind, [row[0] for row in self.ready])
        place = self.kind.columns.index("version")
        new: dict[int, Row] = {}
        newer: dict[int, Row] = {}
        accepted: list[Document] = []
        created = updated = 0
        for row, document in zip(self.ready, self.newer, strict=True):
            id, version = row[0], row[place]
            before = known.get(id)
            if before is None:
                created += 1
                new[id] = row
            elif wins(version, before, self.now):
                updated += 1
                (new if id in new else newer)[id] = row
            else:
                continue
            known[id] = version
            accepted.append(document)
        if new or newer:
            self.file.packer.keep_dictionary(connection)
            if self.kind is PROFILES:
                history.keep(connection, self.file.packer, accepted)
            self._update(connection, [newer[id] for id in sorted(newer)])
            self._insert(connection, [new[id] for id in sorted(new)])
        if fed:
            outbox.put(connection, fed, sorted(new), fresh=True)
            outbox.put(connection, fed, sorted(newer), fresh=False)
        return Tally(created, updated, self.old + len(self.ready) - created - updated)

    def _insert(self, connection: sqlite3.Connection, rows: list[Row]) -> None:
        """New rows and their words, in the order of ids, so that each index is walked from left to right."""
        table = self.kind.table
        first = connection.execute(NEXT.format(table=table), (table,)).fetchone()[0]
        names = ("key", *self.kind.columns, *KEPT)
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        connection.executemany(sql, [(key, *row) for key, row in enumerate(rows, first)])
        fulltext.add(connection, table, first, first + len(rows) - 1)

    def _update(self, connection: sqlite3.Connection, rows: list[Row]) -> None:
        changes = ", ".join(f"{name} = ?" for name in (*self.kind.columns, *KEPT))
        connection.executemany(f"UPDATE {self.kind.table} SET {changes} WHERE id = ?", [(*row, row[0]) for row in rows])


def versions(rows: Callable[[str, Sequence[Any]], list[Any]], kind: Kind, ids: Iterable[int]) -> dict[int, int]:
    """The versions kept of these ids."""
    wanted = orjson.dumps(list(ids)).decode()
    return dict(rows(f"SELECT id, version FROM {kind.table} WHERE id IN (SELECT value FROM json_each(?))", (wanted,)))

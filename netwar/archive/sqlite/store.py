"""The embedded archive: one SQLite file a name, used by many processes at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from netwar.archive import deadletters
from netwar.archive.base import EVERYTHING, Body, Extent, NameHolder, ProfileChange, Tally, Version, Within
from netwar.archive.incoming import by_index
from netwar.archive.marks import Mark
from netwar.archive.missing import missing
from netwar.archive.sqlite import history, renewal
from netwar.archive.sqlite.extent import extent
from netwar.archive.sqlite.file import ArchiveFile, place
from netwar.archive.sqlite.files import Files
from netwar.archive.sqlite.ledger import SqliteLedger, apply
from netwar.archive.sqlite.outbox import SqliteOutbox
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.reading import DocumentTable, Whose
from netwar.archive.sqlite.tweets import TWEETS
from netwar.archive.sqlite.writing import Batch
from netwar.archive.winning import XTime, unknown
from netwar.errors import NetwarError
from netwar.records.documents import USERTEST, Document, IndexName
from netwar.records.ids import number
from netwar.records.text_query import question

log = logging.getLogger("netwar.archive")


class SqliteArchive(SqliteLedger):
    """Fills the contract `netwar.archive.base.Archive`.

    `folder` holds NAME.sqlite with `twNAME`, `tuNAME` and their ledger. Files are opened on first use, and
    made by the first write only. `dead_letters` is the file for documents that cannot be stored, `now` tells X's time. Who
    `looks` needs no right to write, who is `modest` keeps little of files in memory. With `feeds` it has an outbox, in each file.
    """

    joint = False  # each name is a file, and waits for the disk

    def __init__(
        self,
        folder: Path,
        dead_letters: Path,
        now: XTime = unknown,
        *,
        looks: bool = False,
        feeds: bool = False,
        modest: bool = False,
    ) -> None:
        super().__init__(Files(folder, looks, modest))
        self.outbox = SqliteOutbox(self._files) if feeds else None
        self.dead_letters = dead_letters
        self._now = now

    def ready(self, index: str) -> None:
        place(index)

    def touch(self, indices: Sequence[str]) -> list[str]:
        """See Documents.touch. Indices of one name are one file."""
        missing = [index for index in indices if self._files.there(index) is None]
        for index in missing:
            self._files.made(index)
        return missing

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        """See Documents.write. What is of one name is one file and one transaction; those with marks come last."""
        marked = [(self._files.made(mark.index), mark) for mark in marks]
        sorted_out, strays = by_index(documents)
        batches = list(self._batches(sorted_out))
        refused = strays + [one for _, batch in batches for one in batch.refused]
        if refused:
            deadletters.keep(self.dead_letters, refused)
        last = {file.path: file for file, _ in marked}
        first = {batch.file.path: batch.file for _, batch in batches if batch.file.path not in last}
        tally = Tally(rejected=len(refused))
        for file in (*first.values(), *last.values()):
            with file.writing() as connection:
                for index, batch in batches:
                    tally += batch.store(connection, self._fed(index)) if batch.file is file else Tally()
                apply(connection, [mark for its, mark in marked if its is file])
        return tally

    def get(self, index: str, ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Body]:
        shelf = self._shelf(index)
        return shelf.get(ids, fields) if shelf else {}

    def missing(self, index: str, field: str, values: Sequence[str]) -> list[str]:
        return missing(self._shelf(index), field, values)

    def profiles(self, index: str, ids: Sequence[str]) -> dict[str, NameHolder]:
        file = self._with_profiles(index)
        return history.profiles(file, ids) if file else {}

    def name_holders(self, index: str, names: Sequence[str]) -> dict[str, list[NameHolder]]:
        file = self._with_profiles(index)
        return history.name_holders(file, names) if file else {}

    def history(self, index: str, user: str) -> list[Version]:
        file = self._with_profiles(index)
        return history.history(file, user) if file else []

    def changes(self, index: str) -> Iterator[ProfileChange]:
        file = self._with_profiles(index)
        if file:
            yield from history.changes(file)

    def keep_changes(self, index: str, changes: Sequence[ProfileChange]) -> None:
        self._with_profiles(index)
        history.keep_changes(self._files.made(index), changes)

    def find(self, index: str, within: Within = EVERYTHING, limit: int | None = None) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.find(_whose(index, within), within, limit)

    def search(self, index: str, words: str, limit: int | None = None) -> Iterator[Body]:
        asked, file = question(words), self._files.there(index)
        if asked and file:
            renewal.renew(file)
            yield from DocumentTable(file, place(index)[1]).search(asked, limit)

    def count(self, index: str) -> int:
        shelf = self._shelf(index)
        return shelf.count() if shelf else 0

    def extent(self, name: str) -> Extent:
        file = self._files.there(IndexName(name).users)
        return extent(file) if file else Extent(0, 0, 0)

    def scan(self, index: str, after: str | None = None, *, gone: bool = False) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.scan(after, gone)

    def forget(self, index: str, ids: Sequence[str]) -> int:
        shelf = self._shelf(index)
        return shelf.forget(ids, self._fed(index)) if shelf else 0

    def indices(self, among: Sequence[str] | None = None, left_out: dict[str, NetwarError] | None = None) -> list[str]:
        if among is not None:
            there = [index for name in {place(one)[0] for one in among} for index in self._indices_of(name)]
            return sorted(set(there) & set(among))
        found: list[str] = []
        for name in self._files.names():
            try:
                found += self._indices_of(name)
            except NetwarError as error:
                if left_out is None:
                    log.warning("left out: %s", error)
                else:
                    left_out[name] = error
        return sorted(found)

    def close(self) -> None:
        self._files.close()

    def _batches(self, documents: Mapping[str, Sequence[Document]]) -> Iterator[tuple[str, Batch]]:
        """Documents by index, ready to be stored."""
        for index, mine in documents.items():
            batch = Batch(self._files.made(index), place(index)[1], self._now)
            batch.prepare(mine)
            yield index, batch

    def _fed(self, index: str) -> str:
        """The index, if its documents are due for a graph; else nothing."""
        return index if self.outbox and index != USERTEST else ""

    def _indices_of(self, name: str) -> Iterator[str]:
        for index in IndexName(name).indices:
            file = self._files.there(index)
            table = place(index)[1].table
            sql = f"SELECT EXISTS (SELECT 1 FROM {table}) OR EXISTS (SELECT 1 FROM ledger WHERE archive_index = ?)"
            if file and file.rows(sql, (index,))[0][0]:
                yield index

    def _with_profiles(self, index: str) -> ArchiveFile | None:
        """The file of an index of users. Raises ValueError for another one."""
        if place(index)[1] is not PROFILES:
            raise ValueError(f"{index} is no index of users")
        return self._files.there(index)

    def _shelf(self, index: str) -> DocumentTable | None:
        file = self._files.there(index)
        return DocumentTable(file, place(index)[1]) if file else None


def _whose(index: str, within: Within) -> Whose:
    """The rows of a user. A tweet knows its author's id; names come from profiles and the ledger, old ones too."""
    kind, name = place(index)[1], within.name
    conditions: list[str] = []
    values: list[int | str | None] = []
    if within.user is not None:
        conditions.append("user = ?" if kind is TWEETS else "id = ?")
        values.append(number(within.user))
    if name is not None and kind is PROFILES:
        conditions.append("username = ? COLLATE NOCASE")
        values.append(name)
    elif name is not None:
        conditions.append(
            "user IN (SELECT id FROM profile WHERE username = ? COLLATE NOCASE "
            "UNION SELECT CAST(user AS INTEGER) FROM ledger_name WHERE archive_index = ? AND name = ?) "
            "OR name = ? COLLATE NOCASE"
        )
        values += [name, index, name, name]
    return Whose(" AND ".join(f"({one})" for one in conditions), tuple(values))

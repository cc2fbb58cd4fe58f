"""The embedded archive: one SQLite file a name, used by many processes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock

from netwar.archive.base import Body, Cover, Tally
from netwar.archive.sqlite import deadletters, ledger
from netwar.archive.sqlite.columns import number
from netwar.archive.sqlite.deadletters import Refused
from netwar.archive.sqlite.file import USERTEST, ArchiveFile, place
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.queries import question
from netwar.archive.sqlite.reading import Shelf, Whose
from netwar.archive.sqlite.tweets import TWEETS
from netwar.archive.sqlite.writing import Batch
from netwar.connections.sqlite import translated
from netwar.coverage import Record
from netwar.records.documents import INDEX_NAME, Document


class SqliteArchive:
    """Fills the contract `netwar.archive.base.Archive`.

    `folder` holds NAME.sqlite with `twNAME`, `tuNAME` and their ledger. Files are opened on first use, and
    made by the first write only. `dead_letters` is the file for documents that cannot be stored.
    """

    def __init__(self, folder: Path, dead_letters: Path) -> None:
        self.folder = folder
        self.dead_letters = dead_letters
        self._files: dict[str, ArchiveFile] = {}
        self._opening = Lock()

    def write(self, documents: Sequence[Document], cover: Cover | None = None) -> Tally:
        """See Documents.write. The documents of the cover's file and the cover are one transaction, the last one."""
        batches, strays = self._sorted_out(documents)
        last = self._made(cover.index) if cover else None
        refused = strays + [one for batch in batches for one in batch.refused]
        if refused:
            deadletters.keep(self.dead_letters, refused)
        files = {batch.file.path: batch.file for batch in batches} | ({last.path: last} if last else {})
        tally = Tally(rejected=len(refused))
        for file in sorted(files.values(), key=lambda one: one is last):
            mine = [batch for batch in batches if batch.file is file]
            with file.writing() as connection:
                for batch in mine:
                    tally += batch.store(connection)
                if cover and file is last:
                    ledger.change(connection, cover.index, cover.user, cover.apply)
        return tally

    def get(self, index: str, ids: Sequence[str]) -> dict[str, Body]:
        shelf = self._shelf(index)
        return shelf.get(ids) if shelf else {}

    def missing(self, index: str, field: str, values: Sequence[str]) -> list[str]:
        if field not in ("id", "username"):
            raise ValueError(f"missing() knows the fields id and username, not {field!r}")
        shelf = self._shelf(index)
        if shelf is None:
            return list(values)
        if field == "id":
            known = shelf.known_ids(values)
            return [value for value in values if value not in known]
        known = shelf.known_names(values)
        return [value for value in values if value.lower() not in known]

    def find(
        self,
        index: str,
        *,
        user: str | None = None,
        name: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int | None = None,
    ) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.find(_whose(index, user, name), since, until, limit)

    def search(self, index: str, words: str, limit: int | None = None) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.search(question(words), limit)

    def count(self, index: str) -> int:
        shelf = self._shelf(index)
        return shelf.count() if shelf else 0

    def scan(self, index: str) -> Iterator[Body]:
        shelf = self._shelf(index)
        if shelf:
            yield from shelf.scan()

    def forget(self, index: str, ids: Sequence[str]) -> int:
        shelf = self._shelf(index)
        return shelf.forget(ids) if shelf else 0

    def indices(self) -> list[str]:
        with translated(self.folder):
            names = [path.stem for path in self.folder.glob("*.sqlite") if INDEX_NAME.fullmatch(path.stem)]
        return sorted(index for name in names for index in self._indices_of(name))

    def record(self, index: str, user: str) -> Record:
        file = self._there(index)
        rows = (
            file.rows(f"SELECT {ledger.COLUMNS} FROM ledger WHERE archive_index = ? AND user = ?", (index, user)) if file else []
        )
        return ledger.record(rows[0]) if rows else Record(user)

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        with self._made(index).writing() as connection:
            return ledger.change(connection, index, user, change)

    def records(self, index: str) -> Iterator[Record]:
        file = self._there(index)
        sql = f"SELECT {ledger.COLUMNS} FROM ledger WHERE archive_index = ? AND user > ? ORDER BY user LIMIT 1000"
        last = ""
        while file and (rows := file.rows(sql, (index, last))):
            yield from map(ledger.record, rows)
            last = rows[-1][0]

    def by_name(self, index: str, name: str) -> list[Record]:
        file = self._there(index)
        wanted = "SELECT user FROM ledger_name WHERE archive_index = ?1 AND name = ?2"
        sql = f"SELECT {ledger.COLUMNS} FROM ledger WHERE archive_index = ?1 AND user IN ({wanted}) ORDER BY user"
        return [ledger.record(row) for row in file.rows(sql, (index, name))] if file else []

    def close(self) -> None:
        while self._files:
            self._files.popitem()[1].close()

    def _sorted_out(self, documents: Sequence[Document]) -> tuple[list[Batch], list[Refused]]:
        """Documents by file and kind, ready to be stored, and those whose index is none."""
        by_index: dict[str, list[Document]] = {}
        for document in documents:
            by_index.setdefault(document.index, []).append(document)
        batches, strays = [], []
        for index, mine in by_index.items():
            try:
                _, kind = place(index)
            except ValueError as error:
                strays += [Refused(document, str(error)) for document in mine]
                continue
            batches.append(Batch(self._made(index), kind))
            batches[-1].prepare(mine)
        return batches, strays

    def _indices_of(self, name: str) -> Iterator[str]:
        places = ((USERTEST, PROFILES),) if name == USERTEST else ((f"tw{name}", TWEETS), (f"tu{name}", PROFILES))
        for index, kind in places:
            file = self._there(index)
            sql = f"SELECT EXISTS (SELECT 1 FROM {kind.table}) OR EXISTS (SELECT 1 FROM ledger WHERE archive_index = ?)"
            if file and file.rows(sql, (index,))[0][0]:
                yield index

    def _shelf(self, index: str) -> Shelf | None:
        file = self._there(index)
        return Shelf(file, place(index)[1]) if file else None

    def _there(self, index: str) -> ArchiveFile | None:
        """The file of an index, if there is one."""
        name, _ = place(index)
        with translated(self.folder):
            known = name in self._files or self._path(name).exists()
        return self._made(index) if known else None

    def _made(self, index: str) -> ArchiveFile:
        """The file of an index, made if need be."""
        name, _ = place(index)
        with self._opening:
            if name not in self._files:
                self._files[name] = ArchiveFile(self._path(name))
            return self._files[name]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite"


def _whose(index: str, user: str | None, name: str | None) -> Whose:
    """The rows of a user. A tweet knows its author's id; names come from profiles and the ledger, old ones too."""
    _, kind = place(index)
    conditions: list[str] = []
    values: list[int | str | None] = []
    if user is not None:
        conditions.append("user = ?" if kind is TWEETS else "id = ?")
        values.append(number(user))
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

"""The files of the embedded archive: opened on first use, made by the first write only."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from netwar.archive.sqlite import renewal
from netwar.archive.sqlite.file import ArchiveFile, place
from netwar.connections.sqlite import translated
from netwar.connections.sqlite_beside import check_nothing_left, is_left
from netwar.records.documents import INDEX_NAME


class Files:
    """NAME.sqlite in `folder`, for each name that has been recorded into."""

    def __init__(self, folder: Path, looks: bool = False, modest: bool = False) -> None:
        self.folder = folder
        self._how = (looks, modest)
        self._open: dict[str, ArchiveFile] = {}
        self._opening = Lock()

    def there(self, index: str) -> ArchiveFile | None:
        """The file of an index, if there is one.

        Raises ValueError for what names no index, and ServiceDown for one of which only a log is left.
        """
        name, _ = place(index)
        with translated(self.folder):
            if name not in self._open and not self._path(name).exists():
                check_nothing_left(self._path(name))
                return None
        return self._handed_out(name)

    def made(self, index: str) -> ArchiveFile:
        """The file of an index, made if need be. Raises ValueError for what names no index.

        One that was moved away while it was open is written no more: Moved. While nothing is in its place it is not made anew, as
        somebody is about to put it there; else whoever was told so finds what is there now.
        """
        return self._handed_out(place(index)[0])

    def _handed_out(self, name: str) -> ArchiveFile:
        with self._opening, translated(self.folder):
            if (known := self._open.get(name)) and known.is_replaced():
                self._open.pop(name).close()
            if name not in self._open:
                self._open[name] = ArchiveFile(self._path(name), *self._how)
                renewal.tidy(self._open[name])
            return self._open[name]

    def names(self) -> list[str]:
        """The names of all files there are, or of which a log is left. A folder that may not be looked into is told: a glob would
        find nothing there."""
        with translated(self.folder):
            try:
                found = [self.folder / name for name in os.listdir(self.folder)]
            except FileNotFoundError:
                return []
            return sorted({path.stem for path in found if _is_of_an_archive(path) and INDEX_NAME.fullmatch(path.stem)})

    def close(self) -> None:
        """Let go of all files."""
        while self._open:
            self._open.popitem()[1].close()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite"


def _is_of_an_archive(path: Path) -> bool:
    return path.suffix == ".sqlite" or (path.suffix.startswith(".sqlite") and is_left(path))

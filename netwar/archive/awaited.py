"""An archive that may be away when a run begins: it is opened as soon as it can be, and where it has taken something is known.

Whoever pays for what cannot be asked for again, as a stream does, need not wait for it: what comes is put by on disk. But only
for indices that it is known to take: into another one it might never go.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from netwar.archive.base import Tally
from netwar.connections.folders import existing, made, opened, trouble
from netwar.records.documents import Document

if TYPE_CHECKING:
    from netwar.archive.base import Archive
    from netwar.archive.marks import Mark

log = logging.getLogger("netwar.archive")


class Taken:
    """The indices that an archive at one place (`where`) has taken documents of: a small file each in `folder`."""

    def __init__(self, folder: Path, where: str) -> None:
        self._folder, self._where = folder, where
        self._known: set[str] = set()

    def __contains__(self, index: str) -> bool:
        with suppress(OSError), os.fdopen(existing(self._folder / index), "rb") as file:
            return file.read(4_096).decode(errors="replace") == self._where
        return False

    def add(self, indices: Collection[str]) -> None:
        """Keep that it takes documents of these, where that is not known yet; a disk that has no room for that ends nothing."""
        for index in {*indices} - self._known:
            self._known.add(index)
            try:
                with os.fdopen(opened(made(self._folder) / index, os.O_RDWR), "r+b") as file:
                    file.truncate(file.write(self._where.encode()))
            except OSError as error:
                log.info("that %s takes %s is not kept: %s", self._where, index, trouble(error))


class Awaited:
    """Fills the contract `netwar.archive.base.Archive` by what `open` opens: every method raises what that raises, until it does
    not."""

    def __init__(self, open: Callable[[], Archive], taken: Taken | None) -> None:
        self._open, self._taken = open, taken
        self._opened: Archive | None = None
        self._turn = Lock()

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        """See Documents.write."""
        tally = self._archive().write(documents, marks)
        if self._taken:
            self._taken.add({document.index for document in documents})
        return tally

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive(), name)

    def _archive(self) -> Archive:
        with self._turn:  # threads do not open it side by side
            self._opened = self._opened or self._open()
            return self._opened


def awaited(open: Callable[[], Archive], taken: Taken | None = None) -> Archive:
    """An archive that is opened when it can be; what it takes is kept, if it is told where."""
    return cast("Archive", Awaited(open, taken))

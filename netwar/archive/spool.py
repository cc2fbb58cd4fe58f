"""Pages that were paid for while the store was down: kept on disk, written when it is back."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

from netwar.archive.base import Cover, Documents
from netwar.connections.folders import made, opened
from netwar.connections.sqlite import translated
from netwar.coverage import Span
from netwar.errors import NetwarError
from netwar.records.documents import Document
from netwar.records.parsing import parsed, written

# A line is  {"checksum":"…","page":{…}}  and the checksum is that of the page's bytes as they stand there.
HEAD, MIDDLE, TAIL = b'{"checksum":"', b'","page":', b"}\n"
DIGEST_BYTES = 16

log = logging.getLogger("netwar.spool")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: pages and documents written, and records that could not be: torn ones, and those put aside."""

    records: int
    documents: int
    torn: int
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One record of the spool."""

    request: str
    time: str
    documents: list[Document]
    cover: Cover | None


class Spool:
    """A file of pages in `folder`, for every process that uses this folder; one at a time, by a lock.

    Pages are replayed in the order in which they were kept. A page that is written twice changes nothing:
    a replay that is cut off begins anew. Every method raises ServiceDown when the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "pages.jsonl"
        self.damaged = folder / "damaged.jsonl"

    def keep(self, request: str, documents: Sequence[Document], cover: Cover | None) -> None:
        """Put a page by, safe on disk when this returns."""
        line = _line(Page(request, datetime.now(UTC).isoformat(timespec="milliseconds"), list(documents), cover))
        with translated(self.path), self._locked():
            is_new = not self.path.exists()
            _append(self.path, line)
            if is_new:
                _sync_folder(self.folder)

    def replay(self, archive: Documents) -> Replayed:
        """Write every page into the archive, then remove them.

        A record that was torn (its writer died) was never promised to anyone and is left out; one that was
        damaged later, or that the archive cannot take, goes to damaged.jsonl. Raises ServiceDown, and the errors
        about rights and set-up, and leaves all pages in place.
        """
        records = documents = torn = aside = 0
        with translated(self.path), self._locked():
            if not self.path.exists():
                return Replayed(0, 0, 0)
            with self.path.open("rb") as file:
                for line, page in _pages(file):
                    if page is None and not line.endswith(b"\n"):
                        torn += 1
                    elif page is None or not _written(archive, page):
                        aside += 1
                        _append(self.damaged, line)
                    else:
                        records += 1
                        documents += len(page.documents)
            self.path.unlink()
            _sync_folder(self.folder)
        return Replayed(records, documents, torn, aside)

    def waiting(self) -> int:
        """How many pages are kept."""
        with translated(self.path):
            try:
                with self.path.open("rb") as file:
                    return sum(1 for line in file if line.endswith(b"\n"))
            except FileNotFoundError:
                return 0

    def __len__(self) -> int:
        return self.waiting()

    def close(self) -> None:
        """Nothing is held open between calls."""

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = opened(made(self.folder) / "lock", os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _written(archive: Documents, page: Page) -> bool:
    """Whether the archive took a page; a page that makes it fail must not stand in the way of all the others."""
    try:
        archive.write(page.documents, page.cover)
    except NetwarError:
        raise
    except Exception as error:
        log.error("a page (%s) cannot be written and is put aside: %r", page.request, error)
        return False
    return True


def _append(path: Path, line: bytes) -> None:
    """Add a whole line to a file, or nothing of it."""
    handle = opened(path, os.O_RDWR | os.O_APPEND)
    try:
        size = os.fstat(handle).st_size
        # What a writer that died left of its line must not swallow ours.
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        try:
            left = memoryview(b"\n" + line if torn else line)
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _line(page: Page) -> bytes:
    documents = [
        {"index": one.index, "id": one.id, "direct": one.direct, "retrieved": one.retrieved, "body": one.body, "why": one.why}
        for one in page.documents
    ]
    body = written({"request": page.request, "time": page.time, "documents": documents, "cover": page.cover})
    return HEAD + _checksum(body) + MIDDLE + body + TAIL


def _pages(file: BinaryIO) -> Iterator[tuple[bytes, Page | None]]:
    """Every line with its page; None for a line that is not what was written."""
    for line in file:
        body = line[len(HEAD) + 2 * DIGEST_BYTES + len(MIDDLE) : -len(TAIL)]
        whole = line == HEAD + _checksum(body) + MIDDLE + body + TAIL
        yield line, _page(parsed(body)) if whole else None


def _page(kept: dict[str, Any]) -> Page:
    cover = kept["cover"]
    if cover is not None:
        span = cover["span"]
        cover = Cover(**{**cover, "span": Span(**span) if span else None})
    return Page(kept["request"], kept["time"], [Document(**one) for one in kept["documents"]], cover)


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=DIGEST_BYTES).hexdigest().encode()

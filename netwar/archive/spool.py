"""Pages that were paid for while the store was down: kept on disk, written when it is back."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import pwd
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

from netwar.archive.base import Documents
from netwar.archive.marks import Mark
from netwar.archive.spooled import SpooledPage, line, pages
from netwar.archive.waiting import Waiting
from netwar.connections.appending import append
from netwar.connections.folders import existing, lock, made, opened, own, synced, trouble
from netwar.connections.sqlite import translated
from netwar.errors import NetwarError
from netwar.records.documents import Document

PAGES = "pages.jsonl"
CHUNK_BYTES = 1 << 20

log = logging.getLogger("netwar.spool")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did: pages and documents written, and records that could not be: torn ones, and those put aside."""

    records: int
    documents: int
    torn: int
    aside: int = 0

    def __add__(self, other: Replayed) -> Replayed:
        return Replayed(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class Others:
    """Pages that another user's runs will write."""

    user: str
    pages: int
    folder: Path


class Spool:
    """A file of pages in `folder`, for every process of this user; one at a time, by a lock.

    In a data folder that users share, each has a folder of their own beside `folder`, with their number at its end. Pages are
    replayed in the order in which they were kept, those of `folder` first, whoever put them there. A page that is written twice
    changes nothing: a replay that is cut off begins anew. Every method raises ServiceDown when the folder cannot be used.

    After a replay `held` are the names of which pages go on waiting.
    """

    held: Collection[str] = ()

    def __init__(self, folder: Path) -> None:
        self._common = folder
        self.folder = own(folder)
        self.path = self.folder / PAGES
        self.damaged = self.folder / "damaged.jsonl"
        self._told: set[str] = set()

    def keep(self, request: str, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> None:
        """Put a page by, safe on disk when this returns."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        kept = line(SpooledPage(request, time, list(documents), tuple(marks)))
        with translated(self.path), self._locked(self.folder):
            is_new = not self.path.exists()
            self._append(self.path, kept)
            if is_new:
                synced(self.folder)

    def replay(self, archive: Documents, needed: Collection[str] | None = None) -> Replayed:
        """Write every page into the archive, then remove them.

        A record that was torn (its writer died) was never promised to anyone and is left out; one that was
        damaged later, or that the archive cannot take, goes to damaged.jsonl. Raises ServiceDown, and the errors
        about rights and set-up, and leaves all pages in place.

        Where it is said which indices are `needed`, an archive that cannot be used and is none of them holds up nobody: its pages
        go on waiting, in their order, which is told, and all others are written and removed. What is wrong with the whole store
        is raised all the same.
        """
        told, waiting = Replayed(0, 0, 0), Waiting(needed)
        for folder in self._folders():
            if self._is_ours(folder):
                with translated(folder / PAGES):
                    told += self._replayed(folder, archive, waiting)
                continue
            try:
                told += self._replayed(folder, archive, waiting)
            except OSError as error:
                log.warning("%s is left as it is, what waits in it is not written: %s", folder, trouble(error))
        waiting.tell(self._told)
        self.held = [*waiting.why]
        return told

    def waiting(self) -> int:
        """How many pages the next replay finds."""
        count = 0
        for folder in self._folders():
            with translated(folder / PAGES):
                count += _count(folder)
        return count

    def others(self) -> list[Others]:
        """Who else has pages waiting in this data folder, as far as this user may look."""
        found = []
        for folder in sorted(self._common.parent.glob(f"{self._common.name}.*")):
            number = folder.name.removeprefix(f"{self._common.name}.")
            if re.fullmatch("[0-9]{1,9}", number) and int(number) != os.geteuid():
                try:
                    count = _count(folder, int(number))
                except OSError:
                    continue
                found += [Others(_name(int(number)), count, folder)] if count else []
        return found

    def close(self) -> None:
        """Nothing is held open between calls."""

    def _folders(self) -> list[Path]:
        """Those there are: the common one first, then this user's own, also from a time when the data folder was shared."""
        mine = self._common.with_name(f"{self._common.name}.{os.geteuid()}")
        return [folder for folder in (self._common, mine) if os.path.lexists(folder)]

    def _is_ours(self, folder: Path) -> bool:
        """May nobody else have put anything there?"""
        return folder != self._common or folder == self.folder

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        numbered = folder != self._common
        handle = opened(made(folder, own=numbered) / "lock", os.O_RDWR, own=numbered)
        try:
            if numbered:
                os.fchmod(handle, 0o600)  # whoever may read it may lock it, and hold us up for ever
            if self._is_ours(folder):
                fcntl.flock(handle, fcntl.LOCK_EX)  # for as long as a replay takes
            else:
                lock(handle)
            yield
        finally:
            os.close(handle)

    def _replayed(self, folder: Path, archive: Documents, waiting: Waiting) -> Replayed:
        path, numbered = folder / PAGES, folder != self._common
        if numbered:
            made(folder, own=True)  # is it ours? Else this is told now, and not when a page is to be kept
        if not os.path.lexists(path):
            return Replayed(0, 0, 0)
        with self._locked(folder):
            try:
                handle = existing(path, own=numbered)
            except FileNotFoundError:
                return Replayed(0, 0, 0)
            with os.fdopen(handle, "rb") as file:
                if not (ours := self._is_ours(folder)) and _holed(handle):
                    raise OSError(errno.EINVAL, f"{path} has holes, which nobody's pages have")
                told, left = self._written(file, archive, waiting, ours=ours)
                if left and told != Replayed(0, 0, 0):
                    _leave(file, path, left)
            if not left:
                path.unlink()
                synced(folder)
        return told

    def _written(self, file: BinaryIO, archive: Documents, waiting: Waiting, *, ours: bool) -> tuple[Replayed, list[range]]:
        """What came of the pages, and where in the file those stand that go on waiting."""
        records = documents = torn = aside = end = 0
        left: list[range] = []
        for raw, page in pages(file):
            end += len(raw)
            became = page and _became(archive, page, waiting, ours)
            if page is None and not raw.endswith(b"\n"):
                torn += 1
            elif page is None or became == "refused":
                aside += 1
                self._append(made(self.folder, own=self.folder != self._common) / self.damaged.name, raw)
            elif became == "waits":
                left.append(range(end - len(raw), end))
            else:
                records += 1
                documents += len(page.documents)
        return Replayed(records, documents, torn, aside), left

    def _append(self, path: Path, raw: bytes) -> None:
        """Add a whole line to a file, or nothing of it."""
        handle = opened(path, os.O_RDWR | os.O_APPEND, own=self.folder != self._common)
        try:
            append(handle, raw)
        finally:
            os.close(handle)


def _became(archive: Documents, page: SpooledPage, waiting: Waiting, ours: bool) -> Literal["written", "waits", "refused"]:
    """What became of a page; one that makes the archive fail must not stand in the way of all the others."""
    try:
        return "waits" if waiting.has(page, lambda: archive.write(page.documents, page.marks)) else "written"
    except NetwarError:
        raise
    except Exception as error:
        # What another user wrote is not shown, nor what came of it.
        said = (page.request, repr(error)) if ours else ("not kept by this user", type(error).__name__)
        log.error("a page (%s) cannot be written and is put aside: %s", *said)
        return "refused"


def _leave(file: BinaryIO, path: Path, left: Sequence[range]) -> None:
    """Leave of a file nothing but these parts: whoever is killed meanwhile leaves all of it. Raises OSError."""
    from netwar.connections import drafts

    found = os.fstat(file.fileno())
    handle, name = drafts.begun(path)
    try:
        with os.fdopen(handle, "wb") as rest:
            os.fchmod(handle, stat.S_IMODE(found.st_mode) & 0o660)
            for part in left:
                file.seek(part.start)
                rest.write(file.read(len(part)))
            rest.flush()
            os.utime(handle, ns=(found.st_atime_ns, found.st_mtime_ns))  # it tells for how long the newest has waited
            drafts.settle(rest, name, path)
    except BaseException:
        drafts.dropped(name)
        raise


def _count(folder: Path, owner: int | None = None) -> int:
    """How many pages are in a folder; none in a file that is not its `owner`'s, or has holes. Raises OSError."""
    try:
        handle = existing(folder / PAGES)
    except FileNotFoundError:
        return 0
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if owner not in (None, found.st_uid) or (found.st_uid != os.geteuid() and _holed(handle)):
            return 0
        whole = sum(portion.count(b"\n") for portion in iter(partial(file.read, CHUNK_BYTES), b""))
    return whole


def _holed(handle: int) -> bool:
    """Is there nothing on the disk of a part of a file? It may say to be of any length then, and take for ever to be read."""
    size = os.fstat(handle).st_size
    try:
        return size > 0 and os.lseek(handle, 0, os.SEEK_HOLE) < size
    except OSError:  # a file system that does not tell
        return False
    finally:
        os.lseek(handle, 0, os.SEEK_SET)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"

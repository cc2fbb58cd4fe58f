"""Batches that wait for the archive in files: see `backlog` for those in memory.

A process has a folder of its own, locked while it lives; whoever holds the connection next on this host takes over what dead
ones have left.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from netwar.connections.appending import put
from netwar.connections.folders import existing, made, opened, synced, trouble
from netwar.errors import ServiceDown
from netwar.streams.batches import HEAD, LARGEST, Batch, Torn, packed, unpacked

SEGMENT = 16 << 20  # bytes
LOCK = "lock"

log = logging.getLogger("netwar.streams")


class Segments:
    """The segment files of one folder, in the order of their numbers. Not for several threads at once."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder, self._lock = folder, lock
        self._files = deque(_files(folder))
        self._number = int(self._files[-1].stem) if self._files else 0
        self._out: int | None = None
        self._read = 0  # bytes of the oldest that are done
        self._ahead: deque[tuple[Batch, int]] = deque()  # the oldest, as far as they were read, and their bytes
        self.bytes = sum(file.stat().st_size for file in self._files)

    @property
    def capture(self) -> str:
        """The capture of which it is alone, "" of any."""
        return self.folder.name.partition(".")[2]

    def append(self, batch: Batch) -> None:
        """Add a batch, or nothing of it. Raises OSError."""
        frame = packed(batch)
        if self._out is None or os.fstat(self._out).st_size + len(frame) > SEGMENT:
            self._begin()
        assert self._out is not None
        before = os.fstat(self._out).st_size
        try:
            put(self._out, frame)
        except OSError:
            os.ftruncate(self._out, before)
            raise
        self.bytes += len(frame)

    def first(self) -> Batch | None:
        """The oldest batch, None if there is none. Raises Torn once for what is damaged, which is left behind."""
        while not self._ahead and self._files:
            try:
                found = self._look(self._read)
            except Torn as torn:
                raise Torn(f"{self._put_aside()} cannot be read from some place on: {torn}") from torn
            if found:
                self._ahead.append(found)
            elif not self._drop():
                break
        return self._ahead[0][0] if self._ahead else None

    def some(self, most: int) -> list[Batch]:
        """The oldest batches of about so many bytes. Raises Torn once if the oldest of all is damaged."""
        first = self.first()
        size, place = first.size if first else most, self._read + sum(length for _, length in self._ahead)
        while size < most:
            try:
                found = self._look(place)
            except Torn:  # told when it is the oldest
                break
            if found is None:
                break
            self._ahead.append(found)
            size, place = size + found[0].size, place + found[1]
        return [batch for batch, _ in self._ahead]

    def advance(self) -> None:
        """The oldest batch is done."""
        if self.first() is None:
            return
        _, length = self._ahead.popleft()
        self._read += length
        self.bytes -= length
        if self._read >= self._files[0].stat().st_size:
            self._drop()

    def close(self) -> None:
        """Let go of the folder; it is removed if nothing waits in it."""
        try:
            self._shut()
        except OSError as error:
            log.error("what waits in %s may not survive a power cut: %s", self.folder, trouble(error))
        with suppress(OSError):
            if not _files(self.folder):
                (self.folder / LOCK).unlink(missing_ok=True)
                self.folder.rmdir()
        os.close(self._lock)

    def _shut(self) -> None:
        """Let go of the newest file. Raises OSError where it may not be on the disk."""
        out, self._out = self._out, None
        if out is not None:
            try:
                os.fsync(out)
            finally:
                os.close(out)

    def _begin(self) -> None:
        self._shut()
        self._number += 1
        path = self.folder / f"{self._number:09}.segment"
        self._out = opened(path, os.O_RDWR | os.O_APPEND | os.O_EXCL, own=True)
        self._files.append(path)
        synced(self.folder)

    def _look(self, place: int) -> tuple[Batch, int] | None:
        """The batch at a place of the oldest file, and its bytes; None at the end of the file."""
        handle = existing(self._files[0], own=True)
        try:
            head = os.pread(handle, HEAD.size, place)
            if not head:
                return None
            if len(head) < HEAD.size:
                raise Torn("its last batch is not whole")
            length, checksum = HEAD.unpack(head)
            body = os.pread(handle, length, place + HEAD.size) if length < LARGEST else b""
        finally:
            os.close(handle)
        if len(body) < length or not length:
            raise Torn("its last batch is not whole")
        return unpacked(body, checksum), HEAD.size + length

    def _drop(self) -> bool:
        """Remove the oldest file, all of which is done; not if it is the only one, and open to be written."""
        if self._out is not None and len(self._files) == 1:
            if self._read < os.fstat(self._out).st_size:
                return False
            os.close(self._out)
            self._out = None
        done = self._files.popleft()
        try:
            done.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed, the next run writes it once more: %s", done, trouble(error))
        self._read = 0
        if not self._files:
            self.bytes = 0
        return True

    def _put_aside(self) -> Path:
        """Nothing can be read behind what is damaged: the file is kept, under another name, which is told."""
        path = self._files.popleft()
        if not self._files and self._out is not None:
            os.close(self._out)
            self._out = None
        self.bytes = max(self.bytes - path.stat().st_size + self._read, 0) if self._files else 0
        self._read = 0
        return path.rename(path.with_suffix(".damaged"))


def _files(folder: Path) -> list[Path]:
    """Raises OSError, where a glob of Python 3.13 finds nothing: what cannot be looked at is not empty."""
    return sorted(folder / name for name in os.listdir(folder) if name.endswith(".segment"))


def new(root: Path, capture: str = "") -> Segments:
    """A folder of this process's own, for what waits of one capture alone if it is named. Raises OSError."""
    folder = made(made(root) / f"{uuid4().hex}{capture and '.'}{capture}", own=True)
    lock = opened(folder / LOCK, os.O_RDWR, own=True)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return Segments(folder, lock)


def begun(root: Path) -> Segments:
    """The same for who begins. Raises ServiceDown where the folder cannot be used."""
    try:
        return new(root)
    except OSError as error:
        raise ServiceDown(f"{error.filename or root} cannot be used: {trouble(error)}") from error


def left(root: Path) -> Iterator[Segments]:
    """What dead processes have left; each is locked until it is closed. What waited of single captures comes first, since
    it is older than all else that the same process left of them; else the oldest first."""
    folders = [folder for folder in root.glob("*") if (folder / LOCK).exists()] if root.is_dir() else []
    for folder in sorted(folders, key=lambda one: ("." not in one.name, one.stat().st_mtime)):
        try:
            lock = existing(folder / LOCK, os.O_RDWR, own=True)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            continue
        try:
            found = Segments(folder, lock)
        except OSError:
            os.close(lock)
            raise
        yield found

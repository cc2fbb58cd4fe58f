"""The file that an export goes into: beside its place until it is whole, and on the disk before it takes that place.

A file that can go on when it was cut off bears the name FILE.DIGEST.part meanwhile; the digest is of what was asked for, so that
no other export goes on in it. Of any other one nothing is left when the export does not come to its end (connections.drafts).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from netwar.connections import drafts
from netwar.connections.folders import opened, umask
from netwar.errors import Busy

Write = Callable[[bytes], object]


class Hashed:
    """Where bytes go, counted and hashed on their way: by a thread, as hashing takes a seventh of the time of a scan."""

    def __init__(self, write: Write, flush: Callable[[], object] = lambda: None) -> None:
        self._write, self.flush = write, flush
        self._sha256 = hashlib.sha256()
        self._hashing = ThreadPoolExecutor(1)  # begins its thread with the first bytes
        self._hashed: Future[None] | None = None
        self.bytes = 0

    def write(self, data: bytes) -> None:
        """Write all of it."""
        self.seen(data)
        self._write(data)

    def seen(self, data: bytes) -> None:
        """Count and hash what stands there already, when what came before is hashed."""
        if self._hashed:
            self._hashed.result()
        self._hashed = self._hashing.submit(self._sha256.update, data)
        self.bytes += len(data)

    @property
    def digest(self) -> str:
        """SHA-256 of all bytes so far, in hexadecimal."""
        if self._hashed:
            self._hashed.result()
        return self._sha256.hexdigest()


@contextmanager
def going_on(path: Path, asked: str, before: Callable[[], None]) -> Iterator[BinaryIO]:
    """The file that this export, whatever `asked` says in full, goes on in: new, or as it was cut off.

    It takes the place of `path` when the block ends well, and stays for the next run when it does not. Raises as
    `drafts.replacing` does, also for one that somebody else made or could write, and Busy while another run writes it.
    """
    drafts.check(path)
    part = partial(path, asked)
    with drafts.told(path), os.fdopen(opened(part, os.O_RDWR, own=True), "r+b") as file:
        _take(file, part)
        yield file
        os.fchmod(file.fileno(), 0o666 & ~umask())
        drafts.settle(file, str(part), path, before)


def _take(file: BinaryIO, part: Path) -> None:
    """Be the only run that writes it. Raises Busy, also where another run has just put it into its place."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), part.stat()):
            return
    except (BlockingIOError, FileNotFoundError):
        pass
    raise Busy(f"another run writes {part}: one at a time")


def partial(path: Path, asked: str) -> Path:
    """The name of a file that is not whole yet."""
    return path.with_name(f"{path.name}.{hashlib.sha256(asked.encode()).hexdigest()[:12]}.part")


def place(path: Path) -> str:
    """Where a file will be, in full. A link that has its name is replaced, not followed: what it points to is not the place."""
    return os.path.join(os.path.realpath(path.parent), path.name)

"""The file that an export goes into: beside its place until it is whole, and on the disk before it takes that place.

A file that can go on when it was cut off bears the name FILE.DIGEST.part meanwhile; the digest is of what was asked for, so that
no other export goes on in it. Of any other one nothing is left when the export does not come to its end (connections.drafts).
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from netwar.connections import drafts
from netwar.connections.folders import FULL, synced, umask
from netwar.errors import Busy, NetwarError, ServiceDown

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
def replacing(path: Path, before: Callable[[], None]) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends well; else nothing is left of it.

    `before` is called when all is on the disk and nothing has taken its place yet. Raises NetwarError where it cannot be
    written, ServiceDown where the disk is full.
    """
    check(path)
    with _told(path):
        handle, name = drafts.begun(path)
    try:
        with _told(path), os.fdopen(handle, "wb") as file:
            yield file
            os.fchmod(handle, 0o666 & ~umask())
            _place(file, name, path, before)
    except BaseException:
        drafts.dropped(name)
        raise


@contextmanager
def going_on(path: Path, asked: str, before: Callable[[], None]) -> Iterator[BinaryIO]:
    """The file that this export, whatever `asked` says in full, goes on in: new, or as it was cut off.

    It takes the place of `path` when the block ends well, and stays for the next run when it does not. Raises as `replacing`
    does, and Busy while another run writes it.
    """
    check(path)
    part = partial(path, asked)
    with _told(path), os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666), "r+b") as file:
        _take(file, part)
        yield file
        _place(file, str(part), path, before)


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


def check(path: Path) -> None:
    """Raises NetwarError where no file can be: run by root, an export would take /dev/null away from the whole machine."""
    folder = os.path.realpath(path.parent)
    with _told(path):  # a name may be too long, a folder not to be looked into
        is_other = path.exists() and not path.is_file()
    if is_other or folder == "/dev" or folder.startswith("/proc/"):
        raise NetwarError(f"{path} cannot be written: it is no regular file; name another one")


def _place(file: BinaryIO, name: str, path: Path, before: Callable[[], None]) -> None:
    file.flush()
    os.fsync(file.fileno())
    before()
    drafts.put(file.fileno(), name, path)
    synced(path.parent)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ServiceDown(f"{path} cannot be written: {FULL}") from error
        raise NetwarError(f"{path} cannot be written: {error.strerror or error}") from error

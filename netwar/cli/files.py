"""Files that programs read and write for the operator."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TextIO

from netwar.errors import NetwarError, ServiceDown

CHUNK_BYTES = 65_536
PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip", ".7z")  # names that promise what is packed


def chunks(file: BufferedReader) -> Iterator[bytes]:
    """A file's bytes as they come."""
    return iter(partial(file.read1, CHUNK_BYTES), b"")


@contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of `path` when the block ends well; else nothing is left of it.

    Raises NetwarError where it cannot be written, ServiceDown where the disk is full. A device or a pipe is not replaced:
    run by root, that would take /dev/null away from the whole machine.
    """
    from netwar.connections import drafts
    from netwar.connections.folders import umask

    folder = os.path.realpath(path.parent)
    with _told(path):  # a name may be too long, a folder not to be looked into
        is_other = path.exists() and not path.is_file()
    if is_other or folder == "/dev" or folder.startswith("/proc/"):
        raise NetwarError(f"{path} cannot be written: it is no regular file; name another one")
    with _told(path):
        handle, name = drafts.begun(path)
    try:
        with _told(path), os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            yield file
            file.flush()
            os.fchmod(handle, 0o666 & ~umask())
            os.fsync(handle)
            drafts.put(handle, name, path)
    except BaseException:
        drafts.dropped(name)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    from netwar.connections.folders import FULL

    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ServiceDown(f"{path} cannot be written: {FULL}") from error
        raise NetwarError(f"{path} cannot be written: {error.strerror or error}") from error

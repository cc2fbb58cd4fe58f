"""Files that are written beside the place they will take, so that nobody sees them before they are whole.

A draft has no name where the file system can do that (open(2), O_TMPFILE), so that a kill leaves nothing of it. On others (NFS)
it has a hidden one, which a kill leaves behind.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from netwar.connections.folders import FULL, FULL_DISK, synced, umask
from netwar.connections.new_files import ANY, nameless, opened_at
from netwar.errors import NetwarError, ServiceDown


@contextmanager
def replacing(
    path: Path, before: Callable[[], object] = lambda: None, most: Callable[[int], int] = lambda _: 0o666
) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends well; else nothing is left of it.

    `before` is called when all is on the disk and nothing has taken its place yet; `most` tells of the file's group what mode it
    may have, beside the umask. Raises NetwarError where it cannot be
    written, ServiceDown where the disk is full. A device or a pipe is not replaced.
    """
    check(path)
    with told(path):
        handle, name = begun(path)
    try:
        with told(path), os.fdopen(handle, "wb") as file:
            yield file
            os.fchmod(handle, most(os.fstat(handle).st_gid) & ~umask())
            settle(file, name, path, before)
    except BaseException:
        dropped(name)
        raise


def settle(file: BinaryIO, name: str, path: Path, before: Callable[[], object] = lambda: None) -> None:
    """Bring what was written to the disk, then into its place. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())
    before()
    put(file.fileno(), name, path)
    synced(path.parent)


def check(path: Path) -> None:
    """Raises NetwarError where no file can be: what root writes would take /dev/null away from the whole machine."""
    folder = os.path.realpath(path.parent)
    with told(path):  # a name may be too long, a folder not to be looked into
        is_other = path.exists() and not path.is_file()
    if is_other or folder == "/dev" or folder.startswith("/proc/"):
        raise NetwarError(f"{path} cannot be written: it is no regular file; name another one")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL_DISK:
            raise ServiceDown(f"{path} cannot be written: {FULL}") from error
        raise NetwarError(f"{path} cannot be written: {error.strerror or error}") from error


def begun(path: Path) -> tuple[int, str]:
    """A new file for its owner alone in the folder of `path`: open, and its name, empty for none. Raises OSError."""
    if (handle := nameless(path.parent)) is not None:
        return handle, ""
    return tempfile.mkstemp(prefix=_prefix(path), suffix=".part", dir=path.parent)


def put(handle: int, name: str, path: Path) -> None:
    """Let a draft, which is on the disk, take the place of `path`. Raises OSError."""
    if name:
        os.replace(name, path)
        return
    made = str(path.with_name(f"{_prefix(path)}{secrets.token_hex(4)}.part"))
    os.link(opened_at(handle), made, src_dir_fd=ANY)
    try:
        os.replace(made, path)
    except BaseException:
        dropped(made)
        raise


def dropped(name: str) -> None:
    """A draft is not wanted: nothing is left of it."""
    if name:
        with suppress(OSError):
            os.unlink(name)


def _prefix(path: Path) -> str:
    return f".{path.name[:100]}."

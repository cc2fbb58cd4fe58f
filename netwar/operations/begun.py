"""The folder of a backup while it is filled. Who may write into the folder around it can put another one in its place, so it is
held by a handle: what is secret is written through that, and what is not where it was made is no backup."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from netwar.connections.folders import made, synced
from netwar.connections.reaching import ENTER, Planted
from netwar.errors import ConfigError

SUFFIX = ".part"
OTHERS = stat.S_IWGRP | stat.S_IWOTH


class Begun:
    """A folder that only this user may write to, where the disk knows such, at `path`; by `held` it is reached wherever somebody
    has moved it."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._has_owner = keeps_owners(path.parent)
        self.held = Path(f"/proc/self/fd/{handle}")
        self._handle = handle
        self.check(path)

    def check(self, path: Path) -> None:
        """Raise Planted unless the folder is at this path, and nobody else's as far as can be told."""
        mine = os.fstat(self._handle)
        with suppress(FileNotFoundError):
            if os.path.samestat(mine, os.lstat(path)) and (_is_ours_alone(mine) or not self._has_owner):
                return
        told = (
            f"{path.name} was exchanged while it was filled: see who may write into {path.parent}, or name a folder of your own"
        )
        raise Planted(errno.EPERM, told, str(path))

    def put(self, path: Path) -> None:
        """Give the folder its name, when all in it is on the disk. Raises OSError, Planted where another one got it."""
        for folder in [*(one for one in self.path.rglob("*") if one.is_dir()), self.path]:
            synced(folder)
        self.check(self.path)
        os.rename(self.path, path)
        self.check(path)
        synced(path.parent)

    def remove(self) -> None:
        """Remove what is in it, wherever it is."""
        shutil.rmtree(f"{self.held}/.", ignore_errors=True)  # the dot: no link is removed
        with suppress(OSError):
            self.path.rmdir()


@contextmanager
def begun(path: Path) -> Iterator[Begun]:
    """A new folder, removed where anything fails. Raises OSError, Planted."""
    handle = os.open(made(path.with_name(f"{path.name}{SUFFIX}"), own=True), ENTER | os.O_NOFOLLOW)
    try:
        folder = Begun(path.with_name(f"{path.name}{SUFFIX}"), handle)
        try:
            yield folder
        except BaseException:
            folder.remove()
            raise
    finally:
        os.close(handle)


def check_private(place: Path) -> None:
    """Raise ConfigError for a folder in which others could move what is secret, or put something in its place."""
    found = place.stat()
    if found.st_mode & OTHERS and not found.st_mode & stat.S_ISVTX:
        raise ConfigError(
            f"{place} is open to what others write, so keys and passwords do not go there: name a folder of your own, set its "
            f"sticky bit (chmod +t {place}), or leave --secrets out"
        )
    if not keeps_owners(place):
        raise ConfigError(
            f"the disk of {place} keeps no owners and rights, so keys and passwords do not go there: name a folder on another "
            "disk, or leave --secrets out"
        )


def keeps_owners(place: Path) -> bool:
    """Whether what this user makes there is theirs alone. CIFS and FAT give all files one owner and mode, and NFS gives root's to
    nobody: nothing there tells who made a folder."""
    with tempfile.TemporaryFile(dir=place) as file:
        return _is_ours_alone(os.fstat(file.fileno()))


def _is_ours_alone(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & OTHERS

"""Which files SQLite has opened: by path, so that somebody may have put another one there since it was looked at."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from netwar.connections.folders import TOO_MANY, may_write
from netwar.errors import ConfigError

HANDLES = Path("/proc/self/fd")


class Unsure(Exception):
    """It may be the file that was looked at, or another one."""


def checked(path: Path, found: os.stat_result) -> os.stat_result:
    """What lstat says of a database. A link would lead what is written into another file, and so would a second name."""
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path} is no plain file: it is not opened; move it away, or set `data` to another folder")
    if found.st_nlink > 1:
        raise ConfigError(
            f"{path} has a second name: it is not opened; copy it with sqlite3 FILE '.backup COPY' instead of links"
        )
    if found.st_uid not in (os.geteuid(), 0) and path.parent.stat().st_mode & stat.S_IWOTH:
        raise ConfigError(f"{path} is another user's, in a folder that everybody may write to: set `data` to another folder")
    return found


def check_writable(path: Path) -> None:
    """Look before SQLite does. It would open what may only be read all the same, and leave a log that may not be written either,
    also once the database may be again. Raises sqlite3.OperationalError, ConfigError."""
    if not may_write(path):
        checked(path, path.lstat())
        raise sqlite3.OperationalError("attempt to write a readonly database")  # as SQLite says it


class NextHandle:
    """The number that the next file gets that is opened, unless another thread opens one first. Raises OSError.

    A tenth of the work of AllHandles, which knows what this one does not.
    """

    def __init__(self) -> None:
        self._number = os.open(os.devnull, os.O_RDONLY)
        os.close(self._number)

    def check(self, path: Path, found: os.stat_result) -> None:
        """Is what SQLite has opened since the file that was looked at? Unsure where it may be by another number."""
        with suppress(OSError):  # nothing has this number: SQLite has taken up a handle that it had kept
            status = os.fstat(self._number)
            if os.path.samestat(status, found):
                checked(path, status)
                return
        if HANDLES.exists() and not any(os.path.samestat(status, found) for status in handles().values()):
            raise exchanged(path)
        raise Unsure


class AllHandles:
    """The files that this process has open. Raises OSError where too many are, to be listed, too."""

    def __init__(self) -> None:
        self._before = handles()

    def check(self, path: Path, found: os.stat_result) -> None:
        """Is what SQLite has opened since the file that was looked at? Somebody may have put another one in its place meanwhile.

        SQLite takes up a handle that it has kept of an earlier connection where it can; then nothing new is open, but for what
        other threads have opened: Unsure.
        """
        before, after = self._before, handles()
        new = [one for number, one in after.items() if number not in before or not os.path.samestat(before[number], one)]
        ours = [status for status in after.values() if os.path.samestat(status, found)]
        if HANDLES.exists() and not any(os.path.samestat(status, found) for status in new or ours):
            raise Unsure if ours else exchanged(path)
        for status in ours:
            checked(path, status)


def exchanged(path: Path) -> ConfigError:
    return ConfigError(f"{path} was exchanged for another file while it was opened: see who may write to its folder")


def handles() -> dict[str, os.stat_result]:
    """The files that this process has open, by handle; empty where the system does not tell.

    Raises OSError where too many are, to be listed, too: none of them looked like somebody's doing.
    """
    found = {}
    try:
        names = os.listdir(HANDLES)
    except OSError as error:
        if error.errno in TOO_MANY:
            raise
        return {}
    for name in names:
        with suppress(OSError):  # closed meanwhile, the listing's own handle among them
            found[name] = os.fstat(int(name))
    return {handle: status for handle, status in found.items() if stat.S_ISREG(status.st_mode)}

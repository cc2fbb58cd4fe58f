"""Files that say what this program does, read only if nobody but root and this user can have written them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from shlex import quote

from netwar.errors import ConfigError

LARGEST = 1 << 20  # bytes; a configuration has a few thousand


class Untrusted(ConfigError):
    """Somebody else may have written a file: nothing of it is used or shown. The message goes on after the file's name."""


def content(path: Path, mend: str = "go-w") -> bytes:
    """What is in a file, whatever links lead to it; `mend` is what chmod must do where others may write it.

    Raises Untrusted, FileNotFoundError and OSError. Pipes of one's own are read (`--config <(pass show x)`), devices are not.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if stat.S_ISCHR(found.st_mode) and found.st_rdev == os.makedev(1, 3):  # /dev/null: no configuration
            return b""
        _check(found, path, mend)
        os.set_blocking(handle, True)
        read = file.read(LARGEST + 1)
    if len(read) > LARGEST:
        raise Untrusted(f"is larger than {LARGEST:,} bytes: it is no configuration")
    return read


def _check(found: os.stat_result, path: Path, mend: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError("Is a directory")
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISFIFO(found.st_mode)):
        raise Untrusted("is no regular file")
    if found.st_uid not in (0, os.geteuid()):
        raise Untrusted(
            f"belongs to {user_name(found.st_uid)}, who could change what this program does: "
            "name a file that is yours or root's, or copy it to one"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Untrusted(f"can be written by others than its owner: run  chmod {mend} {quote(str(path))}")


def user_name(number: int) -> str:
    """Who a number stands for, as people call them."""
    from pwd import getpwuid

    try:
        return getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"

"""Folders and files that a group may share, and what to say of one that cannot be used."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

FULL = "the disk is full; make room and run again, nothing acknowledged is lost"

LEAST_ROOM = 1 << 20  # bytes; what a store may need at once to work at all


def made(folder: Path) -> Path:
    """Make a folder, and what is missing above it: for its owner alone, or for the group whose folder it is in.

    That is how Unix users share work; their umask must not keep them from it. Raises OSError.
    """
    if folder.is_dir():
        return folder
    if not folder.parent.exists():
        made(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not folder.is_dir():  # else somebody else made it just now
            raise
    else:
        if _shared(folder.parent):
            folder.chmod(0o2770)
    return folder


def opened(path: Path, flags: int) -> int:
    """Open a file, making it if need be: for its owner alone, or for the group whose folder it is in. Raises OSError."""
    handle = os.open(path, flags | os.O_CREAT, 0o600)
    found = os.fstat(handle)
    if _shared(path.parent) and found.st_uid == os.geteuid() and not found.st_mode & stat.S_IWGRP:
        os.fchmod(handle, 0o660)
    return handle


def _shared(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IWGRP)


def is_full(folder: Path) -> bool:
    """Is there hardly any room left on the disk of a folder?"""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < LEAST_ROOM or (disk.f_files > 0 and not disk.f_favail)


def trouble(error: OSError) -> str:
    """What is wrong, and what to do about it: the end of a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
    return f"{error.strerror or error} (set `data` in the configuration to a folder that you may write)"

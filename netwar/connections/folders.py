"""What to say of a file or folder that cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path

FULL = "the disk is full; make room and run again, nothing acknowledged is lost"

LEAST_ROOM = 1 << 20  # bytes; what a store may need at once to work at all


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

"""What to say of a file or folder that cannot be used."""

from __future__ import annotations

import errno

FULL = "the disk is full; make room and run again, nothing acknowledged is lost"


def trouble(error: OSError) -> str:
    """What is wrong, and what to do about it: the end of a sentence."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
    return f"{error.strerror or error} (set `data` in ~/.twitter to a folder that you may write)"

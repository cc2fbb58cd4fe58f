"""Lines added to a file that several programs may write to: whole, or not at all.

A disk that is nearly full takes the beginning of what is written to it without an error, and a program that is killed leaves
half a line, which must not swallow the next one.
"""

from __future__ import annotations

import os

from netwar.connections.folders import lock

PATIENCE = 1.0  # seconds; somebody who may only read the file can hold its lock, too, and for ever


def put(handle: int, content: bytes) -> None:
    """Write all of it. Raises OSError for what the disk does not take: a part may be written then."""
    left = memoryview(content)
    while left:
        left = left[os.write(handle, left) :]


def append(handle: int, lines: bytes, *, wait: bool = True) -> None:
    """Add lines to a file that is open to be read and appended to, or nothing of them; `wait` for the disk. Raises OSError."""
    alone = _locked(handle)
    size = os.fstat(handle).st_size
    is_torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
    try:
        put(handle, b"\n" + lines if is_torn else lines)
        if wait:
            os.fsync(handle)
    except OSError:
        if alone:
            os.ftruncate(handle, size)
        raise


def _locked(handle: int) -> bool:
    """Whether nobody else writes meanwhile. Where somebody may, no line is torn all the same: each goes in one write to the end
    (O_APPEND), which Linux keeps together on the disks that it has itself. An empty line may stand before it, where another's
    looked like half a line while it was being written; and what a full disk took of it stays, as it is not the last any more."""
    try:
        lock(handle, PATIENCE)
    except BlockingIOError:
        return False
    return True

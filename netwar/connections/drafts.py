"""Files that are written beside the place they will take, so that nobody sees them before they are whole.

A draft has no name where the file system can do that (open(2), O_TMPFILE), so that a kill leaves nothing of it. On others (NFS)
it has a hidden one, which a kill leaves behind.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

NAMELESS = getattr(os, "O_TMPFILE", 0)
ANY = 0  # a folder that is of no account, as the path beside it is absolute; without one os.link would not follow the link


def begun(path: Path) -> tuple[int, str]:
    """A new file for its owner alone in the folder of `path`: open, and its name, empty for none. Raises OSError."""
    with suppress(OSError):
        if NAMELESS:
            handle = os.open(path.parent, NAMELESS | os.O_RDWR | os.O_CLOEXEC, 0o600)
            if os.path.exists(_opened(handle)):
                return handle, ""
            os.close(handle)
    return tempfile.mkstemp(prefix=_prefix(path), suffix=".part", dir=path.parent)


def put(handle: int, name: str, path: Path) -> None:
    """Let a draft, which is on the disk, take the place of `path`. Raises OSError."""
    if name:
        os.replace(name, path)
        return
    made = str(path.with_name(f"{_prefix(path)}{secrets.token_hex(4)}.part"))
    os.link(_opened(handle), made, src_dir_fd=ANY)
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


def _opened(handle: int) -> str:
    return f"/proc/self/fd/{handle}"

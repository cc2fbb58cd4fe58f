"""Small files that are whole from their first moment.

Who is killed, or finds the disk full, between making a file and filling it would leave one that others cannot use, as it is not
theirs to mend.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from netwar.connections import folders

NAMELESS = getattr(os, "O_TMPFILE", 0)
ANY = 0  # a folder that is of no account, as the path beside it is absolute; without one os.link would not follow the link


def make(path: Path, content: bytes, *, others_fill_it: bool = False) -> None:
    """Make a file that has this content as soon as it has its name: for its owner alone, or for the group whose folder it is in.

    It is on the disk then. Where the file system knows no files without a name (NFS), it is whole a moment later, and nothing is
    left of one that cannot be written; with `others_fill_it` it stays empty there, as what came late would be put over what
    somebody else has written by then. Raises FileExistsError, OSError.
    """
    with folders.entered(path.parent) as folder:
        handle = nameless(".", folder)
        if handle is None:
            _fill(path, b"" if others_fill_it else content)
        else:
            try:
                os.fchmod(handle, folders.mode_of_new(folder))
                _write(handle, content)
                os.link(opened_at(handle), path.name, src_dir_fd=ANY, dst_dir_fd=folder)
            finally:
                os.close(handle)
    folders.synced(path.parent)


def nameless(folder: Path | str, within: int | None = None) -> int | None:
    """A new file without a name in a folder, open, and for its owner alone; None where there are none."""
    with suppress(OSError):
        if NAMELESS:
            handle = os.open(folder, NAMELESS | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=within)
            if os.path.exists(opened_at(handle)):
                return handle
            os.close(handle)
    return None


def opened_at(handle: int) -> str:
    """Where Linux shows the file behind a handle."""
    return f"/proc/self/fd/{handle}"


def _fill(path: Path, content: bytes) -> None:
    handle = folders.opened(path, os.O_WRONLY | os.O_EXCL)
    try:
        _write(handle, content)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _write(handle: int, content: bytes) -> None:
    with os.fdopen(handle, "wb", closefd=False) as file:
        file.write(content)
    os.fsync(handle)

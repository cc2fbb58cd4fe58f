"""Files that somebody names to be read, in folders that others may write to, too.

Where a link of somebody else was followed, what only the reader may see would go to X as terms, into a shared folder, into the
log: see reaching.py for which links count. All else is opened as ever: pipes, /dev/stdin, and what a shell puts in the place of
<(...).
"""

from __future__ import annotations

import os

from netwar.connections.reaching import reach


def opener(path: str | os.PathLike[str], flags: int = os.O_RDONLY | os.O_CLOEXEC) -> int:
    """What the built-in `open` takes as its opener. Raises OSError, and Planted for what somebody else may have put there."""
    try:
        return reach(os.fspath(path), flags)
    except OSError as error:
        error.filename = path
        raise

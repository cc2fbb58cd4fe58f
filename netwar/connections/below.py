"""All that lies below a folder which others may write to, too."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from netwar.connections.reaching import Planted

DEEPEST = 100  # folders within each other


def below(folder: Path) -> list[Path]:
    """All that lies below a folder, in order; links are not followed, what may not be looked into, or is gone, is left out.

    Raises OSError, Planted for folders in folders without end, in which no recursion ends: no program of ours makes them.
    """
    found: list[Path] = []
    left = [(folder, 0)]
    while left:
        path, depth = left.pop()
        if depth > DEEPEST:
            raise Planted(errno.EPERM, f"{folder} has folders in folders, {DEEPEST} deep: see who put them there", str(folder))
        if path.is_dir() and not os.access(path, os.X_OK):
            continue  # it can be listed, and no more
        with suppress(PermissionError, *([FileNotFoundError] if depth else [])), os.scandir(path) as entries:
            for entry in entries:
                found.append(path / entry.name)
                if entry.is_dir(follow_symlinks=False):
                    left.append((found[-1], depth + 1))
    return sorted(found)

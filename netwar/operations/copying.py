"""What of a data folder is copied, and in which order: what says that something is recorded is older than what was recorded.

A run goes on meanwhile, so the copies are of different moments. Whoever is off a queue must be in the archive, so queues come
before it; so does the spool, as a page leaves it for the archive. What the archive refused is complete by its ledger and stands
with the dead letters, so these come after it; what is due for the graph is due no more once the graph has it, so the graph comes
after both. Captures tell what is wanted, so they come after the archive, which tells what of that is missing. What was paid for
is never told too high: the meter is the last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from hashlib import sha256
from pathlib import Path

from netwar.connections.below import below
from netwar.connections.folders import entered, existing, made, opened
from netwar.connections.reaching import Planted
from netwar.connections.sqlite_beside import is_left
from netwar.connections.sqlite_copying import copy
from netwar.errors import ServiceDown
from netwar.operations.manifest import CHUNK, Part, hashed

SPOOLS = ("spool", "spool.*")
BEFORE = ("queues.sqlite", *SPOOLS, "streams")
ARCHIVE = ("archive",)
AFTER = ("due.sqlite", "dead-letters", "dead-letters.*", "*", "streams.sqlite", "graph", "meter.sqlite")
OF = "of-backup"  # in a folder that is being restored: which backup, so that a run that was killed is continued
MADE_ANEW = ("runs", "board.sqlite", "last-backup", OF)  # of this host and of now
BESIDE = ("*-wal", "*-shm", "*-journal", "*.part", "*.alone")
FORMER = ("*.of-schema-*", "*.before-renewal", "*.damaged-*")  # what was kept when a file was brought up to date or mended
OWN = (*SPOOLS, "dead-letters", "dead-letters.*", "streams")  # each user's own, where several share the folder
HOLE, FILLED = 1 << 30, 0.01  # bytes; of a larger file in which no more than this share is on the disk the rest is a hole
DATA = "data"  # where the files of the data folder are in a backup


def files(data: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    """The files below `data` that patterns of one group name, in their order; a pattern * leaves out what has one of its own."""
    named = {*BEFORE, *ARCHIVE, *AFTER} - {"*"}
    for pattern in patterns:
        for top in sorted(data.glob(pattern)):
            if pattern == "*" and any(fnmatch(top.name, other) for other in named):
                continue
            if top.name not in MADE_ANEW:
                yield from (path for path in _all(top) if not (_is_beside(path) or is_any(path.name, FORMER) or is_hole(path)))


def former(data: Path) -> list[Path]:
    """Copies of older states that lie in the data folder, and are left there."""
    return [path for path in _all(data) if is_any(path.name, FORMER)]


def holes(data: Path) -> list[Path]:
    """Large files of which next to nothing is on the disk. No program of ours writes such, and copies would fill any disk."""
    return [path for path in _all(data) if is_hole(path)]


def left_alone(data: Path) -> list[Path]:
    """Logs of databases that are gone: what is newest may be in them, but nothing can be made of it without the rest."""
    return [path for path in _all(data) if is_left(path)]


def closed(data: Path) -> list[Path]:
    """Folders that this user may not look into; what is in them is in no backup of theirs."""
    return [path for path in below(data) if path.is_dir() and not path.is_symlink() and not os.access(path, os.R_OK | os.X_OK)]


def is_hole(path: Path) -> bool:
    """Is it one of those? A database is none: what is wrong with it is for SQLite to say."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return path.suffix != ".sqlite" and found.st_size > HOLE and found.st_blocks * 512 < FILLED * found.st_size


def copied(path: Path, data: Path, folder: Path) -> Part | None:
    """Copy a file of `data` to its place in a backup; None of one that is gone by now. Raises ServiceDown, OSError."""
    name = f"{DATA}/{path.relative_to(data)}"
    target = folder / name
    made(target.parent)
    if path.suffix == ".sqlite":
        if not path.exists():
            return None
        content = copy(path, target)
        return Part(name, *hashed(target), schema=content.schema, rows=content.rows)
    try:
        return Part(name, *plain_copy(path, target))
    except FileNotFoundError:
        return None
    except PermissionError as error:
        if isinstance(error, Planted):
            raise
        told = f"{path} cannot be read ({error.strerror}): give this user the right to, or move it out of {data}"
        raise ServiceDown(f"no backup was made: {told}") from error


def plain_copy(path: Path, target: Path, *, own: bool = True) -> tuple[int, str]:
    """Copy a file as long as it is now, on the disk when this returns: its length and SHA-256. Raises OSError."""
    digest, size = sha256(), 0
    with os.fdopen(existing(path), "rb") as source:
        left = os.fstat(source.fileno()).st_size  # others may add to it for ever
        with os.fdopen(opened(target, os.O_WRONLY | os.O_EXCL, own=own), "wb") as file:
            while left and (portion := source.read(min(CHUNK, left))):
                file.write(portion)
                digest.update(portion)
                size, left = size + len(portion), left - len(portion)
            file.flush()
            os.fsync(file.fileno())
    return size, digest.hexdigest()


def is_any(name: str, patterns: tuple[str, ...]) -> bool:
    """Does a name fit one of these?"""
    return any(fnmatch(name, pattern) for pattern in patterns)


def _is_beside(path: Path) -> bool:
    """Does it say nothing by itself? So does the lock of a spool, which nobody but its owner may read."""
    return is_any(path.name, BESIDE) or (path.name == "lock" and is_any(path.parent.name, SPOOLS))


def _all(top: Path) -> list[Path]:
    """The files of a folder. Raises Planted for a link that somebody else made: all that it leads to would be in the backup."""
    if not top.is_dir():
        return [top]
    with suppress(FileNotFoundError), entered(top):  # tw-stream removes a folder in which nothing waits any more
        return [path for path in below(top) if path.is_file()]
    return []

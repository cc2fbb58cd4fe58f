"""How much an archive file holds."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from netwar.archive.base import Extent
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.reading import counting
from netwar.archive.sqlite.tweets import TWEETS
from netwar.records.documents import TOMBSTONE

# Ids go by time, and have an index; times have none.
FIRST = "SELECT created FROM tweet WHERE created IS NOT NULL ORDER BY id LIMIT 1"
LAST = "SELECT created FROM tweet WHERE created IS NOT NULL ORDER BY id DESC LIMIT 1"


def extent(file: ArchiveFile) -> Extent:
    """See Documents.extent."""
    sql = f"SELECT {counting(TWEETS)}, {counting(PROFILES)}, ({FIRST}), ({LAST})"
    [(tweets, users, *posted)] = file.rows(sql, (TOMBSTONE,))
    first, last = (None if seconds is None else seconds * 1000 for seconds in posted)
    return Extent(tweets, users, _bytes(file.path), first, last)


def _bytes(path: Path) -> int:
    """Of the file and its log."""
    total = 0
    for one in (path, path.with_name(f"{path.name}-wal")):
        with suppress(OSError):  # the log goes with the last program that uses the file
            total += one.stat().st_size
    return total

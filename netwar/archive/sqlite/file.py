"""One archive file: `tw` and `tu` of one name, with their ledger."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from netwar.archive.sqlite.columns import Kind
from netwar.archive.sqlite.packing import Packer
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.schema import MIGRATIONS
from netwar.archive.sqlite.tweets import TWEETS
from netwar.connections import sqlite_former
from netwar.connections.open_file import OpenFile
from netwar.connections.sqlite import closed_if_it_fails, translated
from netwar.records.documents import parted

# The log is copied into the file every 16 MiB: index pages that many transactions touched are copied once.
# (Pages of 8 KiB would save 22 bytes a tweet; but an index page is written whole for each id that falls on it,
# and at a million tweets a write would take 8 % longer.)
CHECKPOINT_PAGES = 4000
CACHE_MIB, MODEST_MIB = 32, 4  # the latter where many processes write into one file: what others wrote empties their caches
ALL_MIB = 64  # of all files together: 16 captures write into 16 of them


def place(index: str) -> tuple[str, Kind]:
    """The name of the file and the kind of documents of an index. Raises ValueError for what names none."""
    name, users = parted(index)
    return name, PROFILES if users else TWEETS


class ArchiveFile(OpenFile):
    """An archive's file, open. Who is `modest` keeps little of it in memory."""

    def __init__(self, path: Path, looks: bool = False, modest: bool = False) -> None:
        cache_mib = MODEST_MIB if modest else CACHE_MIB
        super().__init__(path, MIGRATIONS, looks=looks, cache_mib=cache_mib, checkpoint_pages=CHECKPOINT_PAGES)
        with translated(path), closed_if_it_fails(self._connection):
            self._connection.execute(f"PRAGMA soft_heap_limit={ALL_MIB << 20}")

    @cached_property
    def packer(self) -> Packer:
        """Made on first use: counting and the ledger need no compression."""
        return Packer(self._connection)

    def keep(self, more: int) -> str:
        """Keep a copy of the file as it stands beside it; where. `more`: bytes that must be left. Raises ServiceDown, OSError."""
        with self.lock, translated(self.path):
            return sqlite_former.keep(self._connection, self.path, more)

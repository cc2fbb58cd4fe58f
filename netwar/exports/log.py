"""The export log: what went out, how much, and to whom; a file of JSON lines in the data folder.

An export has two lines: one before its first byte, one before its file takes its place, or after its last byte where it went
to standard output. So there is no export without a line, however it was killed.

What X allows (developer policy, "Redistribution of X content"): an entity may be given 1,500,000 post ids in 30 days, and
whole posts or users to a person 500 a day; the guidelines and the restricted use cases say 50,000 a recipient and day, and we
keep to the lower one. Research institutions may share more ids for non-commercial research.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from netwar.connections.appending import append
from netwar.connections.folders import existing, lock, made, opened, trouble
from netwar.errors import ServiceDown
from netwar.records.parsing import parsed, written
from netwar.records.shaped import shaped

DAY_MS = 86_400_000
LONGEST = 1 << 20  # bytes of a line: what was asked for stands in it
IDS_ALONE = ("ids", "edges", "pairs", "actions")
IDS_SHARED, IDS_DAYS = 1_500_000, 30  # to an entity in so many days
OBJECTS_SHARED, OBJECTS_DAYS = 500, 1  # to a person


@dataclass(frozen=True, slots=True)
class Entry:
    """An export: `key` tells it from all others; times are ms. `form` is ids, flattened, raw, csv, parquet; of a graph
    it is gexf, nodes or edges, of coaction pairs or actions.

    `query` says what was chosen (`Selection.said`). `path` is empty for standard output, `to` for the recorder's own use. `ended`
    is None for one that did not come to its end, as far as the log knows. `count` are posts or users, of a graph its users;
    of what was printed and cut off so many at the most, 0 where the run was killed.
    """

    key: str
    began: int
    index: str
    form: str
    query: dict[str, Any]
    path: str = ""
    to: str = ""
    ended: int | None = None
    count: int = 0
    bytes: int = 0
    sha256: str = ""

    @property
    def is_of_ids(self) -> bool:
        """Whether ids went out and nothing of what posts and profiles say."""
        return self.form in IDS_ALONE


@dataclass(frozen=True, slots=True)
class Shared:
    """What somebody was given of late: ids of posts in 30 days, whole posts and users in a day."""

    ids: int = 0
    objects: int = 0

    @property
    def is_too_much(self) -> bool:
        """Whether X allows less."""
        return self.ids > IDS_SHARED or self.objects > OBJECTS_SHARED


@dataclass(slots=True)
class ExportLog:
    """The log in a file, which many runs write to at once. Methods raise ServiceDown where it cannot be used."""

    path: Path

    def add(self, entry: Entry) -> None:
        """Write an entry down, or what became of it, and wait for the disk."""
        told = {name: value for name, value in asdict(entry).items() if value not in ("", None)}
        try:
            made(self.path.parent)
            with os.fdopen(opened(self.path, os.O_RDWR | os.O_APPEND), "rb") as file:
                lock(file.fileno())
                append(file.fileno(), written(told) + b"\n")
        except OSError as error:
            raise ServiceDown(f"{self.path} cannot be written: {trouble(error)}; nothing goes out unlogged") from error

    def entries(self) -> list[Entry]:
        """All exports, the oldest first."""
        found: dict[str, Entry] = {}
        for entry in self._read():
            found[entry.key] = entry
        return sorted(found.values(), key=lambda entry: entry.began)

    def shared(self, to: str, now: int) -> Shared:
        """What somebody was given until `now`. A file that did not come to its end is none; what is printed goes out at once."""
        mine = [entry for entry in self.entries() if entry.to == to and (entry.ended is not None or not entry.path)]
        ids = _sum(entry for entry in mine if entry.index.startswith("tw") and _within(entry, now, IDS_DAYS))
        return Shared(ids, _sum(entry for entry in mine if not entry.is_of_ids and _within(entry, now, OBJECTS_DAYS)))

    def _read(self) -> Iterable[Entry]:
        try:
            with os.fdopen(existing(self.path), "rb") as file:
                yield from (entry for line in _lines(file) if (entry := _entry(line)))
        except FileNotFoundError:
            return
        except OSError as error:
            raise ServiceDown(f"{self.path} cannot be read: {trouble(error)}") from error


def _lines(file: BufferedReader) -> Iterator[bytes]:
    """The lines of a file that others may write to, without those that are too long to be ours: a hole is such a line, too."""
    is_beginning = True
    while line := file.readline(LONGEST):
        is_end = line.endswith(b"\n")
        if is_beginning and (is_end or len(line) < LONGEST):
            yield line
        is_beginning = is_end
        if not is_end and not line.strip(b"\0"):
            file.seek(_behind_hole(file.fileno(), file.tell()))


def _behind_hole(handle: int, at: int) -> int:
    """Where the file goes on; `at` where no hole is, or where the file system does not tell."""
    before = os.lseek(handle, 0, os.SEEK_CUR)
    try:
        return os.lseek(handle, at, os.SEEK_DATA)
    except OSError as error:
        return os.fstat(handle).st_size if error.errno == errno.ENXIO else at
    finally:
        os.lseek(handle, before, os.SEEK_SET)  # whoever reads from it has not noticed


def _entry(line: bytes) -> Entry | None:
    """The entry in a line; None for a line that was cut off, or that none of our programs wrote."""
    try:
        return shaped(Entry, parsed(line))
    except ValueError:
        return None


def _within(entry: Entry, now: int, days: int) -> bool:
    return (entry.ended or entry.began) > now - days * DAY_MS


def _sum(entries: Iterable[Entry]) -> int:
    return sum(entry.count for entry in entries)

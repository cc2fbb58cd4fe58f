"""Snapshots of who follows a user, or of whom they follow: kept in the ledger as notes, so that no id is written twice.

The first complete snapshot is kept whole, later ones as who came and who left since the complete one before, each list in
parts of bounded size. How a snapshot is taken stands in `netwar.follows.snapshot_writer`. Notes have keys such as
`followers/ID/whole/000001/000001`: the kind, the number of the snapshot, the number of the part.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from netwar.archive.base import Ledger
from netwar.errors import ServiceDown
from netwar.records.idlists import changed, compared, folded, pack, unpack

PART = 10_000  # ids in a note


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One enumeration, from `began` to `ended` (ms), with `count` distinct ids.

    One that is not `complete` was cut off: it says who was there, not who was not. `came` and `left` are since the complete
    one before; with none before, everybody came.
    """

    number: int
    began: int
    ended: int
    complete: bool
    count: int
    came: int
    left: int


class Snapshots:
    """The snapshots of one list: the `followers` of a `user` (an id), or its `following`."""

    def __init__(self, ledger: Ledger, index: str, direction: str, user: str) -> None:
        self.user = user
        self._ledger = ledger
        self._index = index
        self._place = f"{direction}/{user}"

    def all(self) -> list[Snapshot]:
        """Every snapshot that has ended, oldest first."""
        return [Snapshot(**kept) for _, kept in self._ledger.notes(self._index, f"{self._place}/snapshot/")]

    def complete(self) -> list[Snapshot]:
        """The complete ones, oldest first."""
        return [one for one in self.all() if one.complete]

    def members(self, number: int) -> Iterator[int]:
        """Who is in a complete snapshot, in the order of ids, as a stream."""
        first, *later = [one.number for one in self.complete() if one.number <= number]
        return changed(self.stored("whole", first), self._changes(later))

    def difference(self, before: int, after: int) -> Iterator[tuple[int, bool]]:
        """Who differs between two complete snapshots: (id, whether it came), in the order of ids."""
        return self._changes([one.number for one in self.complete() if before < one.number <= after])

    def _changes(self, numbers: list[int]) -> Iterator[tuple[int, bool]]:
        return folded(compared(self.stored("left", number), self.stored("came", number)) for number in numbers)

    # -- notes -----------------------------------------------------------------------------------

    def get(self, kind: str, *numbers: int) -> Any:
        """What is noted, None if nothing is."""
        return self._ledger.note(self._index, self._key(kind, *numbers))

    def change(self, change: Any, kind: str, *numbers: int) -> Any:
        """Read, change and write a note as one step; the new one."""
        return self._ledger.change_note(self._index, self._key(kind, *numbers), change)

    def put(self, value: Any, kind: str, *numbers: int) -> None:
        """Write a note whatever was there; None removes it."""
        self.change(lambda before: value, kind, *numbers)

    def stored(self, kind: str, *numbers: int) -> Iterator[int]:
        """A list that was kept in parts, one part in memory at a time."""
        for part in count(1):
            kept = self.get(kind, *numbers, part)
            if kept is None:
                return
            yield from unpacked(kept)

    def drop(self, kind: str, *numbers: int, after: int = 0) -> None:
        """Remove the notes numbered from `after` + 1 on: the last one first, so that a run that is killed overlooks none."""
        last = next(part for part in count(after) if self.get(kind, *numbers, part + 1) is None)
        for part in range(last, after, -1):
            self.put(None, kind, *numbers, part)

    def _key(self, kind: str, *numbers: int) -> str:
        return "/".join([self._place, kind, *(f"{number:06}" for number in numbers)])


def unpacked(kept: str) -> array[int]:
    """A list of ids out of a note. Raises ServiceDown for one that is damaged."""
    try:
        return unpack(kept)
    except (ValueError, TypeError) as error:
        raise ServiceDown(f"a list of ids in the archive is damaged ({error}): restore it from a copy") from error


class Parts:
    """A sorted list on its way into notes, part by part; parts of an earlier try are written over. `count` are its ids."""

    def __init__(self, snapshots: Snapshots, kind: str, *numbers: int) -> None:
        self.count = 0
        self._snapshots = snapshots
        self._kind = kind
        self._numbers = numbers
        self._part: list[int] = []
        self._parts = 0

    def add(self, ids: Iterable[int]) -> None:
        """These come next."""
        for id in ids:
            self._part.append(id)
            if len(self._part) == PART:
                self._write()

    def end(self) -> int:
        """That was all; how many ids there were."""
        if self._part:
            self._write()
        self._snapshots.drop(self._kind, *self._numbers, after=self._parts)
        return self.count

    def _write(self) -> None:
        self._parts += 1
        self.count += len(self._part)
        self._snapshots.put(pack(self._part), self._kind, *self._numbers, self._parts)
        self._part = []

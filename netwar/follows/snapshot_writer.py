"""A snapshot that is being taken, page by page, by one run at a time; it goes on wherever it was cut off.

A page is one note: its ids with the token of the next page, so that what came and the way on are one step. Fifty
pages are merged into a run, a sorted list of its own, and given up. When X's list ends the runs become the snapshot. Each step
can be done again: what a run that was killed left half done is written over, or removed.

Where users came without an id (the note `nameless`) nobody can tell who is not in it: it ends as cut off.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from netwar.errors import Busy, LeaseLost
from netwar.follows.snapshots import Parts, Snapshot, Snapshots, unpacked
from netwar.queues.base import LEASE_SECONDS
from netwar.records.idlists import compared, pack, together

PAGES = 50  # are merged into a run
RENEW_SECONDS = LEASE_SECONDS / 10


@dataclass(frozen=True, slots=True)
class State:
    """An open snapshot as it is noted: who takes it, the `pages` (and ids, `count`) that are in its `runs`, the token of the
    page behind them, and whether there is none (`ended`). `unseen` if some of its pages were neither recorded nor queued."""

    number: int
    began: int
    holder: str
    renewed: float
    pages: int = 0
    runs: int = 0
    count: int = 0
    token: str | None = None
    ended: bool = False
    unseen: bool = False


def opened(snapshots: Snapshots) -> State | None:
    """The open snapshot of a list, if there is one."""
    kept = snapshots.get("open")
    return State(**kept) if kept else None


def pages(snapshots: Snapshots, state: State) -> Iterator[Any]:
    """The pages of an open snapshot that are in no run yet."""
    for page in count(state.pages + 1):
        kept = snapshots.get("page", state.number, page)
        if kept is None:
            return
        yield kept


class SnapshotWriter:
    """The open snapshot of a list, or a new one, held by `holder`; `dead` tells of another holder that it is known to be dead.

    `token` leads to the next page, None to the first one; `ended` when there is no next one. Raises Busy while another run
    takes this snapshot.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        holder: str,
        dead: Callable[[str], bool] = lambda holder: False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._snapshots = snapshots
        self._holder = holder
        self._clock = clock
        self.state = self._taken(dead)
        self.count = self.state.count
        self.token = self.state.token
        self.ended = self.state.ended or snapshots.get("snapshot", self.state.number) is not None
        self._pages = self.state.pages
        snapshots.drop("run", self.state.number, self.state.runs + 1)
        self._drop_pages(self.state.pages)
        for page in pages(self._snapshots, self.state):
            self._pages += 1
            self.count += page["count"]
            self.token = page["next"]
            self.ended = page["next"] is None

    def add(self, ids: list[int], token: str | None, *, seen: bool = True) -> None:
        """A page came, and `token` leads to the next one. Not `seen` when it is neither recorded nor queued.

        Raises LeaseLost when another run has taken the snapshot over.
        """
        if not seen and not self.state.unseen:
            self._change(unseen=True)
        page = {"ids": pack(sorted(set(ids))), "count": len(ids), "next": token}
        self._snapshots.change(lambda before: self._first(before, page), "page", self.state.number, self._pages + 1)
        self._pages += 1
        self.count += len(ids)
        self.token, self.ended = token, token is None
        if self._pages - self.state.pages >= PAGES:
            self._merge()
        elif self._clock() - self.state.renewed > RENEW_SECONDS:
            self.renew()

    def lacks(self) -> None:
        """Users came whom nobody can tell: it will not be complete. Goes before their page, so that no kill parts the two."""
        self._snapshots.put(True, "nameless", self.state.number)

    def renew(self) -> None:
        """Say that this run is alive. Raises LeaseLost."""
        self._change()

    def release(self) -> None:
        """Let the next run go on at once; of one that was never begun nothing is left."""

        def release(before: Any) -> Any:
            if before is None or before["holder"] != self._holder:
                return before
            return {**before, "holder": ""} if self._pages else None

        self._snapshots.change(release, "open")

    def finish(self, *, complete: bool) -> Snapshot:
        """Make it a snapshot that has ended, `complete` (unless it `lacks` somebody) or cut off."""
        number = self.state.number
        kept = self._snapshots.get("snapshot", number)
        if kept is None:
            self._merge()
            kept = asdict(self._written(complete and not self._snapshots.get("nameless", number)))
            self._snapshots.put(kept, "snapshot", number)
        self._drop_pages(self._pages)
        for run in range(1, self.state.runs + 1):
            self._snapshots.drop("run", number, run)
        self._snapshots.put(None, "nameless", number)
        self._snapshots.put(None, "open")
        return Snapshot(**kept)

    def _taken(self, dead: Callable[[str], bool]) -> State:
        now = self._clock()
        numbers = [one.number for one in self._snapshots.all()]
        new = State(max(numbers, default=0) + 1, int(now * 1000), self._holder, now)

        def take(before: Any) -> Any:
            if before is None:
                return asdict(new)
            state = State(**before)
            # A lease that was renewed in the future was renewed by a host whose clock was ahead.
            alive = state.holder not in ("", self._holder) and abs(now - state.renewed) < LEASE_SECONDS
            if alive and not dead(state.holder):
                raise Busy(f"another run is reading this list (snapshot {state.number}, {state.holder.partition(':')[0]})")
            return asdict(replace(state, holder=self._holder, renewed=now))

        return State(**self._snapshots.change(take, "open"))

    def _change(self, **changes: Any) -> None:
        """Change the noted state, if this run still holds it."""

        def change(before: Any) -> Any:
            if before is None or before["holder"] != self._holder:
                raise LeaseLost(f"another run has taken snapshot {self.state.number} over; what was recorded stays")
            return {**before, "renewed": self._clock(), **changes}

        self.state = State(**self._snapshots.change(change, "open"))

    def _first(self, before: Any, page: Any) -> Any:
        if before is not None:
            raise LeaseLost(f"another run has read the same page of snapshot {self.state.number}; what was recorded stays")
        return page

    def _merge(self) -> None:
        """Make a run of the pages."""
        run = self.state.runs + 1
        lists: list[array[int]] = [unpacked(page["ids"]) for page in pages(self._snapshots, self.state)]
        if lists:
            parts = Parts(self._snapshots, "run", self.state.number, run)
            parts.add(together(lists))
            parts.end()
            self._change(pages=self._pages, runs=run, count=self.count, token=self.token, ended=self.ended)
            self._drop_pages(self._pages)

    def _drop_pages(self, last: int) -> None:
        """Remove the pages up to number `last` that are still there: the first one first, so that none is overlooked."""
        number = self.state.number
        gone = next((page for page in range(last, 0, -1) if self._snapshots.get("page", number, page) is None), 0)
        for page in range(gone + 1, last + 1):
            self._snapshots.put(None, "page", number, page)

    def _written(self, complete: bool) -> Snapshot:
        """Write down who came and who left since the last complete snapshot, or everybody if there is none."""
        number, before = self.state.number, self._snapshots.complete()
        ended = int(self._clock() * 1000)
        if not before:
            parts = Parts(self._snapshots, "whole" if complete else "came", number)
            parts.add(self._ids())
            total = parts.end()
            return Snapshot(number, self.state.began, ended, complete, total, came=total, left=0)
        came, left = Parts(self._snapshots, "came", number), Parts(self._snapshots, "left", number)
        for id, is_new in compared(self._snapshots.members(before[-1].number), self._ids()):
            if is_new or complete:
                (came if is_new else left).add([id])
        new, gone = came.end(), left.end()
        total = before[-1].count + new - gone if complete else sum(1 for _ in self._ids())
        return Snapshot(number, self.state.began, ended, complete, total, came=new, left=gone)

    def _ids(self) -> Iterator[int]:
        """Everybody who came, in the order of ids, as a stream."""
        runs = range(1, self.state.runs + 1)
        return together(self._snapshots.stored("run", self.state.number, run) for run in runs)

"""The batches of a stream into the archive, in their order, however often it takes; each capture's portion by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Event, Lock

from netwar.archive.base import Archive
from netwar.errors import NetwarError
from netwar.records.documents import tweets_index
from netwar.streams import gaps, segments
from netwar.streams.backlog import Backlog
from netwar.streams.batches import Batch, Torn
from netwar.streams.counters import Counters
from netwar.streams.coverage import SKEW
from netwar.streams.late import Late
from netwar.streams.portions import DAMAGED, EVERY, Aside, Newcomers, Portions

log = logging.getLogger("netwar.streams")

SLOW = 5.0  # seconds that a write may take to fail before all others of its batch are left to another thread
FULL = 1.0  # seconds between two looks at a full disk

Chore = Callable[[Archive], None]


class Writer:
    """Writes batches, for one thread, and beside it, for another one, what waits of captures into which nothing can be
    written. `root` is where segments are; for the rest see Portions."""

    def __init__(
        self,
        archive: Archive,
        account: str,
        counters: Counters,
        aside: Aside,
        now: Callable[[], int],
        newcomers: Newcomers,
        root: Path,
    ) -> None:
        self._portions = Portions(archive, account, counters, aside, now, newcomers)
        self._aside, self._root = aside, root
        self.late = Late(root, self._portions, self._do_chores)
        self._joint = True
        self._torn = False
        self._unread = False  # does the disk not give what waits, and that was told
        self._late_left = 0, 0
        self._good: list[str] = []  # captures that could be written last, before others
        self._chores: dict[tuple[str, str], Chore] = {}
        self._lock = Lock()

    def users_once(self, captures: Collection[str]) -> None:
        """These are the captures whose authors do not come along."""
        self._portions.once = captures

    def chore(self, index: str, key: str, do: Chore) -> None:
        """Something small to be noted of a capture in the archive, as soon as it can be; the newest of a key alone."""
        with self._lock:
            self._chores.pop((index, key), None)
            self._chores[index, key] = do

    def begins_anew(self) -> bool:
        """Whether a file of the archive is another one since this was asked last: what was noted in it may be missing."""
        moved = self.late.moved.is_set()
        self.late.moved.clear()
        return moved

    def left(self, stop: Event) -> None:
        """First of all: write what dead processes of this host have left."""
        try:
            for old in segments.left(self._root):
                if old.capture:
                    self.late.adopt(old)
                    continue
                log.info("writing what an earlier run left in %s", old.folder)
                backlog = Backlog(old)
                self.work(backlog, stop, until_empty=True)
                backlog.close()
        except OSError as error:
            log.warning("what an earlier run left in %s waits for the next one: %s", self._root, error.strerror)

    def work(self, backlog: Backlog, stop: Event, *, until_empty: bool = False) -> None:
        """Write until told to stop, or until nothing waits."""
        while not stop.is_set() and (backlog.waiting or not until_empty):
            if not self._step(backlog, 0.5):
                backlog.to_disk()
                stop.wait(FULL)

    def finish(self, backlog: Backlog, seconds: float) -> bool:
        """Write what waits, for so long; whether all is written. What single captures have waiting goes to disk."""
        until = time.monotonic() + seconds
        while backlog.waiting and time.monotonic() < until:
            if not self._step(backlog, 0.0):
                break
        self._all_chores()
        self._late_left = self.late.finish(until)
        return not (backlog.waiting + self.late.waiting)

    def leave(self, backlog: Backlog) -> None:
        """What waits stays on disk for the next run, as far as that takes it, which is told."""
        (kept, lost), (kept_late, lost_late) = backlog.close(), self._late_left
        if kept + kept_late:
            log.warning("what waits stays in segments for the next run: %d bytes", kept + kept_late)
        if lost + lost_late:
            log.error("%d bytes of posts are lost, and are a gap: neither the archive nor the disk takes them", lost + lost_late)

    def _step(self, backlog: Backlog, seconds: float) -> bool:
        """The oldest batches, if there are some; False where there is no room for what the archive does not take of them, or the
        disk does not give them."""
        self._all_chores()
        try:
            batches = backlog.some(seconds)
        except Torn as torn:
            log.warning("%s", torn)
            self._torn = True
            return True
        except OSError as error:
            if not self._unread:
                log.warning("what waits in segments cannot be read now, it is tried again: %s", error.strerror)
            self._unread = True
            return False
        self._unread = False
        if not batches:
            return True
        if self._torn:
            self._torn = False
            self._portions.broken(EVERY, batches[0].began + SKEW)
            for index in {index for batch in batches for index in batch.captures}:
                self.chore(index, "torn", partial(gaps.caused, index=tweets_index(index), at=batches[0].began, words=DAMAGED))
        if done := self._write([one for batch in batches if (one := self._apart(batch))]):
            backlog.done(len(batches))
        return done

    def _apart(self, batch: Batch) -> Batch | None:
        """A batch with its posts taken apart; None if they cannot be, and are put aside."""
        try:
            return replace(batch, pages=batch.taken_apart())
        except Exception as error:
            log.exception("a batch cannot be taken apart and is in the reject file")
            self._aside([(post.line, repr(error)) for post in batch.posts])
            self._portions.broken(EVERY, batch.ended + SKEW)
            return None

    def _write(self, batches: Sequence[Batch]) -> bool:
        whose = [(batch, batch.captures) for batch in batches]
        captures, hopeless = list(dict.fromkeys(index for _, those in whose for index in those)), False
        good = self._jointly(batches, captures)
        for index in self._in_order([index for index in captures if index not in good]):
            mine, began = [batch for batch, those in whose if index in those], time.monotonic()
            if not hopeless and self._written(mine, index):
                good.append(index)
                continue
            # A store that hangs is not asked for each capture in turn.
            hopeless = hopeless or time.monotonic() > began + SLOW
            if not all(self.late.put(index, batch.portion(index)) for batch in mine):
                return False
        self._good = good
        return True

    def _jointly(self, batches: Sequence[Batch], captures: Sequence[str]) -> list[str]:
        """Write the portions of all captures of which nothing waits in one step, where that is cheaper; those that are written,
        none where anything was in the way of any."""
        those = [index for index in captures if self.late.why(index) is None]
        try:
            if len(those) < 2 or not self._joint or not self._portions.archive.joint:
                return []
            self._portions.write_jointly(batches, those)
        except Exception as error:
            log.debug("each capture is written by itself: %r", error)
            self._joint = type(error) is not NetwarError  # a server that takes no such requests
            return []
        return those

    def _in_order(self, captures: list[str]) -> list[str]:
        """Those first into which something could be written a moment ago."""
        return sorted(captures, key=lambda index: index not in self._good)

    def _written(self, batches: Sequence[Batch], index: str) -> bool:
        """Whether a portion is written; it is not where older ones wait."""
        if self.late.why(index) is not None:
            return False
        try:
            self._portions.write(batches, index)
        except NetwarError as error:
            self.late.begin(index, error)
            return False
        return True

    def _all_chores(self) -> None:
        """Those of captures that are not late."""
        for index in dict.fromkeys(index for index, _ in [*self._chores]):
            if self.late.why(index) is None:
                try:
                    self._do_chores(index)
                except NetwarError as error:
                    self.late.begin(index, error)

    def _do_chores(self, index: str) -> None:
        """Raises NetwarError; what is not done is tried again."""
        while True:
            with self._lock:
                if (found := next(((key, do) for key, do in self._chores.items() if key[0] == index), None)) is None:
                    return
            key, do = found
            do(self._portions.archive)
            with self._lock:
                if self._chores.get(key) is do:
                    del self._chores[key]

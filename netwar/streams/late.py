"""Captures into which the archive takes nothing, while others go on: their portions wait on disk, each capture's by itself.

Everything of such a capture goes behind what waits, until nothing does: so no portion is written before an older one, and no
coverage is ahead of its posts.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

from netwar.errors import Moved, NetwarError
from netwar.streams import segments
from netwar.streams.backlog import Backlog
from netwar.streams.batches import Batch, Torn
from netwar.streams.portions import DAMAGED, MOVED, Portions
from netwar.streams.segments import Segments

log = logging.getLogger("netwar.streams")

WAITS = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between two tries
POLL = 0.5
IN_MEMORY = 2 << 20  # bytes of one capture where the disk takes nothing

Chores = Callable[[str], None]  # does what is to be noted of a capture; raises NetwarError


@dataclass(slots=True)
class _Waiting:
    """What waits of one capture, the oldest first, and when it is tried again."""

    backlogs: deque[Backlog] = field(default_factory=deque)
    why: str = ""
    tries: int = 0
    at: float = 0.0


class Late:
    """Portions that wait. One thread puts, another one writes; `root` is where the segments of an app are."""

    def __init__(self, root: Path, portions: Portions, chores: Chores) -> None:
        self._root, self._portions, self._chores = root, portions, chores
        self._waiting: dict[str, _Waiting] = {}
        self._lock = Lock()
        self.moved = Event()  # a file of the archive is another one by now

    def why(self, index: str) -> str | None:
        """Why portions of a capture wait, "" if that is not known yet; None if none do."""
        one = self._waiting.get(index)
        return None if one is None else one.why

    @property
    def waiting(self) -> int:
        """Bytes that wait."""
        return sum(backlog.waiting for one in [*self._waiting.values()] for backlog in [*one.backlogs])

    def begin(self, index: str, why: NetwarError) -> None:
        """The archive takes nothing of a capture now."""
        with self._lock:
            one = self._waiting.setdefault(index, _Waiting())
            self._hear(index, why)
            if not one.why:
                log.warning("posts of %s go to segments on disk, as the archive does not take them: %s", index, why)
                one.why, one.at = str(why), time.monotonic() + WAITS[0]

    def adopt(self, left: Segments) -> None:
        """What a dead process has left of a capture."""
        with self._lock:
            self._waiting.setdefault(left.capture, _Waiting()).backlogs.append(Backlog(left, 0, IN_MEMORY))

    def put(self, index: str, portion: Batch) -> bool:
        """Take a portion, behind those that wait; False where neither the disk nor memory has room."""
        with self._lock:
            one = self._waiting.setdefault(index, _Waiting())
            if not any(backlog.waiting for backlog in [*one.backlogs]):
                self._portions.mend(index, portion.began)
            portion = self._portions.floored(index, portion)  # the next run, which may be who writes it, knows of no floor
            if not one.backlogs:
                try:
                    one.backlogs.append(Backlog(segments.new(self._root, index), 0, IN_MEMORY))
                except OSError as error:
                    log.error("the disk takes no segments of %s: %s", index, error)
                    return False
            return one.backlogs[-1].put(portion)

    def work(self, stop: Event) -> None:
        """Write what waits, whenever the archive takes it, until told to stop."""
        while not stop.is_set():
            due = [index for index, one in [*self._waiting.items()] if one.at <= time.monotonic()]
            for index in due:
                self._try(index, stop.is_set)
            if not due:
                stop.wait(POLL)

    def finish(self, until: float) -> tuple[int, int]:
        """One more try for each, up to a time; bytes that stay on disk for the next run, and bytes that are lost."""
        for index in [*self._waiting]:
            if time.monotonic() < until:
                self._try(index, lambda: time.monotonic() > until)
        left = [backlog.close() for one in self._waiting.values() for backlog in one.backlogs]
        return sum(kept for kept, _ in left), sum(lost for _, lost in left)

    def _try(self, index: str, enough: Callable[[], bool]) -> None:
        """Write what waits of a capture, as far as it goes."""
        one = self._waiting[index]
        try:
            self._chores(index)
            while not enough():
                if not self._step(index, one):
                    return
        except (NetwarError, OSError) as error:  # the disk does not give what waits, as where too many files are open
            self._hear(index, error)
            one.why = str(error)
            one.at = time.monotonic() + WAITS[min(one.tries, len(WAITS) - 1)]
            one.tries += 1

    def _hear(self, index: str, error: Exception) -> None:
        """What is written from now on goes into another file, which has neither what came last nor, perhaps, what was noted."""
        if not isinstance(error, Moved):
            return
        self._portions.torn(index, MOVED)
        self.moved.set()

    def _step(self, index: str, one: _Waiting) -> bool:
        """Write the oldest portions; False if there was none, and the capture is late no more."""
        backlog = one.backlogs[0] if one.backlogs else None
        try:
            portions = backlog.some(0) if backlog else []
        except Torn as torn:
            log.warning("%s", torn)
            self._portions.torn(index, DAMAGED)
            return True
        if backlog and portions:
            self._portions.write(portions, index)
            backlog.done(len(portions))
            one.tries = 0
            return True
        return self._emptied(index, one, backlog)

    def _emptied(self, index: str, one: _Waiting, backlog: Backlog | None) -> bool:
        with self._lock:
            if backlog and backlog.waiting:
                return True
            if backlog:
                one.backlogs.popleft().close()
            if one.backlogs:
                return True
            del self._waiting[index]
        log.info("what waited of %s is in the archive", index)
        return False

"""Batches that wait for the archive: a few in memory, and in segment files beyond that.

What lies on disk is older than what lies in memory, always: who is killed loses the newest alone, and no coverage is ever
written over a hole.
"""

from __future__ import annotations

import logging
from collections import deque
from itertools import accumulate
from threading import Condition

from netwar.connections.folders import trouble
from netwar.streams.batches import Batch
from netwar.streams.segments import Segments

IN_MEMORY = 4 << 20  # bytes of lines; taken apart they take several times as much
OVERDUE = 5_000  # ms that a batch waits in memory: an archive that hangs is waited for up to a minute
AT_ONCE = 4 << 20  # bytes that are written at once where they have waited
LAST_RESORT = 32 << 20  # bytes in memory where the disk takes nothing

log = logging.getLogger("netwar.streams")


class Backlog:
    """The batches of this process between the stream and the archive, for one thread that puts and one that writes."""

    def __init__(self, segments: Segments, in_memory: int = IN_MEMORY, last_resort: int = 0) -> None:
        self._segments = segments
        self._in_memory = in_memory
        self._last_resort = last_resort
        self._memory: deque[Batch] = deque()
        self._size = 0
        self._changed = Condition()
        self._full = False  # is the disk, and that was told

    def put(self, batch: Batch) -> bool:
        """Take a batch; False where the disk is full, and there is no more room in memory: it is lost."""
        with self._changed:
            most = self._last_resort or LAST_RESORT
            if self._size + batch.size > most:
                self._flush()
                if self._size + batch.size > most:
                    return False
            self._memory.append(batch)
            self._size += batch.size
            late = batch.ended - self._memory[0].ended > OVERDUE
            if self._segments.bytes or self._size > self._in_memory or late:
                self._flush()
            self._changed.notify()
            return True

    def first(self, seconds: float) -> Batch | None:
        """The oldest batch, waited for so long; it stays until `done`. Raises Torn once for what is damaged."""
        with self._changed:
            if not self._waits():
                self._changed.wait(seconds)
            found = self._segments.first() if self._segments.bytes else None
            return found or (self._memory[0] if self._memory else None)

    def some(self, seconds: float) -> list[Batch]:
        """The oldest batches, waited for so long, as many as are written best at once; else as `first`."""
        with self._changed:
            if self.first(seconds) is None:
                return []
            if self._segments.bytes and (found := self._segments.some(AT_ONCE)):
                return found
            sizes = accumulate(batch.size for batch in self._memory)
            return [batch for batch, size in zip(self._memory, sizes, strict=True) if size <= AT_ONCE] or [self._memory[0]]

    def done(self, count: int = 1) -> None:
        """So many of the oldest batches are in the archive, or have been put aside."""
        with self._changed:
            for _ in range(count):
                if self._segments.bytes and self._segments.first() is not None:
                    self._segments.advance()
                elif self._memory:
                    self._size -= self._memory.popleft().size
            self._changed.notify_all()

    def to_disk(self) -> None:
        """The archive is away: let what lies in memory survive this process."""
        with self._changed:
            self._flush()

    @property
    def waiting(self) -> int:
        """Bytes that wait, in memory and on disk."""
        return self._size + self._segments.bytes

    @property
    def on_disk(self) -> int:
        """Bytes in segments."""
        return self._segments.bytes

    def close(self) -> tuple[int, int]:
        """Put on disk what is left: bytes that wait there, and bytes that the disk does not take, which are lost."""
        with self._changed:
            self._flush()
            self._segments.close()
            return self._segments.bytes, self._size

    def _waits(self) -> bool:
        return bool(self._memory or self._segments.bytes)

    def _flush(self) -> None:
        """Move what lies in memory behind what lies on disk, as far as the disk takes it."""
        try:
            while self._memory:
                self._segments.append(self._memory[0])
                self._size -= self._memory.popleft().size
            self._full = False
        except OSError as error:
            if not self._full:
                log.error("the disk does not take what waits for the archive, it stays in memory for now: %s", trouble(error))
            self._full = True

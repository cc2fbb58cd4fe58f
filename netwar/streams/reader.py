"""Reading apart from writing: the socket's thread puts lines into an inbox, as fast as they come, and looks into none of them."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition

from netwar.streams.lines import Splitter
from netwar.twitter.base import TransientError
from netwar.twitter.streaming import OpenStream

IN_MEMORY = 32 << 20  # bytes of lines; X cuts whoever reads too slowly, and that is a gap like others
OVERHEAD = 80  # bytes of a line beside its text
USED_UP = "more came than was set aside for it in the budget"
STOOD_STILL = 25.0  # seconds: a keep-alive comes each 20, so whoever reads nothing for so long was stopped itself

log = logging.getLogger("netwar.streams")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and when it came (ms at X); a keep-alive is empty."""

    at: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How a connection ended: what was wrong ("" if we closed it), when it began and when its last line came (ms), and whether
    it broke off within a line."""

    why: str
    connected: int
    last: int
    half: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A connection began, or was read again after this process had stood still, which `why` says (ms at X): whatever was made
    before may be missing."""

    at: int
    why: str = ""


Item = Line | Begun | Ended


class Inbox:
    """Lines between the socket and whoever looks into them, and where connections begin and end among them; bounded."""

    def __init__(self, most: int = IN_MEMORY) -> None:
        self._most = most
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._changed = Condition()
        self._closed = False
        self._enough = 1
        self._unbooked = 0
        self._came = deque([(0, 0)], maxlen=2)  # the last seconds in which something came, and how much

    def put(self, at: int, lines: list[bytes]) -> bool:
        """Take lines; waits while there is no room. False if nobody takes them out any more."""
        with self._changed:
            while self._bytes > self._most and not self._closed:
                self._changed.wait(1)
            if self._closed:
                return False
            self._items.extend(Line(at, text) for text in lines)
            self._bytes += sum(len(text) + OVERHEAD for text in lines)
            self._count(at // 1000, sum(bool(text) for text in lines))
            if len(self._items) >= self._enough:
                self._changed.notify_all()
            return True

    def mark(self, item: Begun | Ended) -> None:
        """Note where a connection begins, or ended."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def take(self, seconds: float, most: int) -> list[Item]:
        """What came within so many seconds, at most so many lines; nothing if nothing did."""
        until = time.monotonic() + seconds
        with self._changed:
            self._enough = most  # who puts wakes nobody for less
            while len(self._items) < most and not self._closed and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
            self._bytes -= sum(len(one.text) + OVERHEAD for one in taken if isinstance(one, Line))
            self._changed.notify_all()
            return taken

    def booked(self, items: Sequence[Item]) -> None:
        """What these have cost is known to the meter, or written down for it."""
        with self._changed:
            self._unbooked -= sum(isinstance(one, Line) and bool(one.text) for one in items)

    @property
    def unbooked(self) -> int:
        """Lines that may be posts and are not booked yet, those that were taken out included."""
        return self._unbooked

    @property
    def rate(self) -> int:
        """Of such lines, the most that came within one of the last two seconds in which any did."""
        return max(count for _, count in self._came)

    def _count(self, second: int, count: int) -> None:
        self._unbooked += count
        before, so_far = self._came[-1]
        if second == before:
            self._came[-1] = second, so_far + count
        elif count:
            self._came.append((second, count))

    def close(self) -> None:
        """Nobody waits any more: what is there can be taken out."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Nothing more comes in."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)


def read(
    stream: OpenStream,
    inbox: Inbox,
    closed: Callable[[], bool],
    heard: Callable[[int], None],
    may_read: Callable[[], bool] = lambda: True,
) -> Ended:
    """Read a connection to its end. `closed` tells whether we ended it, `heard` is told when something came, `may_read` says
    whether there is money for more: the end has come where there is not, without asking anybody who may not answer.

    What time it is at X follows from the connect's Date and a steady clock: clocks that are set change nothing. Who was stopped
    for a while reads what was sent long ago, and X may have ended the connection since: that it comes now proves nothing of then.
    """
    began, splitter, last, why = time.monotonic(), Splitter(), stream.connected, ""
    try:
        for chunk in stream.chunks():
            before, last = last, stream.connected + int((time.monotonic() - began) * 1000)
            if (stood := (last - before) / 1000) > STOOD_STILL:
                log.warning("the stream was not read for %.0f s: what was made meanwhile may be missing", stood)
                inbox.mark(Begun(last, f"the stream was not read for {stood:.0f} s"))
            heard(last)
            if (lines := splitter.feed(chunk)) and not inbox.put(last, lines):
                break
            if not may_read():
                why = USED_UP
                break
        why = "" if closed() else why or "X ended the connection"
    except TransientError as error:
        why = "" if closed() else error.what
    return Ended(why, stream.connected, last, bool(splitter.half))

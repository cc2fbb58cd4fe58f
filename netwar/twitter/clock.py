"""What time it is at X: by the Date of its answers, which has whole seconds, and the meter's steady clock in between."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from netwar.errors import ServiceDown
from netwar.meter.base import Money
from netwar.twitter.base import TransientError
from netwar.twitter.problems import Glitch, Reply

SLIP = 60.0  # seconds: an answer whose Date is further from what was expected is not believed without a second one
BACK_MS = 60_000  # what is further back is another time, and no earlier answer

log = logging.getLogger("netwar.twitter")


class XClock:
    """Tells the time of answers. `look` gets one that is about nothing else, and may raise Glitch."""

    def __init__(self, money: Money, look: Callable[[], Reply]) -> None:
        self._money = money
        self._look = look
        self._last = 0

    def now(self) -> int:
        """What time it is at X, in ms, as far as is known."""
        try:
            return max(int(self._money.now() * 1000), self._last)
        except ServiceDown:
            return max(time.time_ns() // 1_000_000, self._last)

    def ask(self) -> None:
        """Let X tell the meter what time it is. Raises TransientError when X cannot be asked."""
        try:
            reply = self._believed(self._look())
        except Glitch as glitch:
            raise TransientError(str(glitch), "X may be down, or the connection cut; run again later") from glitch
        self._money.learn_time(reply.date.timestamp() if reply.date else self._money.now(), _took(reply))

    def read(self, reply: Reply) -> tuple[datetime, int]:
        """The Date of an answer, and the version of what came with it: ms that lie within the Date's second, and behind those
        of every earlier answer of this run. One that is no Date is taken to be now.
        """
        known = None
        with suppress(ServiceDown):  # what came is paid for, and is to be kept
            reply = self._believed(reply)
            known = self._money.learn_time(reply.date.timestamp(), _took(reply)) if reply.date else self._money.now()
        date = reply.date or datetime.fromtimestamp(self.now() // 1000, UTC)
        start = int(date.timestamp()) * 1000
        version = start if known is None else min(max(int(known * 1000), start), start + 999)
        if version <= self._last < version + BACK_MS:
            version = self._last + 1
        self._last = version
        return date, version

    def _believed(self, reply: Reply) -> Reply:
        """The answer that tells the time. Where it is not what was expected X is asked again, and what was told twice holds."""
        if reply.date is None or _fits(reply, self._money.now()):
            return reply
        try:
            second = self._look()
        except (Glitch, ServiceDown):
            return reply
        if second.date is None or _fits(second, reply.date.timestamp() + _took(reply)):
            return reply
        log.warning("X dated an answer %s, and another one %s: the latter is believed", reply.date, second.date)
        return second


def _took(reply: Reply) -> float:
    """Seconds since an answer was asked for."""
    return time.monotonic() - reply.asked


def _fits(reply: Reply, expected: float) -> bool:
    """Whether it may be this time at X (seconds since 1970) by an answer, or a little earlier or later."""
    return reply.date is None or -SLIP <= expected - reply.date.timestamp() <= 1 + _took(reply) + SLIP

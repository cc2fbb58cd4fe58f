"""When to connect again: X's series, within the connects that it allows.

Facts: docs.x.com, filtered stream, handling disconnections: at once; then after network trouble 250 ms more each time, to
16 s; after an HTTP error 5 s, doubling to 320 s; after 429 one minute, doubling. An app may connect 50 times in 15 minutes,
and the first of these series alone would use them up in 319 s: the window wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Trouble = Literal["network", "http", "limited"]

WINDOW, CONNECTS = 900_000, 50  # ms, and connects in them
SPARED = 2  # of them, for a clock of X that is not quite ours, and for a connect whose note was lost
HEALTHY = 60_000  # ms that a connection must have lived until the series begin anew
LONGEST_LIMITED = 960.0  # seconds


class BackOff:
    """The waits of one app, in seconds. Times are ms."""

    def __init__(self) -> None:
        self._failed: dict[Trouble, int] = {}

    def lived(self, ms: int) -> None:
        """A connection ended that had stood so long."""
        if ms >= HEALTHY:
            self._failed.clear()

    def wait(self, trouble: Trouble) -> float:
        """Seconds to wait after this trouble, longer each time."""
        times = self._failed[trouble] = self._failed.get(trouble, 0) + 1
        if trouble == "network":
            return min(0.25 * (times - 1), 16.0)
        if trouble == "http":
            return min(5.0 * 2.0 ** min(times - 1, 10), 320.0)
        return min(60.0 * 2.0 ** min(times - 1, 10), LONGEST_LIMITED)


def until_allowed(connects: Sequence[int], now: int) -> float:
    """Seconds until X takes one more connect; `connects` are when those before were tried, oldest first (ms)."""
    recent = [at for at in connects if now - WINDOW < at <= now + WINDOW]
    if len(recent) < CONNECTS - SPARED:
        return 0.0
    return max((recent[-(CONNECTS - SPARED)] + WINDOW - now) / 1000, 0.0) + 0.001

"""The sandbox's time: it runs like any clock or faster, and can be set, moved on and stopped."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate

EPOCH = 1_288_834_974_657  # ms: where X's snowflake ids begin to count
FASTEST = 100_000


class Clock:
    """Milliseconds since 1970, UTC."""

    def __init__(self, start: int | None = None, speed: float = 1.0) -> None:
        self._since = real()
        self._stood = self._since if start is None else start  # what it showed at that time
        self._speed = speed
        self._frozen = False

    @property
    def speed(self) -> float:
        """How many of its seconds pass in one of the machine's, unless it stands still."""
        return self._speed

    def now(self) -> int:
        return self._stood if self._frozen else self._stood + int((real() - self._since) * self._speed)

    def set(self, when: int) -> None:
        self._stood, self._since = when, real()

    def freeze(self, frozen: bool) -> None:
        """Stop the clock at the present moment, or let it run on from where it stands."""
        self.set(self.now())
        self._frozen = frozen

    def run(self, speed: float) -> None:
        """Run faster or slower from now on. Raises ValueError for a speed that no clock has."""
        if not 0 < speed <= FASTEST:
            raise ValueError(f"its speed must be above 0 and at most {FASTEST:,}, not {speed}")
        self.set(self.now())
        self._speed = speed


def real() -> int:
    """The machine's own time in ms."""
    return time.time_ns() // 1_000_000


def parse_time(text: str) -> int:
    """ISO 8601 to ms; without a zone it is UTC. Raises ValueError."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)


def iso(ms: int) -> str:
    """As X writes times: to the second, with `.000Z`."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()[:19] + ".000Z"


def day(ms: int) -> str:
    """The UTC day, as 2026-01-31."""
    return datetime.fromtimestamp(ms // 1000, UTC).isoformat()[:10]


def http_date(ms: int) -> str:
    """As in the Date header."""
    return formatdate(ms // 1000, usegmt=True)

"""The sandbox's time: it runs like any clock, and can be set, moved on and stopped."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from email.utils import formatdate

EPOCH = 1_288_834_974_657  # ms: where X's snowflake ids begin to count


class Clock:
    """Milliseconds since 1970, UTC."""

    def __init__(self, start: int | None = None) -> None:
        self._offset = 0
        self._frozen: int | None = None
        if start is not None:
            self.set(start)

    def now(self) -> int:
        return self._frozen if self._frozen is not None else real() + self._offset

    def set(self, when: int) -> None:
        self._offset = when - real()
        if self._frozen is not None:
            self._frozen = when

    def freeze(self, frozen: bool) -> None:
        """Stop the clock at the present moment, or let it run on from where it stands."""
        now = self.now()
        self._frozen = now if frozen else None
        self._offset = now - real()


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

"""Times in files: there are many millions of them, so most of each is remembered."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

HOUR = 3_600_000  # ms
MINUTES = tuple(f"{second // 60:02}:{second % 60:02}." for second in range(3600))
MILLISECONDS = tuple(f"{ms:03}Z" for ms in range(1000))


def moment(ms: int) -> str:
    """A time (ms) as X writes it, as `records.times.shown` does, several times as quickly."""
    hour, rest = divmod(ms, HOUR)
    return f"{_hour(hour)}{MINUTES[rest // 1000]}{MILLISECONDS[rest % 1000]}"


@lru_cache(maxsize=1 << 14)
def _hour(number: int) -> str:
    """Up to its colon; the hours of two years are remembered."""
    return datetime.fromtimestamp(number * 3600, UTC).strftime("%Y-%m-%dT%H:")

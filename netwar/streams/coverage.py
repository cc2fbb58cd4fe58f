"""Which times of a capture are covered: while the connection stood, its rules were at X, and what came is in the archive.

Coverage is told, never gaps: what was not covered while a capture was valid is a gap, so a power cut or a full disk needs no
write to become one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netwar.archive.marks import Period
from netwar.coverage import Span
from netwar.records.documents import tweets_index

# Facts about X: docs.x.com says seconds, and nobody has seen more than about 20, until a rule works; half of the posts come
# within some 3 seconds of their making, one in a hundred later than 7. A keep-alive comes each 20 seconds.
RULE_DELAY = 20_000  # ms
LATE = 30_000  # ms
SKEW = 2_000  # ms by which what we take for X's time may be behind: it comes with an answer, and a post may be made meanwhile
QUIET = 10_000  # ms: a capture without posts is told to be covered so often; with LATE and a keep-alive it makes a minute


@dataclass(frozen=True, slots=True)
class Standing:
    """Which terms of a capture stand at X wholly, and since when (ms)."""

    terms: int
    since: int


@dataclass(slots=True)
class _Open:
    low: int
    end: int | None = None
    since: int = 0


class Tracker:
    """What is covered on the connection that stands, by capture and terms. Times are ms at X."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], _Open] = {}
        self._certain, self._looked = 0, 0

    def broken(self, at: int) -> None:
        """Whatever was made before `at` may be missing: a new connection, a batch that was lost, a line nobody could read."""
        self._certain = max(self._certain, at)
        for one in self._open.values():
            one.low = max(one.low, at)

    def stand(self, standing: Mapping[str, Standing], at: int, looked: int) -> None:
        """What stands at X by now, as far as it was `looked` at: others may remove it at any time, so nothing is covered beyond.
        What does so no more is covered up to `at`, once its last posts must have come."""
        self._looked = looked
        now = {(index, one.terms): one.since for index, one in standing.items()}
        for key, one in self._open.items():
            if key not in now:
                one.end = at if one.end is None else one.end
        for key, since in now.items():
            begun = self._open.get(key)
            if begun is None or begun.end is not None or begun.since != since:
                low = max(self._certain, since + RULE_DELAY, begun.low if begun else 0)
                self._open[key] = _Open(low, None, since)

    def covered(self, upto: int, posts: Mapping[str, int]) -> list[Period]:
        """What becomes covered, with so many posts of each capture, by a line that came at `upto` (a keep-alive, too)."""
        found: list[Period] = []
        for (index, terms), one in [*self._open.items()]:
            high = min(upto - LATE, self._looked if one.end is None else one.end)
            count = posts.get(index, 0)
            if high > one.low and (count or one.end is not None or high - one.low >= QUIET):
                found.append(Period(tweets_index(index), f"stream/{terms}", Span(one.low, high, count)))
                one.low = high
            if one.end is not None and upto - LATE >= one.end:
                del self._open[index, terms]
        return found

    def lost(self) -> None:
        """The connection is gone: nothing is covered until the next one."""
        self._open.clear()

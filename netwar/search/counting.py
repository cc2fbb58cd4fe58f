"""How many posts there would be, by X's counts, before any of them is bought. Each request for a count costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from netwar.records.expressions import joined
from netwar.search.planning import halves
from netwar.search.reading import WEEK_MS
from netwar.twitter.base import Counted, QueryRefused, TransientError

DAY_MS = 86_400_000
PAGE_MS = 31 * DAY_MS  # docs.x.com, full-archive post counts: what one request reaches back
STEP_MS = 60_000
DAYS_OF_MONTH = 30
Counts = list[tuple[int, int, int]]  # (from ms, to ms, posts), oldest first
LENGTHS = {"minute": 60_000, "hour": 3_600_000, "day": DAY_MS}


@dataclass(frozen=True, slots=True)
class Estimate:
    """So many posts from `since` to `until` (ms), by X's counts, which cost `micro` themselves.

    What matches several of the queries that were counted is in it several times: there are that many at most. `post` and `author`
    are what X charges for one (micro-dollars).
    """

    posts: int
    since: int
    until: int
    micro: int
    post: int
    author: int

    @property
    def a_day(self) -> float:
        """Posts a day."""
        return self.posts * DAY_MS / max(self.until - self.since, 1)

    @property
    def micro_a_day(self) -> float:
        """What the posts of a day cost, without their authors."""
        return self.a_day * self.post

    def hours_to(self, left: int) -> float | None:
        """Hours until so many posts are read; None if that takes longer than a month."""
        hours = left * 24 / self.a_day if self.a_day else None
        return hours if hours is not None and hours < DAYS_OF_MONTH * 24 else None


class Counter(Protocol):
    """Who asks X for counts: as much of `Twitter` as that takes."""

    def now(self) -> int: ...
    def counts(self, query: str, *, index: str, since: int, until: int, full: bool = False, by: str = "hour") -> Counted: ...


def requests(queries: int, since: int, until: int, *, full: bool) -> int:
    """How many requests counting takes."""
    return queries * (-(-(until - since) // PAGE_MS) if full else 1)


def earliest(now: int) -> int:
    """The earliest time (ms) that recent counts reach back to, where it is `now` at X."""
    return now - WEEK_MS + STEP_MS


def count(
    twitter: Counter, query: str, since: int, until: int, *, index: str, full: bool = False, by: str = "hour"
) -> tuple[Counts, int]:
    """(from ms, to ms, posts) of each stretch of a time, oldest first, and what it cost. Times are rounded to minutes; those of
    recent counts reach back seven days at most.

    Raises what Twitter.counts does.
    """
    stretches: Counts = []
    micro = 0
    if not full:
        since = max(since, earliest(twitter.now()))
    since, until = (-(-ms // STEP_MS) * STEP_MS for ms in (since, until))
    until = min(until, twitter.now() - STEP_MS)
    while until > since:
        # By time and not by token: X is known to hand out the same token for ever, and each request costs.
        counted = twitter.counts(query, index=index, since=since, until=until, full=full, by=by)
        micro += counted.micro
        reached = counted.stretches[0][0]
        if reached >= until:
            raise TransientError("X counts another time than it was asked for", "it is paid for, but of no use; run again later")
        stretches = [*counted.stretches, *stretches]
        if not counted.more:
            break
        until = reached
    return _whole(stretches, LENGTHS[by]), micro


def sifted(lines: Sequence[str], ask: Callable[[str], tuple[Counts, int]]) -> tuple[Counts, int, dict[str, str]]:
    """(the counts, what they cost, the lines that X refuses with its reason) of lines that are counted together: `ask` counts
    a query. Where X refuses it, it is asked in halves: the others are not lost with a line that X does not take."""
    try:
        return *ask(joined(lines)), {}
    except QueryRefused as refused:
        if len(lines) == 1:
            return [], 0, {lines[0]: str(refused)}
    (some, cost, why), (others, more, besides) = (sifted(half, ask) for half in halves(lines))
    return [*some, *others], cost + more, why | besides


def _whole(stretches: Counts, length: int) -> Counts:
    """A day (hour, minute) that the end of a page has cut in two is one again."""
    found: Counts = []
    for start, end, posts in stretches:
        if found and found[-1][0] // length == start // length:
            found[-1] = (found[-1][0], end, found[-1][2] + posts)
        else:
            found.append((start, end, posts))
    return found

"""When each member is asked again: who posts much sooner than who posts little, and nobody later than the bound.

Times are in seconds, but for those of a member, which are ms since 1970 by X's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from netwar.meter.base import WINDOW_SECONDS
from netwar.queues.roster import Member
from netwar.records.text import plural

DAY = 86_400.0
SOONEST = 300.0  # more often than that nobody is asked, however much they post
POSTS = 10  # so many new ones are worth a request
SHARE = 0.9  # of a rate window is planned for; the rest is for newcomers and for what gaps need
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often members are asked: after the time of ten posts at their own rate, times `stretch`, and after `bound` at the
    latest.

    `wished` is the bound that the operator named; where that asks for more requests than the rate window of `capacity`
    has, `bound` is longer.
    """

    members: int
    capacity: int
    wished: float
    bound: float
    stretch: float = 1.0

    @property
    def is_short(self) -> bool:
        """Whether the rate window is too small for the bound that the operator named."""
        return self.bound > self.wished

    @property
    def round_seconds(self) -> float:
        """How long it takes to ask everybody once."""
        return self.members * WINDOW_SECONDS / self.capacity

    @property
    def lead(self) -> float:
        """How long before the bound a member is due, so that it can be kept."""
        return min(self.bound / 4, 2 * self.round_seconds + SOONEST)

    def interval(self, rate: float) -> float:
        """Seconds between two requests for a member who posts `rate` times a day."""
        return min(natural(rate, self.wished) * self.stretch, self.bound - self.lead)

    def due(self, member: Member) -> int:
        """When a member is to be asked (ms); 0 is at once."""
        if member.held:
            return member.held
        return member.asked + round(self.interval(member.rate) * 1000) if member.asked else 0

    def is_pressing(self, member: Member, now: int) -> bool:
        """Whether a member must go before newcomers, so as not to wait longer than the bound."""
        if member.held:
            return False
        return now >= (member.asked or member.since) + (self.bound - self.lead / 2) * 1000

    def __str__(self) -> str:
        """The warning that the window is too small."""
        needed = self.members * WINDOW_SECONDS / self.wished
        return (
            f"{plural(self.members, 'member')} within {spoken(self.wished)} each need {needed:,.0f} requests in "
            f"{spoken(WINDOW_SECONDS)}, and the account has {self.capacity:,}: "
            f"each is asked every {spoken(self.bound)} instead"
        )


def natural(rate: float, within: float) -> float:
    """The time of ten posts at a rate (posts a day), between five minutes and `within`."""
    return min(max(POSTS * DAY / rate, SOONEST), within) if rate > 0 else within


def planned(rates: Iterable[float], within: float, capacity: int) -> Schedule:
    """The schedule for members who post at these rates (posts a day), asked within so many seconds, with so many requests in a
    rate window."""
    wished = [natural(rate, within) for rate in rates]
    most = max(capacity * SHARE, 1.0)
    least = len(wished) * WINDOW_SECONDS / within
    if least > most:
        return Schedule(len(wished), capacity, within, len(wished) * WINDOW_SECONDS / most, stretch=float("inf"))

    def fits(stretch: float) -> bool:
        return sum(WINDOW_SECONDS / min(one * stretch, within) for one in wished) <= most

    return Schedule(len(wished), capacity, within, within, _least(fits, within / SOONEST))


def _least(fits: Callable[[float], bool], most: float) -> float:
    """The least stretch from 1 to `most` that fits; the last one surely does."""
    if fits(1.0):
        return 1.0
    low, high = 1.0, max(most, 1.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high


def learned(rate: float, posts: int, seconds: float) -> float:
    """The rate of a member (posts a day) after `posts` new ones in so many seconds: the last day counts half."""
    if seconds <= 0:
        return rate
    weight = seconds / (seconds + DAY)
    return rate * (1 - weight) + posts * DAY / seconds * weight


def spoken(seconds: float) -> str:
    """A length of time for people: 15 minutes, 26 hours, 3.5 days."""
    for unit, length in (("day", DAY), ("hour", 3600.0), ("minute", 60.0)):
        if seconds >= 2 * length or (seconds >= length and seconds % length == 0):
            number = round(seconds / length, 1)
            return f"{number:g} {unit}{'' if number == 1 else 's'}"
    return str(timedelta(seconds=round(seconds)).seconds) + " s"

"""What the back ends of the meter have in common in telling X's time: a guess that each answer puts right."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

DAY = 86_400
DAYS_KEPT = 4  # today is one: X charges an object once a UTC day, the rest is for clocks that differ and for looking back
BOOKED_WITHIN = 60.0  # seconds from an answer until it is booked
SLIGHT = 60.0  # seconds: by so much a guess is put right without more ado


@dataclass(frozen=True, slots=True)
class XTime:
    """A guess at X's time, in seconds since 1970: our steady `clock` and how far X's is `ahead` of it.

    `day` is the UTC day (ISO) of X's last answer, empty if there was none; `told` when an answer told `ahead` since our clock
    began anew.
    """

    clock: float
    ahead: float = 0.0
    day: str = ""
    told: bool = False

    @property
    def guess(self) -> float:
        return self.clock + self.ahead

    @property
    def now(self) -> float:
        """The guess, but not earlier than the day of which X told already."""
        return max(self.guess, midnight_of(self.day)) if self.day else self.guess

    @property
    def today(self) -> str:
        return day_of(self.now)

    @property
    def sure(self) -> bool:
        """Whether an answer has said that it is this day."""
        return self.told and day_of(self.guess) == self.day

    @property
    def first(self) -> str:
        """The first of the days that may be today."""
        return min(day_of(self.guess), self.day or self.today)

    def learnt(self, earliest: float, latest: float) -> XTime:
        """The guess put right: at X it is a time between these two. Not so near to midnight as to leave the day open."""
        now = min(max(self.guess, earliest), latest)
        day = day_of(now) if day_of(earliest) == day_of(now) else self.day
        return XTime(self.clock, now - self.clock if now != self.guess else self.ahead, day, True)


def day_of(seconds: float) -> str:
    return str(datetime.fromtimestamp(seconds, UTC).date())


def midnight(now: float) -> float:
    """When the UTC day of a time began."""
    return now - now % DAY


def midnight_of(day: str) -> float:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp()

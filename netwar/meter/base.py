"""The meter's two contracts. Money is counted in integer micro-dollars: 1,000,000 is one dollar."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from netwar.errors import NetwarError


@dataclass(frozen=True, slots=True)
class Purpose:
    """What money is spent for, as tw-spend shows it: the command and the index."""

    command: str
    index: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money set aside for one request, until it is settled or released."""

    id: str
    request: str
    micro: int
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Charge:
    """What one command bought of one kind for one index on one UTC day.

    `objects` were returned and new that day, so they cost; `free` had been paid for that day already.
    """

    day: date
    command: str
    index: str
    kind: str
    objects: int
    free: int
    micro: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What a configuration allows the app on a UTC day, in micro-dollars: its file, and the host where that is."""

    micro: int
    file: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """How the budget of the UTC day at X stands. Money is micro-dollars.

    `budget` is the lowest among the configurations that reserved on this day, and one's own; `spent` is booked, `reserved` is
    what other live runs have set aside, and `doubtful` what X may have billed for answers that did not come whole. `sure`
    when X's last answer was of this day, `lowered` when the budget is that of another configuration.
    """

    day: date
    budget: Budget
    spent: int
    reserved: int
    doubtful: int
    sure: bool = True
    lowered: bool = False

    @property
    def left(self) -> int:
        return max(self.budget.micro - self.spent - self.reserved - self.doubtful, 0)

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what was spent: then as much as any budget is in doubt, until the day ends."""
        return self.doubtful >= EVERYTHING

    @property
    def in_doubt(self) -> int:
        """What is in doubt, as people are told it: no more than the rest of the budget where it is all that there can be."""
        return max(self.budget.micro - self.spent - self.reserved, 0) if self.unknown else self.doubtful


def present(budget: Budget, host: str) -> Budget | None:
    """What the file says now that a budget is of, if it says something else and may be read; `host` is this one."""
    from netwar.config import load

    if budget.host != host or not os.path.isfile(budget.file):  # others may write to the meter, and name a pipe or a device
        return None
    try:
        micro = load(Path(budget.file)).budget
    except NetwarError:
        return None
    return None if micro == budget.micro else replace(budget, micro=micro)


class DoesNotFit(Exception):
    """A reservation is larger than what the budget leaves.

    `left` is what may still be reserved (micro-dollars), `reserved` what other live runs have open right now (their settling
    may make room), `budget` the one that forbids it. Not `sure`: it might fit if X said what day it is.
    """

    def __init__(self, left: int, reserved: int, budget: Budget, *, sure: bool = True) -> None:
        super().__init__(f"{left} micro-dollars left, {reserved} held by open reservations")
        self.left = left
        self.reserved = reserved
        self.budget = budget
        self.sure = sure


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw booked, and what is set aside from now on.

    `cost` is what was new, in micro-dollars, for each of the purposes in their order. `slice` stands under its old id;
    `refused` says why the next one is not set aside, None if it is.
    """

    cost: tuple[int, ...]
    slice: Reservation
    refused: DoesNotFit | None = None


Bought = Sequence[tuple[Purpose, Collection[tuple[str, str]]]]  # for each purpose the (kind, id) that came

EVERYTHING = 1 << 50  # micro-dollars: more than any request costs or budget allows, and exact in every store


@dataclass(frozen=True, slots=True)
class MadeGood:
    """How much of what the same request may have bought in vain before an answer has brought after all.

    `micro` is what so much can have cost, None for as much as was reserved. What is newer than the doubt stands first and moves
    others on to the next page, `each` micro-dollars for a post. A page that begins higher than the other one ends higher, too: by
    as many of the posts `resumed` as were paid for that day before.
    """

    micro: int | None = None
    each: int = 0
    resumed: tuple[str, ...] = ()

    def left(self, doubt: int, reserved: int, newer: int, before: int) -> int:
        """What stays of a doubt (micro-dollars), with so many posts newer than it, and `before` of `resumed` paid for before."""
        made_good = (reserved if self.micro is None else self.micro) - before * self.each
        return min(doubt, max(doubt - made_good, 0) + newer * self.each)


AS_RESERVED = MadeGood()

# A reservation that is older (seconds) is not waited for: its run has died on another host, or its request hangs.
OVERDUE = 600


class Money(Protocol):
    """Spending of one app key by UTC day, shared by every process that asks with it.

    The kinds of objects are those of the price table: `post`, `user`, ... Days are X's. A new day has a budget of its own
    when an answer of X said that it has begun; our own clock may be wrong, or be set, so while it alone says so, what was
    spent on the days before counts as well.

    A reservation is in doubt when nobody will settle it, though X may have billed its request: the answer did not come
    whole, or the run died. It counts until an answer to the same request has brought the same things, as far as it has, or
    until its day ends. Several doubts of one request are of the same things.
    """

    def price(self, most: Mapping[str, int]) -> int:
        """What so many objects of each kind cost at most, in micro-dollars."""

    def reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """Set aside the most that a request can cost. `request` names it: what is in doubt under the same name, or is this
        run's own, is not counted again, as far as this one covers it.

        Raises DoesNotFit if spent today + open reservations + this one would exceed the budget: one's own, or the lowest
        among the configurations that reserved today.
        """

    def allows(self, budget: Budget) -> None:
        """A configuration which reserved today, another or one's own, says something else by now."""

    def learn_time(self, at: float, took: float) -> float:
        """Learn what time it is at X from an answer whose Date header (whole seconds) is `at`, `took` seconds after it
        was asked for; what `now` tells then. `at` is believed: who tells it has seen to it that it is no slip."""

    def now(self) -> float:
        """What time it is at X, in seconds since 1970, as far as its answers told; never earlier than they did."""

    def told(self) -> bool:
        """Whether an answer has told the time since our clocks last began anew: `now` can be relied on."""

    def settle(
        self, reservation: Reservation, objects: Iterable[tuple[str, str]], at: datetime, made_good: MadeGood = AS_RESERVED
    ) -> int:
        """Book the (kind, id) that came, on the UTC day of the answer's Date header `at`, and close the
        reservation, and the doubts that the answer has made good. Only what is new that day costs. What it cost, in
        micro-dollars."""

    def draw(self, slice: Reservation, bought: Bought, at: datetime, next: Mapping[str, int]) -> Drawn:
        """Book what a stream brought out of a slice of the budget, on the UTC day of `at`, and set the next slice aside in its
        place, as one step: between two of them nobody else can take what the stream is about to cost.

        What came twice costs the first purpose alone. Where the `next` slice does not fit, what is left of this one stays set
        aside, as X may be sending still; what came is booked all the same. Tells the meter no time: what is booked late, since
        the meter was away, must not set it back.
        """

    def release(self, reservation: Reservation) -> None:
        """Close a reservation whose request surely bought nothing."""

    def doubt(self, reservation: Reservation) -> None:
        """Leave a reservation open, in doubt: X may have billed an answer that did not come whole."""

    def today(self) -> date:
        """The UTC day that it is at X by `now`."""

    def spent(self, day: date | None = None) -> int:
        """Micro-dollars booked on a UTC day (default: today), open reservations left out."""

    def balance(self) -> Balance:
        """How the budget stands, as `reserve` would find it."""

    def reserved(self) -> int:
        """Micro-dollars in open reservations of live runs, this one's left out: their settling may make room."""

    def doubtful(self) -> int:
        """Micro-dollars in reservations that are in doubt."""

    def charges(self, since: date | None = None) -> list[Charge]:
        """What was bought from a day on (default: everything), oldest first."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rate window as the headers of X last told it. Times are seconds since 1970 on our clock."""

    endpoint: str
    limit: int
    remaining: int
    reset: float
    seen: float


class Apps(Protocol):
    """Which app the bearer tokens belong to, for every configuration. Tokens and apps are hashes, as in `Settings.app`."""

    def of(self, token: str) -> str | None:
        """The app of a bearer token; None of one that nobody recorded."""

    def record(self, token: str, app: str) -> None:
        """X gave out this token for that app. What was booked for the token alone is the app's from now on."""


LONGEST_WINDOW = 86_400.0  # docs.x.com, rate limits: windows are of 15 minutes or a day
SAME_WINDOW = 2.0  # seconds; X tells the reset in whole ones, and the way to our clock adds to that
WINDOW_SECONDS = 900  # docs.x.com, X API, fundamentals, rate limits: every window but the daily ones is 15 minutes


class Windows(Protocol):
    """The rate windows of every token, remembered for all the processes that ask with it.

    `token` is any string that stands for the token (never the token itself: callers hand a hash).
    """

    def take(self, token: str, endpoint: str, limit: int) -> float | None:
        """Count one request before it is made: None to go ahead, else seconds to wait. `limit` per
        15 minutes holds only until the first answer tells the real one."""

    def update(self, token: str, endpoint: str, *, limit: int, remaining: int, reset: float) -> None:
        """Remember what an answer's headers said. Of two answers of one window the lower rest counts."""

    def block_until(self, token: str, endpoint: str, until: float) -> None:
        """X said the window is spent: nobody asks before `until`."""

    def windows(self, *tokens: str) -> list[list[Window]]:
        """What is remembered of each token, by endpoint."""

"""Nobody waits longer than the bound, whatever newcomers come: days of rounds, counted out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from netwar.coverage import Record, Span
from netwar.queues.roster import Change, Member, Round
from netwar.records.ids import first_id
from netwar.tracking.rounds import Rounds
from tests.randomly import SEED

BEGAN = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WINDOW = 15 * MINUTE


class Line(list[str]):
    """A queue of which only the order matters."""

    def put(self, users: Iterable[str]) -> int:
        new = [user for user in users if user not in self]
        self.extend(new)
        return len(new)


@dataclass
class Sheet:
    """A roster on paper."""

    seen: dict[str, Member] = field(default_factory=dict)
    adds: Line = field(default_factory=Line)
    work: Line = field(default_factory=Line)
    last: Round = field(default_factory=Round)

    def members(self) -> Iterator[Member]:
        return iter([*self.seen.values()])

    def member(self, user: str) -> Member | None:
        return self.seen.get(user)

    def change(self, user: str, change: Change) -> Member | None:
        self.seen[user] = change(self.seen[user])
        return self.seen[user]

    def round(self) -> Round:
        return self.last

    def begin_round(self, number: int, users: Iterable[str], at: int) -> bool:
        if self.adds or self.work or number != self.last.number + 1:
            return False
        self.last = Round(number, at, self.work.put(users))
        return True

    def turn(self, what: str, seconds: float) -> bool:
        return True

    def join(self, user: str, at: int) -> None:
        self.seen[user] = Member(user, since=at, lists=("7",))
        self.adds.put([user])


class Ledger:
    """What is known of the members: all that they posted, at an even pace, until they were asked last."""

    def __init__(self, rates: dict[str, float]) -> None:
        self.rates = rates
        self.asked: dict[str, int] = {}

    def record(self, index: str, user: str) -> Record:
        at = self.asked.get(user, 0)
        posts = int(self.rates[user] * (at - BEGAN + 10 * DAY) / DAY)
        spans = (Span(first_id(BEGAN - 10 * DAY), first_id(at), posts),) if posts else ()
        return Record(user, outcome="complete", asked=at, spans=spans)

    def records_of(self, index: str, users: Iterable[str]) -> dict[str, Record]:
        return {user: self.record(index, user) for user in users if user in self.asked}


class Days:
    """An account that asks as fast as its window allows, looking anew each minute, as cron has it."""

    def __init__(self, rates: dict[str, float], *, capacity: int, within: int) -> None:
        self.sheet, self.ledger = Sheet(), Ledger(rates)
        self.capacity = capacity
        self.rounds = Rounds(self.sheet, self.ledger, "a", within=within / 1000, capacity=capacity)  # type: ignore[arg-type]
        self.waited: dict[str, int] = {}  # the longest, by user
        self.asks: list[str] = []

    def run(self, begin: int, end: int) -> None:
        left = self.capacity
        for now in range(begin, end, MINUTE):
            if (now - begin) % WINDOW == 0:
                left = self.capacity
            if self.sheet.adds or self.sheet.work:
                self.rounds.hasten(now)
            while left and (user := self._next(now)):
                self._ask(user, now)
                left -= 1

    def _next(self, now: int) -> str | None:
        sheet = self.sheet
        if not sheet.adds and not sheet.work:
            self.rounds.begin(now)
        pressing = bool(sheet.work) and self.rounds.is_pressing(sheet.work[0], now)
        line = sheet.work if pressing or not sheet.adds else sheet.adds
        return line.pop(0) if line else None

    def _ask(self, user: str, now: int) -> None:
        before = self.sheet.seen[user].asked
        if before:
            self.waited[user] = max(self.waited.get(user, 0), now - before)
        self.ledger.asked[user] = now
        self.asks.append(user)
        self.rounds.ended(user, now)


def test_nobody_waits_longer_than_the_bound_while_newcomers_come_by_the_hundred() -> None:
    chance, bound = random.Random(SEED), 6 * HOUR
    users = [str(number) for number in range(1, 25)]
    rates = {user: chance.choice((0.0, 0.5, 3.0)) for user in users}
    newcomers = [str(number) for number in range(1_000, 1_180)]
    days = Days(rates | dict.fromkeys(newcomers, 0.0), capacity=9, within=bound)
    for user in users:
        days.sheet.join(user, BEGAN)
    days.run(BEGAN, BEGAN + 3 * HOUR)
    for user in newcomers:  # five hours' worth of requests
        days.sheet.join(user, BEGAN + 3 * HOUR)
    days.run(BEGAN + 3 * HOUR, BEGAN + 16 * HOUR)
    late = {user: wait / HOUR for user, wait in days.waited.items() if user in rates and wait > bound + MINUTE}
    assert not late
    assert days.waited.keys() >= {*users}


def test_when_the_window_is_too_small_all_wait_alike() -> None:
    users = [str(number) for number in range(1, 101)]
    days = Days(dict.fromkeys(users, 1.0), capacity=3, within=6 * HOUR)
    for user in users:
        days.sheet.join(user, BEGAN)
    days.run(BEGAN, BEGAN + DAY)
    longest = max(days.waited.values())
    assert 1.25 * 6 * HOUR < longest <= days.rounds.schedule.bound * 1_000 + MINUTE
    assert days.rounds.schedule.is_short
    assert len(days.asks) > 0.8 * 96 * 3, "and the window is used"


def test_those_who_post_most_are_asked_most() -> None:
    rates = {"1": 0.0, "2": 5.0, "3": 50.0, "4": 500.0}
    days = Days(rates, capacity=900, within=DAY)
    for user in rates:
        days.sheet.join(user, BEGAN)
    days.run(BEGAN, BEGAN + 4 * DAY)
    counts = [days.asks.count(user) for user in sorted(rates)]
    assert counts == sorted(counts)
    assert counts[0] <= 7
    assert counts[3] > 100


def test_a_member_who_fails_is_left_out_for_a_while() -> None:
    days = Days({"1": 1.0}, capacity=900, within=DAY)
    days.sheet.join("1", BEGAN)
    days.sheet.adds.clear()
    for second in range(5):
        days.rounds.failed("1", "X repeats itself", BEGAN + second)
    assert days.rounds.begin(BEGAN + HOUR - 1) == 0
    assert days.rounds.begin(BEGAN + HOUR) == 1
    days.sheet.work.clear()
    days._ask("1", BEGAN + HOUR)
    assert days.sheet.seen["1"].holds == 0


def test_what_another_observer_has_recorded_counts() -> None:
    days = Days({"1": 1.0, "2": 1.0}, capacity=900, within=DAY)
    for user in ("1", "2"):
        days.sheet.join(user, BEGAN)
    days.sheet.adds.clear()
    days.sheet.seen["1"] = replace(days.sheet.seen["1"], asked=BEGAN)
    days.ledger.asked["1"] = BEGAN + 2 * DAY
    assert days.rounds.begin(BEGAN + 2 * DAY) == 1
    assert days.sheet.work == ["2"]


def test_the_longest_overdue_come_first() -> None:
    days = Days({str(number): 1.0 for number in range(1, 6)}, capacity=900, within=DAY)
    chance, asked = random.Random(SEED), dict[str, Any]()
    for number in range(1, 6):
        days.sheet.join(str(number), BEGAN)
        asked[str(number)] = BEGAN + chance.randrange(DAY)
        days.sheet.seen[str(number)] = replace(days.sheet.seen[str(number)], asked=asked[str(number)])
    days.sheet.adds.clear()
    days.rounds.begin(BEGAN + 5 * DAY)
    assert days.sheet.work == sorted(asked, key=asked.__getitem__)

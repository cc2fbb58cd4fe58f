"""When members are asked again: by their own pace, within the bound, and stretched alike where the window is too small."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netwar.meter.base import WINDOW_SECONDS
from netwar.queues.roster import Member
from netwar.tracking.costs import costs
from netwar.tracking.holds import back, held
from netwar.tracking.schedule import DAY, SHARE, SOONEST, Schedule, learned, planned, spoken
from tests.randomly import randomly

HOUR_MS = 3_600_000
RATES = st.lists(st.floats(0, 5_000), min_size=1, max_size=400)


def member(**more: object) -> Member:
    return Member(user="1", since=1_000, lists=("7",), **more)  # type: ignore[arg-type]


def demand(schedule: Schedule, rates: list[float]) -> float:
    """Requests in a rate window, if everybody is asked when the schedule says."""
    return sum(WINDOW_SECONDS / min(schedule.interval(rate) + schedule.lead, schedule.bound) for rate in rates)


@randomly()
@given(RATES, st.floats(3_600, 7 * DAY), st.integers(15, 10_000))
def test_the_window_is_never_planned_fuller_than_it_is(rates: list[float], within: float, capacity: int) -> None:
    schedule = planned(rates, within, capacity)
    asked = sum(
        WINDOW_SECONDS / min(schedule.stretch * max(SOONEST, min(within, 10 * DAY / r if r else within)), schedule.bound)
        for r in rates
    )
    assert asked <= capacity * SHARE * 1.001


@randomly()
@given(RATES, st.floats(3_600, 7 * DAY), st.integers(15, 10_000))
def test_nobody_waits_longer_than_the_bound(rates: list[float], within: float, capacity: int) -> None:
    schedule = planned(rates, within, capacity)
    assert all(schedule.interval(rate) < schedule.bound for rate in rates)
    assert schedule.bound == within or schedule.is_short


@randomly()
@given(st.floats(0, 5_000), st.floats(0, 5_000), RATES)
def test_who_posts_more_is_asked_no_later(one: float, other: float, rates: list[float]) -> None:
    schedule = planned([one, other, *rates], DAY, 900)
    assert (one <= other) or schedule.interval(one) <= schedule.interval(other)


def test_quiet_members_are_asked_once_a_day_and_busy_ones_every_five_minutes() -> None:
    schedule = planned([0.0] * 480, DAY, 900)
    assert not schedule.is_short
    assert DAY * 0.7 < schedule.interval(0) < DAY
    assert planned([100.0], DAY, 900).interval(100) == DAY / 10
    assert planned([1e6], DAY, 900).interval(1e6) == SOONEST


def test_a_window_too_small_for_the_bound_stretches_all_alike_and_says_the_numbers() -> None:
    schedule = planned([0.0, 1_000.0] * 50_000, DAY, 900)
    assert schedule.is_short
    assert schedule.interval(0) == schedule.interval(1_000)
    assert str(schedule) == (
        "100,000 members within 1 day each need 1,042 requests in 15 minutes, and the account has 900: "
        "each is asked every 30.9 hours instead"
    )


def test_who_was_never_asked_is_due_at_once_and_who_is_held_when_that_ends() -> None:
    schedule = planned([0.0], DAY, 900)
    assert schedule.due(member()) == 0
    assert schedule.due(member(asked=5_000)) == 5_000 + round(schedule.interval(0) * 1000)
    assert schedule.due(member(asked=5_000, held=9_000_000)) == 9_000_000


def test_who_nears_the_bound_goes_before_newcomers() -> None:
    schedule = planned([0.0] * 480, DAY, 900)
    just_due = member(asked=1_000)
    assert not schedule.is_pressing(just_due, schedule.due(just_due))
    assert schedule.is_pressing(just_due, 1_000 + round(DAY * 1000))
    assert schedule.is_pressing(just_due, 1_000 + round((DAY - schedule.lead / 3) * 1000))
    assert not schedule.is_pressing(replace(just_due, held=1), 10**15)


def test_holds_double_from_an_hour_to_a_week() -> None:
    waits, now, user = [], 10**12, member()
    for _ in range(12):
        user = held(user, now, "suspended")
        waits.append((user.held - now) // HOUR_MS)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 168, 168, 168, 168]
    assert back(user) == replace(member(), held=0, holds=0, detail="")


@randomly()
@given(st.floats(0, 5_000), st.integers(0, 5_000), st.floats(1, 30 * DAY))
def test_a_learned_rate_lies_between_the_old_one_and_the_new_one(rate: float, posts: int, seconds: float) -> None:
    low, high = sorted((rate, posts * DAY / seconds))
    assert low * 0.999 - 1e-9 <= learned(rate, posts, seconds) <= high * 1.001 + 1e-9


def test_lengths_of_time_as_people_say_them() -> None:
    assert [spoken(s) for s in (59, 60, 900, 7_200, 86_400, 90_000, 129_600, 604_800)] == [
        "59 s", "1 minute", "15 minutes", "2 hours", "1 day", "25 hours", "36 hours", "7 days",
    ]  # fmt: skip


def test_who_was_asked_and_is_silent_has_a_pace_that_is_known() -> None:
    prices: Any = SimpleNamespace(price=lambda counts: sum(counts.values()))
    members = [Member("1", 1, ("9",), asked=5, rate=4.0), Member("2", 1, ("9",), asked=5), Member("3", 1, ("9",))]
    found = costs(members, prices)
    assert (found.unknown, found.posts) == (1, 6.0), "who was not asked yet is taken for one of the others"

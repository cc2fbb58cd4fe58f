"""Slices of the budget that a stream draws, one after the other, whatever keeps the meter."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from netwar.connections.runs import Run
from netwar.meter.base import Charge, DoesNotFit, Money, Purpose
from tests.contract.opening import SetClock, new_run, open_money, processes

POST, USER, BUDGET = 5_000, 10_000, 1_000_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ONE, TWO = Purpose("tw-stream", "one"), Purpose("tw-stream", "two")


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON.timestamp())


@pytest.fixture
def money(where: str, run: Run, clock: SetClock) -> Money:
    return open_money(where, run, BUDGET, clock=clock)


@pytest.fixture
def other(where: str, clock: SetClock) -> Money:
    """The same money as another live run sees it."""
    run = new_run(where)
    run.begin()
    return open_money(where, run, BUDGET, clock=clock)


def posts(*ids: int) -> list[tuple[str, str]]:
    return [("post", str(id)) for id in ids]


def test_what_came_is_booked_for_each_purpose_and_the_next_slice_stands_in_its_place(money: Money, other: Money) -> None:
    slice = money.reserve("stream 1", {"post": 10}, ONE)
    drawn = money.draw(slice, [(ONE, [*posts(1, 2), ("user", "1")]), (TWO, posts(2, 3))], NOON, {"post": 20})
    assert (drawn.cost, drawn.refused, drawn.slice.id) == ((2 * POST + USER, POST), None, slice.id)
    assert (other.spent(), other.reserved()) == (3 * POST + USER, 20 * POST)
    assert money.charges() == [
        Charge(TODAY, "tw-stream", "one", "post", 2, 0, 2 * POST),
        Charge(TODAY, "tw-stream", "one", "user", 1, 0, USER),
        Charge(TODAY, "tw-stream", "two", "post", 1, 1, POST),
    ]


def test_a_slice_that_brought_nothing_is_drawn_anew(money: Money, other: Money) -> None:
    drawn = money.draw(money.reserve("stream 1", {"post": 10}, ONE), [], NOON, {"post": 30})
    assert (drawn.cost, other.spent(), other.reserved()) == ((), 0, 30 * POST)


def test_slices_are_drawn_to_the_last_micro_dollar_and_not_beyond(money: Money, other: Money) -> None:
    slice = money.reserve("stream 1", {"post": 10}, ONE)
    left = BUDGET // POST - 4
    drawn = money.draw(slice, [(ONE, posts(1, 2, 3, 4))], NOON, {"post": left})
    assert drawn.refused is None
    with pytest.raises(DoesNotFit):
        other.reserve("page", {"like": 1}, ONE)
    drawn = money.draw(drawn.slice, [(ONE, posts(4, 5))], NOON, {"post": left})
    assert drawn.refused
    assert (drawn.refused.left, drawn.refused.reserved) == ((left - 1) * POST, 0)


def test_where_the_next_slice_does_not_fit_what_is_left_of_this_one_stays(money: Money, other: Money) -> None:
    slice = money.reserve("stream 1", {"post": 10}, ONE)
    theirs = other.reserve("page", {"post": 180}, ONE)
    drawn = money.draw(slice, [(ONE, posts(*range(4)))], NOON, {"post": 50})
    assert (drawn.cost, drawn.slice.micro) == ((4 * POST,), 6 * POST)
    assert drawn.refused
    assert (drawn.refused.left, drawn.refused.reserved) == (16 * POST, 180 * POST)
    assert (other.reserved(), other.spent()) == (6 * POST, 4 * POST)
    other.release(theirs)
    assert money.draw(drawn.slice, [], NOON, {"post": 50}).refused is None
    assert other.reserved() == 50 * POST


def test_more_may_come_than_the_slice_bears(money: Money, other: Money) -> None:
    """X bills what it sent: it is booked, though it was not foreseen."""
    slice = money.reserve("stream 1", {"post": 2}, ONE)
    drawn = money.draw(slice, [(ONE, posts(*range(5)))], NOON, {"post": 1000})
    assert (drawn.cost, drawn.slice.micro, drawn.refused is None) == ((5 * POST,), 0, False)
    assert (other.spent(), other.reserved()) == (5 * POST, 0)


def test_the_slice_of_a_stream_that_died_stays_in_doubt_beside_the_next_ones(where: str, money: Money) -> None:
    """What it read and did not book is on X's bill, and nothing that the next one reads makes that good."""
    script = """
where, budget, now = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
from netwar.meter.base import Purpose
money = open_money(where, new_run(where), budget, clock=SetClock(now))
slice = money.reserve("stream 1", {"post": 100}, Purpose("tw-stream", "one"))
print("drawn", flush=True)
sys.stdin.readline()
"""
    with processes(1, script, where, BUDGET, NOON.timestamp()) as [process]:
        assert process.says() == "drawn"
        process.kill()
    slice = money.reserve("stream 2", {"post": 100}, ONE)
    drawn = money.draw(slice, [(ONE, posts(*range(40)))], NOON, {"post": 60})
    assert (drawn.refused, money.doubtful(), money.balance().left) == (None, 100 * POST, 60 * POST)
    assert money.draw(drawn.slice, [], NOON, {"post": 61}).refused


def test_what_yesterday_left_in_doubt_takes_nothing_of_today(money: Money, other: Money, clock: SetClock) -> None:
    """A stream draws over midnight, and reserves nothing anew."""
    money.learn_time(clock.now, 0)
    other.doubt(other.reserve("page", {"post": 150}, ONE))
    slice = money.reserve("stream 1", {"post": 40}, ONE)
    assert money.draw(slice, [], NOON, {"post": 60}).refused
    clock.now += 86_400
    money.learn_time(clock.now, 0)
    drawn = money.draw(slice, [], NOON + timedelta(days=1), {"post": 200})
    assert (drawn.refused, money.balance().left) == (None, BUDGET)


def test_a_draw_tells_no_time(money: Money, clock: SetClock) -> None:
    """What was kept while the meter was away is booked late, on its own day."""
    slice = money.reserve("stream 1", {"post": 10}, ONE)
    yesterday = NOON - timedelta(days=1)
    money.learn_time(NOON.timestamp(), 0)
    before = money.now()
    drawn = money.draw(slice, [(ONE, posts(1))], yesterday, {"post": 10})
    assert (money.now(), money.told(), drawn.cost) == (before, True, (POST,))
    assert (money.spent(TODAY), money.spent(TODAY - timedelta(days=1))) == (0, POST)


def test_thousands_at_once(money: Money) -> None:
    slice = money.reserve("stream 1", {"post": 10}, ONE)
    many = [("like", str(id)) for id in range(12_000)]
    drawn = money.draw(slice, [(ONE, many), (TWO, many[:6000])], NOON, {"post": 10})
    assert [charge.objects for charge in money.charges()] == [12_000, 0]
    assert drawn.cost == (12_000 * money.price({"like": 1}), 0)

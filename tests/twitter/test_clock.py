"""The time of answers: by X's Date, whole seconds, and a steady clock between them; the host's clock has no say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from netwar.connections.runs import HOST, Run
from netwar.errors import OutOfBudget, ServiceDown
from netwar.meter.base import EVERYTHING, MadeGood, Purpose
from netwar.meter.sqlite import SqliteMoney
from netwar.records.pages import Page
from netwar.reports.spending import statement
from netwar.sandbox.world.clock import http_date
from netwar.twitter import budget
from netwar.twitter.base import TransientError
from netwar.twitter.budget import BudgetGuard
from netwar.twitter.clock import XClock
from netwar.twitter.problems import Glitch, Reply, clock_off
from tests.contract.opening import SetClock
from tests.rows import rows

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
DAY = 86_400
POST = 5_000
BUDGET = 200 * POST
Opening = Callable[..., SqliteMoney]


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def opening(tmp_path: Path, clock: SetClock) -> Iterator[Opening]:
    """Open the same meter, as programs with one configuration each do."""
    opened: list[SqliteMoney] = []

    def open(budget: int = BUDGET, config: str = "") -> SqliteMoney:
        opened.append(SqliteMoney(tmp_path / "meter.sqlite", "app", Run(tmp_path / "runs"), budget, clock, config=config))
        return opened[-1]

    yield open
    for money in opened:
        money.close()


def answer(at: float, took: float = 0.1) -> Reply:
    """An answer that X gave at a time, of which its Date has the whole seconds."""
    return Reply(200, {"date": http_date(int(at * 1000))}, {}, asked=time.monotonic() - took)


def never() -> Reply:
    raise AssertionError("X need not be asked")


def test_later_answers_have_higher_versions_whichever_program_asked(opening: Opening, clock: SetClock) -> None:
    """Twenty a second, by two programs, beside a clock that is 0.7 s behind X's."""
    programs = [XClock(opening(), never) for _ in range(2)]
    versions = []
    for number in range(200):
        clock.now = NOON + number / 20
        date, version = programs[number % 3 % 2].read(answer(clock.now + 0.7))
        assert 0 <= version - date.timestamp() * 1000 < 1_000
        versions.append(version)
    settled = versions[40:]  # until an answer came that was given early in its second the two may differ
    assert settled == sorted(set(settled))
    assert versions[0] < versions[-1] <= (NOON + 10.7) * 1000


def test_answers_of_one_run_never_tie_nor_go_back(opening: Opening, clock: SetClock) -> None:
    x_clock = XClock(opening(), never)
    dates = [NOON, NOON, NOON + 1, NOON, NOON + 1, NOON + 1]  # X's own servers differ by a second
    versions = [x_clock.read(answer(at))[1] for at in dates]
    assert versions == sorted(set(versions))


def test_the_clock_of_the_host_may_be_set_between_two_answers(opening: Opening, clock: SetClock) -> None:
    asked = []

    def ask() -> Reply:
        asked.append(1)
        return answer(NOON + len(asked))

    x_clock = XClock(opening(), ask)
    _, first = x_clock.read(answer(NOON))
    clock.now += 90 * DAY
    _, second = x_clock.read(answer(NOON + 1))
    assert first < second < (NOON + 2) * 1000
    assert len(asked) == 1, "what was not expected is asked for twice"
    assert x_clock.now() == pytest.approx((NOON + 1) * 1000, abs=1_500)


def test_a_wrong_date_of_one_answer_moves_nothing(opening: Opening, clock: SetClock) -> None:
    money = opening()
    x_clock = XClock(money, lambda: answer(NOON))
    x_clock.read(answer(NOON))
    date, version = x_clock.read(answer(NOON + 90 * DAY))
    assert (date.timestamp(), version // 1_000) == (NOON, NOON)
    assert money.now() == NOON


def test_x_that_does_not_say_what_time_it_is_a_second_time_is_believed(opening: Opening) -> None:
    def ask() -> Reply:
        raise Glitch("X hangs")

    x_clock = XClock(opening(), ask)
    assert x_clock.read(answer(NOON + 3_600))[0].timestamp() == NOON + 3_600


def test_what_came_while_the_meter_is_away_has_versions_all_the_same(opening: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    money = opening()
    x_clock = XClock(money, never)

    def away() -> float:
        raise ServiceDown("the meter is away")

    monkeypatch.setattr(money, "now", away)
    versions = [x_clock.read(answer(NOON))[1] for _ in range(3)]
    assert versions == [NOON * 1000, NOON * 1000 + 1, NOON * 1000 + 2]


def spend(money: SqliteMoney, at: float, posts: int) -> None:
    reservation = money.reserve(f"{at}", {"post": posts}, Purpose("tw-try", ""))
    money.settle(reservation, [("post", f"{at} {number}") for number in range(posts)], datetime.fromtimestamp(at, UTC))


@pytest.mark.parametrize("days", [1, -1, 90])
def test_x_is_asked_what_day_it_is_before_a_budget_is_opened_or_refused(opening: Opening, clock: SetClock, days: int) -> None:
    money, at = opening(), [NOON]
    x_clock = XClock(money, lambda: answer(at[0]))
    purse = BudgetGuard(money, Path("/home/a/.twitter"), "tw-try", ask_time=x_clock.ask)
    spend(money, NOON, 200)
    clock.now += days * DAY
    with pytest.raises(OutOfBudget, match=r"\$0.000 of today's budget"):
        purse.reserve("page", [10, 5], lambda size: {"post": size}, "")
    assert money.balance().sure
    at[0] = clock.now = NOON + DAY
    assert purse.reserve("page", [10, 5], lambda size: {"post": size}, "")[1] in (5, 10)


def test_nothing_is_reserved_while_x_does_not_say_what_day_it_is(opening: Opening, clock: SetClock) -> None:
    def ask() -> Reply:
        raise Glitch("X hangs")

    money = opening()
    spend(money, NOON, 200)
    clock.now += DAY
    purse = BudgetGuard(money, Path("/home/a/.twitter"), "tw-try", ask_time=XClock(money, ask).ask)
    with pytest.raises(TransientError, match="X hangs"):
        purse.reserve("page", [10], lambda size: {"post": size}, "")


def test_what_others_have_reserved_is_waited_for_but_not_for_ever(
    opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is settled within two minutes, or never."""
    other = Run(tmp_path / "runs")
    theirs = closing(SqliteMoney(tmp_path / "meter.sqlite", "app", other, BUDGET, opening()._days._clock))
    waited = [0.0]
    monkeypatch.setattr(budget, "time", SimpleNamespace(monotonic=lambda: waited[0]))
    with theirs as money:
        money.learn_time(NOON, 0.1)
        page = money.reserve("theirs", {"post": 200}, Purpose("tw-try", ""))

        def sleep(seconds: float) -> None:
            waited[0] += 10
            assert waited[0] < 1_000, "it waits for ever"
            if waited[0] == settled:
                money.settle(page, [("post", "1")], datetime.fromtimestamp(NOON, UTC))

        purse = BudgetGuard(opening(), Path("/home/a/.twitter"), "tw-try", sleep)
        settled = 0
        with pytest.raises(OutOfBudget):
            purse.reserve("page", [10], lambda size: {"post": size}, "")
        assert waited[0] > 120
        settled, waited[0] = 120, 0.0
        assert purse.reserve("page", [10], lambda size: {"post": size}, "")[1] == 10


def test_how_much_of_a_doubt_an_answer_makes_good(opening: Opening) -> None:
    """So much as its page can have cost, or all of it: where nothing follows, it had all that there was."""
    purse = BudgetGuard(opening(), Path("/home/a/.twitter"), "tw-try")
    two = [{"id": "1"}, {"id": "2"}]

    def most(size: int) -> dict[str, int]:
        return {"post": 3 * size, "user": 1}

    assert purse.made_good(Page(posts=two, next_token="more"), most, resumed=True) == MadeGood(40_000, 3 * POST, ("1", "2"))
    assert purse.made_good(Page(posts=two, untold=True), most, resumed=False) == MadeGood(40_000, 3 * POST)
    assert purse.made_good(Page(posts=two), most, resumed=False) == MadeGood(EVERYTHING)
    assert purse.made_good(Page(users=two), None, resumed=False) == MadeGood()


@pytest.mark.parametrize("gone", [False, True])
def test_the_refusal_names_the_file_and_the_host_of_the_lowest_budget(opening: Opening, tmp_path: Path, gone: bool) -> None:
    """A file that was removed counts until the day is over, or until it says something else."""
    low, no_longer, anew = tmp_path / "low.conf", ", which is no longer there" * gone, ", made anew" * gone
    if not gone:
        low.touch(mode=0o600)
        low.write_text("[API]\nbudget = 1\n")
    spend(opening(BUDGET, str(low)), NOON, 190)
    high = opening(10 * BUDGET, "/home/high/.twitter")
    with pytest.raises(OutOfBudget) as no:
        BudgetGuard(high, Path("/home/high/.twitter"), "tw-try").reserve("page", [20], lambda size: {"post": size}, "")
    assert str(no.value) == (
        "the next request may cost $0.100, and $0.050 of today's budget of $1.00 (the lowest of those who use this app today, of "
        f"{low} on {HOST}{no_longer}) is left: run again after midnight UTC, or write a higher `budget = DOLLARS` under [API] "
        f"in {low}{anew}"
    )
    assert high.balance().left == 10 * POST, "which is what tw-spend shows"


def test_a_budget_that_was_raised_in_its_file_meanwhile_forbids_nothing(
    opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "low.conf"
    file.touch(mode=0o600)
    file.write_text("[API]\nbudget = 1\n")
    spend(opening(BUDGET, str(file)), NOON, 190)
    high = opening(10 * BUDGET, "/home/high/.twitter")
    purse = BudgetGuard(high, Path("/home/high/.twitter"), "tw-try")
    with pytest.raises(OutOfBudget, match=r"low\.conf"):
        purse.reserve("page", [20], lambda size: {"post": size}, "")
    file.write_text("[API]\nbudget = 2\n")
    assert statement(high, host=HOST).balance.budget.micro == 2 * BUDGET
    assert purse.reserve("page", [20], lambda size: {"post": size}, "")[1] == 20
    file.write_text("[API]\nbudget = 3\n")
    assert purse.reserve("more", [250], lambda size: {"post": size}, "")[1] == 250


@rows(
    ("ahead", "says"),
    [
        (420, "7 minutes ahead of"),
        (-420, "7 minutes behind"),
        (3 * 3_600, "3 hours ahead of"),
        (-90 * DAY, "90 days behind"),
        (100, ""),
        (-100, ""),
    ],
)
def test_how_far_the_clock_is_off(ahead: int, says: str) -> None:
    at = datetime.fromtimestamp(time.time() - ahead, UTC)
    told = clock_off({"date": at.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert bool(told) == bool(says)
    assert says in told


def test_no_date_says_nothing_of_the_clock() -> None:
    assert clock_off({}) == clock_off({"date": "junk"}) == ""


def test_after_a_restart_of_the_machine_its_clock_is_not_relied_on(tmp_path: Path, clock: SetClock) -> None:
    def opened(boot: str) -> closing[SqliteMoney]:
        return closing(SqliteMoney(tmp_path / "meter.sqlite", "app", Run(tmp_path / "runs"), BUDGET, clock, boot=boot))

    with opened("one") as money:
        spend(money, NOON, 200)
        assert money.told()
    with opened("two") as money:
        assert not money.told()
        assert (money.balance().left, money.balance().sure) == (0, False), "the day may be the same"
        money.learn_time(NOON + 5, 0.1)
        assert money.told()

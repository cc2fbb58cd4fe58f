"""One who holds the connection, with an X that sends as fast as it is read: the bill is within the budgets, whatever fails."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Thread

import pytest

from netwar.errors import OutOfBudget, ServiceDown
from netwar.meter.base import Money
from netwar.streams import connector, holder, keeper, purses
from netwar.streams.reader import Inbox, Item
from netwar.streams.router import Router
from netwar.streams.slices import Refusal
from tests.room import room_for
from tests.streams.selling import COMES_BY, Holding, SellingX

pytestmark = pytest.mark.long

DOLLAR = 1_000_000


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Holding]]:
    with ExitStack() as opened:

        def made(budget: float, rate: float = 1e9) -> Holding:
            found = Holding(tmp_path, int(budget * DOLLAR), SellingX(rate))
            opened.callback(found.close)
            return found

        yield made


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + COMES_BY
    while not true():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.02)


def ended(thread: Thread) -> None:
    thread.join(COMES_BY)
    assert not thread.is_alive()


def test_what_came_and_was_not_booked_stays_in_doubt(desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch) -> None:
    """The router fails, as by a bug, a while after posts came."""
    here = desk(budget=1000)
    here.register("one", "cat")
    taken = []

    def fails(router: Router, items: object) -> None:
        taken.append(items)
        until(lambda: len(here.x.sent) > 30)
        raise ValueError("a bug")

    monkeypatch.setattr(Router, "take", fails)
    monkeypatch.setattr(Inbox, "rate", 0.0)
    ended(here.held(here.begin()))
    assert isinstance(here.failed, ValueError)
    assert taken
    assert here.x.sent
    assert here.x.bill <= here.money.spent() + here.doubtful()
    assert here.doubtful() < 200 * 25_000, "the slice of 100, and what may be under way at the rate at which they came"


def test_with_once_what_had_come_when_the_budget_ended_is_booked_and_recorded(
    desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may come in several portions: while one is taken in, more comes."""
    monkeypatch.setattr(holder, "BATCH_LINES", 10)
    here = desk(budget=2)
    here.register("one", "cat")
    take = Router.take

    def while_more_comes(router: Router, items: Sequence[Item]) -> Refusal | None:
        end = time.monotonic() + 0.5
        while not len(here.hold._inbox) and time.monotonic() < end:
            time.sleep(0.005)
        return take(router, items)

    monkeypatch.setattr(Router, "take", while_more_comes)
    ended(here.held(here.begin(once=True)))
    assert isinstance(here.failed, OutOfBudget)
    assert here.x.sent
    assert here.recorded("one") == {*here.x.sent}
    assert here.money.spent() == here.x.bill


@pytest.mark.parametrize("later", [False, True])
def test_a_meter_that_is_away_is_no_budget_that_is_spent(
    desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch, later: bool
) -> None:
    """With --once neither: when it is back, what came is booked and recording goes on."""
    monkeypatch.setattr(connector, "AWAY", 0.1)
    monkeypatch.setattr(holder, "BATCH_SECONDS", 0.3)
    here = desk(budget=1000, rate=50)
    here.register("one", "cat")
    meter = here.money = Gone(here.money)  # type: ignore[assignment]
    with here.holding(once=True):
        if later:
            until(here.money.spent)
        meter.gone = True  # type: ignore[attr-defined]
        until(lambda: "the meter is away" in here.hold.live().detail)
        until(lambda: here.state("one") == "waiting")
        meter.gone = False  # type: ignore[attr-defined]
        until(lambda: here.state("one") == "running")
    assert here.failed is None
    assert here.money.spent() == here.x.bill


class Gone:
    """A meter that answers nothing while it is gone."""

    def __init__(self, money: Money) -> None:
        self._money, self.gone = money, False

    def __getattr__(self, name: str) -> object:
        if self.gone and name != "price":
            raise ServiceDown("the meter is away")
        return getattr(self._money, name)


class Busy:
    """A meter that does not say what was bought until it is told to."""

    def __init__(self, money: Money) -> None:
        self._money, self.asked, self.answers = money, 0, False

    def __getattr__(self, name: str) -> object:
        return getattr(self._money, name)

    def charges(self, *since: object) -> object:
        self.asked += 1
        if not self.answers:
            raise ServiceDown("the meter is away")
        return self._money.charges(*since)  # type: ignore[arg-type]


@pytest.mark.parametrize("late", [False, True])
def test_a_new_holder_buys_nothing_for_a_capture_whose_own_budget_is_spent(
    desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """Nor where the meter does not say yet what it has spent."""
    here = desk(budget=1000, rate=0)
    here.register("one", "cat", budget=DOLLAR)
    here.register("other", "emu", budget=DOLLAR)
    here.buy("one", 250)
    there: set[str] = set()
    here.x.after = lambda what: there.update(here.x.values())
    meter = here.money = Busy(here.money)  # type: ignore[assignment]
    meter.answers = not late  # type: ignore[attr-defined]
    monkeypatch.setattr(purses, "LOOK", 0.1)
    with here.holding():
        if late:
            until(lambda: meter.asked > 1)  # type: ignore[attr-defined]
            assert not there
            meter.answers = True  # type: ignore[attr-defined]
        until(lambda: here.x.connects)
        here.register("third", "gnu")
        until(lambda: "gnu" in here.x.values())
        here.buy("fourth", 250)
        time.sleep(0.3)
        here.register("fourth", "yak", budget=DOLLAR)
        until(lambda: here.state("fourth") == "over budget")
    assert there == {"emu", "gnu"}
    assert here.failed is None


@pytest.mark.parametrize("rate", [0, 250, 1e9])
def test_however_fast_x_sends_the_budget_bears_it(desk: Callable[..., Holding], rate: float) -> None:
    """From the beginning, or after a while of silence, for which no slice is large."""
    here = desk(budget=3, rate=rate)
    here.register("one", "cat")
    with here.holding():
        until(lambda: here.x.connects)
        time.sleep(0 if rate else 2)
        here.x.rate = rate or 250
        until(lambda: here.state("one") == "over budget")
    assert 0 < here.x.bill <= 3 * DOLLAR
    assert here.x.bill <= here.money.spent() + here.doubtful()
    assert here.recorded("one") <= {*here.x.sent}


@pytest.mark.parametrize("rate", [20, 250, 1e9])
def test_while_the_meter_does_not_answer_no_more_is_read_than_was_set_aside(desk: Callable[..., Holding], rate: float) -> None:
    """Somebody holds its file locked."""
    here = desk(budget=5, rate=20)
    here.register("one", "cat")
    with here.holding():
        until(here.money.spent)
        with closing(sqlite3.connect(here.folder / "meter.sqlite", isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            here.x.rate = rate
            until(lambda: not here.hold.live().connected)
            assert here.x.bill <= 5 * DOLLAR
            other.execute("ROLLBACK")
        until(lambda: here.state("one") == "over budget")
    assert here.x.bill <= 5 * DOLLAR
    assert here.x.bill <= here.money.spent() + here.doubtful()


def test_a_burst_does_not_end_a_connection_that_has_money(desk: Callable[..., Holding]) -> None:
    here = desk(budget=100_000, rate=1)
    here.register("one", "cat")
    with here.holding():
        until(here.money.spent)
        here.x.rate = 250
        until(lambda: len(here.x.sent) > 1_500)
        here.x.rate = 0
        until(lambda: here.recorded("one") == {*here.x.sent})
    assert len(here.x.connects) == 1


@pytest.mark.parametrize("together", [False, True])
def test_a_high_rate_passes_no_capture_s_own_budget(desk: Callable[..., Holding], together: bool) -> None:
    """X heeds at once here that its lines are taken off."""
    here = desk(budget=100_000, rate=100)
    here.register("one", "cat", budget=DOLLAR)
    if together:
        here.register("also", "emu")
    with here.holding():
        until(lambda: here.state("one") == "over budget")
        time.sleep(1)
    assert DOLLAR / 4 < here.spent_for("one") <= DOLLAR


def test_a_capture_goes_on_when_its_own_budget_is_raised(desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both times of which it has nothing are noted, with why."""
    monkeypatch.setattr(keeper, "OTHERS", 0.5)
    here = desk(budget=1000, rate=20)
    here.register("one", "cat", budget=DOLLAR)
    here.buy("one", 160)
    with here.holding():
        until(lambda: here.state("one") == "over budget")
        until(lambda: "its own budget is spent" in here.causes("one"))
        here.register("one", "cat", budget=DOLLAR * 3 // 2)
        until(lambda: here.state("one") == "running")
        here.register("one", "cat", budget=500 * DOLLAR)
        until(lambda: here.x.values() and here.state("one") == "running")
        here.x.standing.clear()  # somebody removes our rules
        until(lambda: "its rules were not at X" in here.causes("one"))
    assert here.causes("one")[-1] == "the recorder was stopped"


def test_what_a_capture_has_cost_counts_once_in_its_own_budget_however_long_it_is_silent_then(
    desk: Callable[..., Holding], monkeypatch: pytest.MonkeyPatch
) -> None:
    idle, silent = Router.idle, []
    monkeypatch.setattr(Router, "idle", lambda router, at: silent.append(at) or idle(router, at))
    monkeypatch.setattr(holder, "BATCH_SECONDS", 0.01)
    here = desk(budget=1000, rate=5)
    here.register("one", "cat", budget=DOLLAR)
    with here.holding():
        for _ in range(2):  # in silence, and then with the next post
            sent = len(here.x.sent)
            until(lambda sent=sent: here.spent_for("one") > sent * 15_000)
            here.x.rate = 0
            silent.clear()
            until(lambda: len(silent) > 100)
            here.x.rate = 5
    assert len(here.x.connects) == 1, "its lines were never taken off"


def test_with_once_the_run_ends_when_nobody_s_own_budget_has_anything_left(desk: Callable[..., Holding]) -> None:
    here = desk(budget=1000, rate=50)
    here.register("one", "cat", budget=DOLLAR)
    here.register("other", "emu", budget=DOLLAR)
    ended(here.held(here.begin(once=True)))
    assert isinstance(here.failed, OutOfBudget)
    assert "own budgets are spent (one, other)" in str(here.failed)


def test_on_a_full_disk_nothing_is_said_to_be_kept_that_is_not(
    desk: Callable[..., Holding], caplog: pytest.LogCaptureFixture
) -> None:
    """Archive, meter, segments and journal are all on it."""
    here = desk(budget=1000, rate=20)
    here.register("one", "cat")
    with ExitStack() as full:
        with here.holding():
            until(lambda: here.recorded("one"))
            full.enter_context(room_for(0))
            sent = len(here.x.sent)
            until(lambda: len(here.x.sent) > sent + 40)
            until(lambda: "cannot be written" in caplog.text)
        assert not [one for one in here.folder.glob("segments/*/*.segment") if one.stat().st_size]
    assert "stays in segments" not in caplog.text
    assert "bytes of posts are lost, and are a gap" in caplog.text
    assert "the next run does it" not in caplog.text
    assert "what was set aside for it stays in doubt" in caplog.text
    assert here.failed is None
    assert here.money.spent() < here.x.bill <= here.money.spent() + here.doubtful()

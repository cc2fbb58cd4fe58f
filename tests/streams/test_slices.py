"""The money of a stream: never more than the budget, and nothing forgotten while the meter is away."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netwar.connections.runs import Run
from netwar.errors import ServiceDown
from netwar.meter.base import DoesNotFit, Money, Purpose
from netwar.streams.journal import Journal
from netwar.streams.slices import BATCH, IN_FLIGHT, LEAST, Slices, words
from tests.contract.opening import SetClock, new_run, open_money

POST, USER = 5_000, 10_000
DEAREST = 3 * POST + USER
AT = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000
ONE = Purpose("tw-stream", "one")


READ_ONLY = f"{os.strerror(errno.EROFS)} (set `data` in the configuration to a folder that you may write)"


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def posts(first: int, count: int) -> list[tuple[Purpose, list[tuple[str, str]]]]:
    return [(ONE, [("post", str(id)) for id in range(first, first + count)])]


class Story:
    """A stream with a budget in a file."""

    def __init__(self, folder: Path, budget: int) -> None:
        self.folder = folder
        self.where = f"sqlite:{folder}"
        self.asked = 0
        self.run = new_run(self.where)
        self.clock = SetClock(AT / 1000)
        self.money = open_money(self.where, self.run, budget, clock=self.clock)
        self.money.learn_time(AT / 1000, 0)

    def slices(self, money: Money | None = None, fence: int = 1) -> Slices:
        return Slices(money or self.money, f"stream {fence}", "tw-stream", Journal(self.folder / "journal"), self._ask)

    def _ask(self) -> None:
        self.asked += 1


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path, 10 * 1_000_000)


def test_posts_are_taken_until_the_budget_ends_and_never_beyond_it(story: Story) -> None:
    slices, taken = story.slices(), 0
    assert slices.open(AT) is None
    while True:
        _, refused = slices.book(posts(taken, 10), AT, 1.0)
        taken += 10
        if refused:
            break
    assert isinstance(refused, DoesNotFit)
    slices.close()
    least = max(LEAST, int(10 * (BATCH + IN_FLIGHT)))
    assert story.money.balance().left < (least + 10) * DEAREST, "it is used up but for the smallest slice"
    assert story.money.spent() == taken * POST <= 10 * 1_000_000
    assert (story.money.balance().reserved, story.money.balance().doubtful) == (0, 0)
    assert slices.open(AT) is not None, "and it does not begin anew"


def test_a_slice_grows_with_the_rate(story: Story) -> None:
    rich = Story(story.folder / "rich", 1 << 40)
    slices = rich.slices()
    slices.open(AT)
    slices.book(posts(0, 500), AT, 2.0)
    other = open_money(rich.where, new_run(rich.where), 1 << 40, clock=SetClock(AT / 1000))
    assert other.balance().reserved == 250 * 60 * DEAREST


class Away:
    """A meter that can be away."""

    def __init__(self, money: Money) -> None:
        self.money, self.away = money, False

    def __getattr__(self, name: str) -> object:
        if self.away and name in ("draw", "reserve", "release"):
            raise ServiceDown("Redis is away")
        return getattr(self.money, name)


def test_while_the_meter_is_away_the_slice_is_used_up_and_then_the_stream_waits(story: Story) -> None:
    away = Away(story.money)
    slices = story.slices(away)  # type: ignore[arg-type]
    assert slices.open(AT) is None
    away.away, taken = True, 0
    while taken < 2_000:
        cost, refused = slices.book(posts(taken, 10), AT, 10.0)
        assert cost == {"one": 10 * POST}, "budgets of single captures go on counting"
        taken += 10
        if refused:
            break
    assert isinstance(refused, ServiceDown)
    assert taken * POST <= 100 * DEAREST
    assert isinstance(slices.open(AT), ServiceDown)
    away.away = False
    assert slices.open(AT) is None
    assert story.money.spent() == taken * POST
    assert not (story.folder / "journal").exists()


def test_what_a_killed_process_owed_is_booked_by_the_next(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the disk does not let go of it, it is booked once more, which costs nothing."""
    away = Away(story.money)
    slices = story.slices(away)  # type: ignore[arg-type]
    slices.open(AT)
    away.away = True
    slices.book(posts(0, 7), AT, 1.0)
    with (story.folder / "journal").open("ab") as file:
        file.write(b'[17,[["tw-str')  # it was killed at this byte
    story.run.end()
    after = Story(story.folder, 10 * 1_000_000)
    with monkeypatch.context() as disk:
        disk.setattr(Path, "unlink", read_only)
        assert after.slices(fence=2).open(AT) is None
    assert caplog.messages == [f"{story.folder}/journal cannot be removed, the next run books it once more: {READ_ONLY}"]
    assert after.money.spent() == 7 * POST
    assert after.slices(fence=3).open(AT) is None
    assert (after.money.spent(), (story.folder / "journal").exists()) == (7 * POST, False)


def test_what_may_have_been_under_way_at_a_cut_stays_in_doubt(story: Story) -> None:
    slices = story.slices()
    slices.open(AT)
    slices.book(posts(0, 30), AT, 1.0)
    slices.cut()
    assert story.money.doubtful() >= 20 * DEAREST
    slices.close()
    assert story.money.doubtful() >= 20 * DEAREST


def test_at_the_end_of_the_budget_what_is_left_covers_what_may_have_been_under_way(story: Story) -> None:
    slices, taken = story.slices(), 0
    slices.open(AT)
    while slices.book(posts(taken, 10), AT, 1.0)[1] is None:
        taken += 10
    slices.cut()
    slices.close()
    assert story.money.doubtful() >= IN_FLIGHT * 10 * POST, "nobody can spend what X may have sent"


def test_what_was_under_way_is_in_doubt_once_there_is_room_for_it(story: Story) -> None:
    """Another run had set all aside that was left when the connection was closed, and settles for less; by the next day it is
    forgotten."""
    other = open_money(story.where, new_run(story.where), 10 * 1_000_000, clock=story.clock)
    for at in (AT, AT + DAY):
        story.clock.now = at / 1000
        story.money.learn_time(at / 1000, 0)
        slices = story.slices(fence=at)
        slices.open(at)
        theirs = other.reserve("page", {"post": story.money.balance().left // POST - 100}, ONE)
        assert slices.book(posts(at, 30), at, 1.5)[1]
        slices.cut()
        assert story.money.doubtful() == 0
        if at == AT:
            other.release(theirs)
            assert slices.open(at) is None
            assert story.money.doubtful() >= 20 * IN_FLIGHT * POST
            slices.close()
    story.clock.now += DAY / 1000
    story.money.learn_time(story.clock.now, 0)
    other.release(theirs)
    assert slices.open(at + DAY) is None
    assert story.money.doubtful() == 0


def test_what_was_under_way_while_the_meter_was_away_is_in_doubt_once_it_is_back(story: Story) -> None:
    away = Away(story.money)
    slices = story.slices(away)  # type: ignore[arg-type]
    slices.open(AT)
    away.away = True
    slices.cut()
    assert story.money.doubtful() == 0
    away.away = False
    slices.book(posts(0, 1), AT, 1.0)
    slices.close()
    assert story.money.doubtful() >= DEAREST


def test_kills_take_little_of_what_the_budget_has_left(story: Story) -> None:
    """Each leaves a slice in doubt, since X may have sent all that it was for. Eight posts a second, and $20."""
    left = 20 * 1_000_000
    for kill in range(4):
        one = Story(story.folder / "day", 20 * 1_000_000)
        slices = one.slices(fence=kill + 1)
        assert slices.open(AT) is None
        for batch in range(6):
            assert slices.book(posts(100 * kill + 12 * batch, 12), AT, 1.5)[1] is None
        one.run.end()
        after = Story(story.folder / "day", 20 * 1_000_000).money.balance()
        assert after.doubtful >= (kill + 1) * 8 * IN_FLIGHT * DEAREST, "what may have been read, and under way"
        before, left = left, after.left
        assert before - left <= 6 * 12 * POST + int(8 * (BATCH + IN_FLIGHT)) * DEAREST
    assert left > 15 * 1_000_000


def test_a_slice_lasts_a_minute_where_the_budget_lasts_the_day(story: Story) -> None:
    rich = Story(story.folder / "rich", 86_400 * 8 * DEAREST)
    slices = rich.slices()
    slices.open(AT)
    slices.book(posts(0, 12), AT, 1.5)
    other = open_money(rich.where, new_run(rich.where), 1 << 40, clock=SetClock(AT / 1000))
    assert other.balance().reserved == 8 * 60 * DEAREST


def test_a_budget_that_was_raised_in_another_file_forbids_no_stream(story: Story) -> None:
    """Whoever of this host uses the app holds up the others only for as long as their file says so, and is named."""
    file = story.folder / "other.conf"
    file.touch(mode=0o600)
    file.write_text("[API]\nbudget = 1\n")
    other = open_money(story.where, new_run(story.where), 1_000_000, clock=story.clock, config=str(file))
    other.release(other.reserve("page", {"post": 1}, ONE))
    slices = story.slices()
    assert slices.open(AT) is None
    refused = slices.book(posts(0, 150), AT, 1.5)[1]
    assert f"the budget of $1.00 a day is spent or in doubt ($0.250 are left; that is what {file} says)" == words(refused)
    file.write_text("[API]\nbudget = 10\n")
    assert slices.open(AT) is None


def test_where_the_day_is_not_sure_x_is_asked(tmp_path: Path) -> None:
    money = open_money(f"sqlite:{tmp_path}", Run(tmp_path / "runs"), 1_000, clock=SetClock(AT / 1000))
    asked = []
    slices = Slices(money, "stream 1", "tw-stream", Journal(tmp_path / "journal"), lambda: asked.append(1))
    assert isinstance(slices.open(AT), DoesNotFit)
    assert asked == [1]

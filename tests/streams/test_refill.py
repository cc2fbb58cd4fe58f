"""Gaps filled by search: live goes before, nothing beyond any budget, and nothing called filled that nobody searched for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netwar.archive.base import Archive, Store
from netwar.captures.base import Capture, CaptureOptions, CaptureState, Live
from netwar.errors import ServiceDown
from netwar.meter.base import DoesNotFit, Purpose
from netwar.records.documents import tweets_index
from netwar.records.ids import first_id
from netwar.records.pages import read
from netwar.streams import gaps
from netwar.streams.journal import Journal
from netwar.streams.purses import Purses
from netwar.streams.refill import HOUR, MINUTE, Refiller
from netwar.streams.slices import Slices
from netwar.twitter.base import Answer, QueryRefused, TransientError
from tests.contract.conftest import opened_archive
from tests.contract.opening import SetClock, new_run, open_captures, open_money

NOW = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp() * 1000)
DOLLAR = 1_000_000


class Story:
    """Captures with a gap of an hour each, a meter, and an X that finds nothing."""

    def __init__(self, folder: Path, archive: Archive, budget: int = 1000 * DOLLAR, config: str = "keys") -> None:
        where = f"sqlite:{folder}"
        run = new_run(where)
        self.archive, self.captures = archive, open_captures(where, run)
        self.money = open_money(where, run, budget, clock=SetClock(NOW / 1000), config=config)
        self.money.learn_time(NOW / 1000, 0)
        self.asked: list[str] = []
        self.refuses: dict[str, Exception] = {}
        twitter: Any = SimpleNamespace(now=lambda: NOW, search=self._search, account="me")
        self.found: list[dict[str, Any]] = []
        self.spooled: list[Any] = []
        spool: Any = SimpleNamespace(keep=lambda request, documents, marks: self.spooled.extend(documents))
        self.refiller = Refiller(Store(archive, spool), twitter, self.captures, self.money, "tw-stream")

    def _search(self, query: str, **_: Any) -> Answer:
        self.asked.append(query)
        for part, error in self.refuses.items():
            if part in query:
                raise error
        return Answer(read({"data": self.found, "meta": {"result_count": len(self.found)}}), NOW, 0, 100, NOW)

    def gap(self, index: str, *lines: str, budget: int | None = None) -> None:
        capture = self.captures.register(Capture(index, "terms", lines, CaptureOptions(budget=budget), since=NOW - 2 * HOUR))
        gaps.valid(self.archive, tweets_index(index), capture.terms, capture.since, NOW - HOUR)

    def states(self, index: str) -> list[str]:
        return [one.state for one in gaps.gaps(self.archive, tweets_index(index), NOW)]

    def step(self, connected: int = NOW - 2 * MINUTE, held: Sequence[str] = (), **minute: int) -> None:
        states = {index: CaptureState(index, minute=posts) for index, posts in minute.items()}
        left = self.refiller.step(Live(NOW, connected, NOW, captures=states), held)
        self.waits = {index: one.waits for index, one in left.items()}

    def buy(self, index: str, posts: int) -> None:
        reserved = self.money.reserve(f"{index} {posts}", {"post": posts}, Purpose("tw-stream", index))
        bought = [("post", f"{index}{id}") for id in range(posts)]
        self.money.settle(reserved, bought, datetime.fromtimestamp(NOW / 1000, UTC))


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Callable[..., Story]]:
    with closing(opened_archive("sqlite", tmp_path)) as archive:
        yield partial(Story, tmp_path, archive)


@pytest.fixture
def story(begun: Callable[..., Story]) -> Story:
    return begun()


def test_a_line_that_search_does_not_take_is_lost_and_holds_up_no_other_capture(story: Story) -> None:
    story.gap("a", "cat", "sample:10", "dog")
    story.gap("b", "emu")
    story.gap("c", "fox", " ".join(["long"] * 150))
    story.refuses["sample:"] = QueryRefused("there is no such operator", "")
    story.step()
    assert (story.states("a"), story.states("b"), story.states("c")) == (["lost"], ["refilled without retweets"], ["lost"])
    assert {"cat", "dog", "emu", "fox"} <= {*story.asked}, "what can be had is had"


def test_a_gap_of_whose_lines_nobody_knows_is_told_until_no_search_would_reach_it(story: Story) -> None:
    """As where the registry is a new one: what the archive has of the former captures is known by its number alone."""
    story.gap("a", "cat")
    story.captures.stop("a", NOW - HOUR)
    story.captures.forget("a")
    story.captures.register(Capture("a", "terms", ("dog",), CaptureOptions(), terms=2, since=NOW - HOUR))
    for low in (NOW - 8 * 24 * HOUR, NOW - 7 * 24 * HOUR - MINUTE):
        gaps.valid(story.archive, "twa", 1, low, low + 30 * MINUTE)
    story.step()
    assert (story.states("a"), story.asked) == (["lost", "lost", "open", "open"], [])
    assert story.waits["a"].startswith("1 open gap: not searched for, as nobody knows their lines any more")


def test_what_is_paid_for_while_the_archive_takes_nothing_waits_in_the_spool(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.gap("one", "harbour")
    story.found = [{"id": str(first_id(NOW - 90 * MINUTE)), "text": "harbour", "author_id": "7"}]

    def away(*_: Any) -> None:
        raise ServiceDown("the archive is away")

    monkeypatch.setattr(story.archive, "write", away)
    story.step()
    assert [document.id for document in story.spooled] == [story.found[0]["id"]]
    assert story.states("one") == ["open"]
    story.gap("two", "emu")
    story.step(held=["one"])
    assert story.asked == ["harbour", "emu"], "what waits is not bought again"


def test_what_x_does_not_answer_for_one_capture_stops_no_other(story: Story) -> None:
    story.gap("a", "cat")
    story.gap("b", "emu")
    story.refuses["cat"] = TransientError("X repeats the pages of a search without end", "")
    story.step()
    assert (story.states("a"), story.states("b")) == (["open"], ["refilled without retweets"])
    story.refuses.clear()
    story.found = [{"text": "a post without an id"}]
    story.step()
    assert story.states("a") == ["open"]
    story.found = []
    story.step()
    assert story.states("a") == ["refilled without retweets"]


def test_nothing_is_searched_before_it_is_known_what_the_stream_needs(story: Story) -> None:
    story.gap("a", "cat")
    story.step(connected=NOW - 20_000)
    story.step(connected=0)
    assert story.waits["a"] == ""
    story.step(a=60)  # a post a second, 12 hours: $1,080 at the dearest
    assert story.asked == []
    assert story.waits["a"] == (
        "1 open gap: waiting for money, as of $1,000.00 that are left for today the stream may need $1,080.00 until midnight "
        "UTC, and the search $180.00: raise budget in keys"
    )
    story.step(a=6)
    assert story.asked == ["cat"]
    assert story.waits["a"] == ""
    story.gap("b", *map(str, range(10**18, 10**18 + 2_600)))
    story.step()
    assert "tw-quser2work" in story.waits["b"]


def test_a_budget_that_is_raised_in_the_file_of_a_stream_that_runs_fills_its_gaps(
    begun: Callable[..., Story], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does it take a new start where the whole budget was spent."""
    (file := tmp_path / "keys").touch(mode=0o600)
    file.write_text("[API]\nbudget = 100\n")
    story = begun(100 * DOLLAR, config=str(file))
    story.gap("a", "cat")
    for _ in range(2):
        story.step(a=60)
    assert f"raise budget in {file}" in story.waits["a"]
    assert caplog.text.count("waiting for money") == 1
    slices = Slices(story.money, "stream 1", "tw-stream", Journal(tmp_path / "journal"), lambda: None)
    story.buy("a", 20_000)
    assert isinstance(slices.open(NOW), DoesNotFit)
    file.write_text("[API]\nbudget = 200\n")
    assert slices.open(NOW) is None
    story.step(a=60)
    assert story.asked == []
    file.write_text("[API]\nbudget = 2000\n")
    story.step(a=60)
    assert story.asked == ["cat"]


def test_a_capture_pays_for_its_gaps_out_of_its_own_budget(story: Story) -> None:
    story.gap("a", "cat", budget=DOLLAR)
    story.buy("a", 198)
    story.step()
    assert story.asked == []
    assert "of its own budget" in story.waits["a"]
    story.gap("a", "cat", budget=2 * DOLLAR)
    story.step()
    assert story.asked == ["cat"]


def test_a_holder_that_begins_knows_what_was_spent_before(story: Story) -> None:
    """What is on is known some seconds after the connection is taken."""
    capture = Capture("a", "terms", ("cat",), CaptureOptions(budget=DOLLAR))
    story.buy("a", 250)
    story.buy("b", 1)
    purses = Purses(story.money, "tw-stream")
    assert purses.spend({}, NOW) == frozenset()
    purses.bound([capture])
    assert purses.spend({}, NOW + 1000) == {"a"}
    assert purses.spend({}, NOW + 12 * HOUR) == frozenset(), "a day begins"


def test_what_others_spend_for_a_capture_is_learnt(story: Story) -> None:
    """A search for a gap of it, or what was owed while the meter was away."""
    clock = SetClock(0)
    purses = Purses(story.money, "tw-stream", clock)
    purses.bound([Capture("a", "terms", ("cat",), CaptureOptions(budget=DOLLAR))])
    assert purses.spend({}, NOW) == frozenset()
    story.buy("a", 250)
    clock.now += 61
    assert purses.spend({}, NOW) == {"a"}

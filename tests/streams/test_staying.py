"""What the line of a running capture says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from netwar.captures.base import Capture, CaptureOptions, CaptureState, Live
from netwar.cli.services import Services
from netwar.cli.status import StatusLine
from netwar.commands import list_following, staying
from netwar.commands.capture_lines import Lines
from netwar.commands.gaps import told
from netwar.commands.staying import Shown, figures, patiently
from netwar.errors import NetwarError, ServiceDown
from netwar.streams.gaps import Terms

T = 1_800_000_000_000
STATE = CaptureState("cats", "running", posts=1_500, minute=120, micro=7_500_000)
LIVE = Live(at=T, connected=T - 3_600_000, lag=1_200, captures={"cats": STATE})


def test_posts_a_second_are_those_since_it_connected() -> None:
    assert figures("cats", LIVE) == "cats: 1,500 posts, 2.0/s, lag 1.2 s, $7.50"
    assert figures("cats", replace(LIVE, captures={"cats": replace(STATE, posts=1)})).startswith("cats: 1 post, ")
    assert ", 6.0/s, " in figures("cats", replace(LIVE, connected=T - 20_000))
    assert ", 12.0/s, " in figures("cats", replace(LIVE, connected=T - 1_000)), "posts are counted by ten seconds"


def test_gaps_and_whatever_is_not_well_are_told() -> None:
    ill = replace(STATE, state="behind", detail="the archive is away", gaps=2)
    assert figures("cats", replace(LIVE, captures={"cats": ill})).endswith("gaps 2, $7.50 (behind: the archive is away)")
    assert figures("dogs", LIVE) == "dogs: nothing is known of it yet"


def test_the_outcome_of_gaps_has_the_time_in_words() -> None:
    assert told("twcats", [], [], [Terms(1, ((T, T + 25_000),), ())], T + 90_000) == "0 gaps in twcats; 100.000 % of 25 s covered"


class Steady:
    """A clock that goes on when somebody sleeps, or Redis lets them wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(staying, "time", SimpleNamespace(monotonic=lambda: self.now, sleep=self.sleep))

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_who_stands_by_stays_while_redis_is_away(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    clock, tries = Steady(monkeypatch), 0

    def answer() -> str:
        nonlocal tries
        tries += 1
        if tries < 20:
            raise ServiceDown("Redis does not answer")
        return "it is back"

    assert patiently(cast(Services, SimpleNamespace(settings=SimpleNamespace(redis="some"))), answer) == "it is back"
    assert caplog.text.count("this run stays") == 1
    assert clock.now >= staying.GRACE, "who holds is heard of first"
    tries = 0
    with pytest.raises(ServiceDown):
        patiently(cast(Services, SimpleNamespace(settings=SimpleNamespace(redis=None))), answer)


def test_after_redis_was_away_who_holds_is_given_time_to_be_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Steady(monkeypatch)

    def live(waits: Iterator[float]) -> Any:
        clock.sleep(next(waits, 0.0))
        return LIVE

    def shown(*waits: float) -> float:
        its, before = iter(waits), clock.now
        captures: Any = SimpleNamespace(live=lambda: live(its), holder=lambda: None)
        with StatusLine(True) as line:
            Shown(captures, "cats", line.say).show(staying.TRY, False, lambda: None)
        return clock.now - before

    assert shown() <= staying.TRY + 1
    assert shown(0.0, 18.0) >= 18 + staying.GRACE


def test_what_is_wrong_with_a_list_is_told_once_until_it_is_something_else(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A list is looked at each minute, for weeks."""
    capture = Capture("cats", "users", ("1",), CaptureOptions(list_id="77"))
    found: list[str | NetwarError] = ["", "gone", "gone", NetwarError("X is away"), NetwarError("X is away"), "", "gone"]

    def of_list(services: Services, index: str, list_id: str) -> Lines:
        if isinstance(one := found.pop(0), NetwarError):
            raise one
        return Lines("users", capture.lines, "list 77", odd=one)

    monkeypatch.setattr(list_following, "of_list", of_list)
    monkeypatch.setattr(list_following, "EACH", 0.0)
    services = SimpleNamespace(captures=SimpleNamespace(captures=lambda: [capture]))
    look = list_following.followed(cast(Services, services))
    while found:
        look()
    assert caplog.messages == ["gone", "the members of list 77 stay as they are known: X is away", "gone"]

"""The keeper: keeps the connection, brings the rules when something changed, and says since when what stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Semaphore, Thread

import pytest

from netwar.captures.base import LEASE, RENEWAL, Capture, Captures, Live
from netwar.connections.runs import Run
from netwar.errors import NetwarError, RateLimited, ServiceDown
from netwar.streams import keeper as module
from netwar.streams.coverage import Standing
from netwar.streams.keeper import OTHERS, SETTLE, Keeper
from netwar.streams.placing import GRACE
from tests.contract.opening import NOW, SetClock, open_captures
from tests.streams.ruled import AT, RuledX

TERMS = Capture("a", "terms", ("cat", "dog house"), since=AT)
USERS = Capture("b", "users", ("12", "13"), since=AT)


class Desk:
    """A keeper whose clocks a test moves."""

    def __init__(self, captures: Captures, clock: SetClock) -> None:
        self.captures, self.clock, self.x = captures, clock, RuledX()
        holder = captures.hold("here", 1, "a", AT)
        assert holder
        self.chores: list[str] = []
        self.keeper = Keeper(captures, self.x, holder.fence, lambda: Live(at=self.x.at), [self.chore], clock)

    def chore(self) -> None:
        self.chores.append("done")

    def pass_by(self, seconds: float) -> None:
        """Time, tick by tick."""
        for _ in range(int(seconds * 2)):
            self.clock.now += 0.5
            self.x.at += 500
            self.keeper.tick()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def other(tmp_path: Path, clock: SetClock) -> Iterator[Captures]:
    with closing(open_captures(f"sqlite:{tmp_path}", Run(tmp_path / "other"), clock=clock)) as opened:
        yield opened


@pytest.fixture
def desk(tmp_path: Path, clock: SetClock) -> Iterator[Desk]:
    with closing(open_captures(f"sqlite:{tmp_path}", Run(tmp_path / "runs"), clock=clock)) as opened:
        yield Desk(opened, clock)


def test_rules_stand_and_follow_what_is_registered(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.keeper.tick()
    assert desk.keeper.ready.is_set()
    assert desk.x.values() == {"(dog house) OR cat"}
    [rule] = desk.keeper.order.rules
    assert (desk.keeper.order.whose(rule), desk.keeper.order.whose("77")) == (("a",), None)
    assert desk.keeper.order.standing == {"a": Standing(1, AT)}
    other.register(USERS)
    desk.pass_by(2)
    assert desk.x.values() == {"(dog house) OR cat", "from:12 OR from:13"}
    assert desk.keeper.order.standing.keys() == {"a", "b"}
    other.stop("a", desk.x.at)
    desk.pass_by(2)
    assert desk.x.values() == {"from:12 OR from:13"}
    assert desk.keeper.order.whose(rule) == (), "what matched a moment ago goes to nobody now"
    assert desk.chores


def test_the_lease_is_renewed_and_what_is_said_is_shown(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.pass_by(4 * LEASE)
    assert other.hold("there", 2, "b", AT) is None
    assert desk.x.at - 3_000 <= other.live().at <= desk.x.at
    assert not desk.keeper.lost.is_set()


def test_the_lease_waits_for_no_answer_of_x(desk: Desk, other: Captures, monkeypatch: pytest.MonkeyPatch) -> None:
    other.register(TERMS)
    answer, stop, renewed = Event(), Event(), Semaphore(0)
    renew = desk.captures.renew
    monkeypatch.setattr(desk.captures, "renew", lambda fence: (renew(fence), renewed.release()))
    monkeypatch.setattr(desk.x, "rules", lambda: answer.wait(60) and [])
    keeping = Thread(target=desk.keeper.run, args=(stop,))
    keeping.start()
    try:
        for _ in range(4):
            assert renewed.acquire(timeout=12)
            desk.clock.now += LEASE - 1
        assert renewed.acquire(timeout=12)
        assert other.hold("there", 2, "b", AT) is None
    finally:
        stop.set()
        answer.set()
        keeping.join(30)


def test_a_keeper_that_slept_too_long_finds_that_another_holds(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.pass_by(RENEWAL)
    desk.clock.now += LEASE + 1
    assert other.hold("there", 2, "b", AT)
    before = [*desk.x.requests]
    desk.keeper.tick()
    assert desk.keeper.lost.is_set()
    desk.keeper.run(Event())
    assert desk.x.requests == before, "it touches nothing any more"


def test_it_ends_when_nothing_is_on(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.keeper.tick()
    other.stop("a", AT + 5)
    desk.pass_by(2)
    assert desk.keeper.lost.is_set()
    assert desk.x.standing == {}


def test_what_is_replaced_goes_when_the_new_rule_works_and_the_old_terms_are_told_apart(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.pass_by(2)
    other.register(replace(TERMS, lines=("cat", "emu"), since=desk.x.at))
    desk.pass_by(2)
    assert len(desk.x.standing) == 2
    assert desk.keeper.order.standing["a"].terms == 2
    assert desk.keeper.order.standing["a"].since > AT
    desk.pass_by(GRACE / 1_000 + SETTLE)
    assert desk.x.values() == {"cat OR emu"}


def test_a_rule_that_another_capture_changes_breaks_no_coverage(desk: Desk, other: Captures) -> None:
    shared = ("cat", "dog")
    other.register(replace(TERMS, lines=shared))
    other.register(replace(USERS, kind="terms", lines=shared))
    desk.pass_by(60)
    assert desk.x.values() == {"cat OR dog"}
    before = desk.keeper.order.standing["a"]
    other.register(replace(USERS, kind="terms", lines=("cat",), since=desk.x.at))
    desk.pass_by(60)
    assert desk.x.values() == {"cat", "dog"}
    assert desk.keeper.order.standing["a"] == before


def test_what_others_remove_is_put_back_and_was_not_covered(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.pass_by(60)
    desk.x.standing.clear()
    desk.pass_by(OTHERS + 1)
    assert desk.x.values() == {"(dog house) OR cat"}
    assert desk.keeper.order.standing["a"].since >= AT + 60_000
    desk.x.standing.clear()
    desk.pass_by(12)
    desk.keeper.ask()
    desk.pass_by(2)
    assert desk.x.values() == {"(dog house) OR cat"}


def test_while_x_does_not_tell_its_rules_nothing_is_said_to_stand(
    desk: Desk, other: Captures, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may remove a rule meanwhile."""
    other.register(TERMS)
    desk.pass_by(60)
    looked = desk.keeper.looked
    assert desk.x.at - OTHERS * 1_000 - 1_500 <= looked <= desk.x.at
    with monkeypatch.context() as away:
        away.setattr(desk.x, "rules", lambda: (_ for _ in ()).throw(NetwarError("X is away")))
        desk.pass_by(300)
        desk.x.standing.clear()
        assert desk.keeper.looked <= looked + OTHERS * 1_000
    desk.pass_by(61)
    assert desk.keeper.looked > desk.x.at - 61_000
    assert desk.keeper.order.standing["a"].since > AT + 360_000


def test_quiet_minutes_ask_little(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    desk.pass_by(60)
    desk.x.requests.clear()
    desk.pass_by(150)
    assert {*desk.x.requests} == {"rules"}
    assert len(desk.x.requests) <= 150 / OTHERS + 1


def test_captures_whose_money_is_spent_have_no_rules(desk: Desk, other: Captures) -> None:
    other.register(TERMS)
    other.register(USERS)
    desk.pass_by(2)
    desk.keeper.pause({"a"})
    desk.pass_by(2)
    assert desk.x.values() == {"from:12 OR from:13"}
    assert desk.keeper.order.standing.keys() == {"b"}
    assert not desk.keeper.lost.is_set()
    desk.keeper.pause(())
    desk.pass_by(2)
    assert len(desk.x.standing) == 2
    assert desk.keeper.order.standing["a"].since > AT


@pytest.mark.parametrize(("error", "wait"), [(NetwarError("X is away"), 5.0), (RateLimited("no more", 100.0), 100.0)])
def test_what_fails_is_tried_again_and_ends_nothing(
    desk: Desk, other: Captures, monkeypatch: pytest.MonkeyPatch, error: NetwarError, wait: float
) -> None:
    other.register(TERMS)
    with monkeypatch.context() as away:
        away.setattr(module.Rules, "bring", lambda *_: (_ for _ in ()).throw(error))
        desk.pass_by(1)
    desk.pass_by(wait - 2)
    assert not desk.x.standing
    desk.pass_by(3)
    assert desk.x.standing
    assert desk.keeper.ready.is_set()


def test_what_is_away_is_told_once_until_it_is_back(
    desk: Desk, other: Captures, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise ServiceDown("Redis is away")

    other.register(TERMS)
    for _ in range(2):
        with monkeypatch.context() as gone:
            gone.setattr(type(desk.captures), "report", away)
            desk.pass_by(20)
        desk.pass_by(2)
    assert caplog.messages.count("Redis is away") == 2


def test_what_x_refuses_is_told(desk: Desk, other: Captures) -> None:
    desk.x.bad = {"cat"}.__contains__
    other.register(TERMS)
    desk.keeper.tick()
    assert desk.keeper.order.refused == {"cat": "no viable alternative at cat"}
    assert desk.x.values() == {"(dog house)"}

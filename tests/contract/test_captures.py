"""What every registry of captures does, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from netwar.captures.base import (
    EARLIER,
    LEASE,
    RETIRED,
    Capture,
    CaptureOptions,
    Captures,
    CaptureState,
    FenceLost,
    Holder,
    KnownRule,
    Live,
)
from netwar.connections.runs import Run
from tests.contract.opening import NOW, SetClock, new_run, open_captures, processes
from tests.rows import rows

AT = 1_800_000_000_000
HOUR = 3_600_000
TERMS = Capture("brexit", "terms", ("#brexit", '"vote leave" -is:retweet', "Übergröße 🎉"), since=AT, host="a", file="/x/terms")


@pytest.fixture
def captures(where: str, run: Run, clock: SetClock) -> Captures:
    return open_captures(where, run, clock=clock)


@pytest.fixture
def other(where: str, clock: SetClock) -> Captures:
    """The same captures as another live run has them."""
    run = new_run(where)
    run.begin()
    return open_captures(where, run, clock=clock)


def held(captures: Captures, pid: int = 1) -> int:
    holder = captures.hold("a", pid, "brexit", AT)
    assert holder is not None
    return holder.fence


def test_what_is_registered_is_known_to_all(captures: Captures, other: Captures) -> None:
    assert (captures.captures(), captures.generation(), captures.live(), captures.rules()) == ([], 0, Live(), [])
    options = CaptureOptions(users_once=True, budget=5_000_000, list_id="84839422")
    users = Capture("wales", "users", tuple(str(id) for id in range(1_000)), options, since=AT + 1)
    assert captures.register(users) == users
    assert captures.register(TERMS) == TERMS
    assert other.captures() == [TERMS, users]
    assert other.earlier("brexit") == []


def test_the_captures_of_another_app_are_other_captures(where: str, captures: Captures, run: Run, clock: SetClock) -> None:
    captures.register(TERMS)
    held(captures)
    elsewhere = open_captures(where, run, "other", clock)
    assert (elsewhere.captures(), elsewhere.generation(), elsewhere.holder()) == ([], 0, None)
    assert held(elsewhere)


def test_a_registry_has_a_name_of_its_own(where: str, captures: Captures, other: Captures, run: Run, clock: SetClock) -> None:
    assert captures.name() == other.name() == captures.name() != open_captures(where, run, "other", clock).name()
    assert len(captures.name()) == 8


def test_that_it_is_said_again_changes_nothing(captures: Captures) -> None:
    captures.register(TERMS)
    before = captures.generation()
    assert captures.register(replace(TERMS, since=AT + HOUR)) == TERMS
    assert captures.generation() == before
    turned = replace(TERMS, lines=TERMS.lines[::-1], since=AT + HOUR, file="/y")
    assert captures.register(turned) == replace(turned, since=AT), "only the order of the lines is another"
    assert captures.earlier("brexit") == []


def test_other_lines_are_other_terms_and_the_earlier_ones_stay_known(captures: Captures, other: Captures) -> None:
    captures.register(TERMS)
    second = captures.register(replace(TERMS, lines=("#brexit",), since=AT + HOUR))
    assert (second.terms, second.since) == (2, AT + HOUR)
    third = other.register(replace(TERMS, kind="users", lines=("12",), since=AT + 2 * HOUR))
    assert other.captures() == [third]
    assert third.terms == 3
    assert other.earlier("brexit") == [replace(TERMS, until=AT + HOUR), replace(second, until=AT + 2 * HOUR)]
    fourth = captures.register(replace(second, since=AT + HOUR + EARLIER + 1))
    assert [capture.terms for capture in captures.earlier("brexit")] == [2, 3], "the first ended too long ago"
    assert fourth.terms == 4


def test_other_options_are_the_same_terms(captures: Captures) -> None:
    captures.register(TERMS)
    before = captures.generation()
    once = captures.register(replace(TERMS, options=CaptureOptions(users_once=True), since=AT + HOUR))
    assert (once.terms, once.since, once.options.users_once) == (1, AT, True)
    assert captures.generation() > before
    assert captures.earlier("brexit") == []


def test_a_capture_that_is_stopped_stays_known_until_it_is_forgotten(captures: Captures, other: Captures) -> None:
    assert (captures.stop("brexit", AT), captures.forget("brexit")) == (False, False)
    captures.register(TERMS)
    assert captures.forget("brexit") is False, "it is on"
    before = captures.generation()
    assert other.stop("brexit", AT + 5) is True
    assert captures.generation() > before
    assert other.stop("brexit", AT + 6) is False
    assert captures.captures() == [replace(TERMS, on=False, until=AT + 5)]
    again = captures.register(replace(TERMS, since=AT + 9))
    assert (again.terms, again.on, again.since, again.until) == (2, True, AT + 9, None)
    assert captures.earlier("brexit") == [replace(TERMS, on=False, until=AT + 5)]
    captures.stop("brexit", AT + 10)
    before = captures.generation()
    assert other.forget("brexit") is True
    assert (captures.captures(), captures.earlier("brexit"), captures.forget("brexit")) == ([], [], False)
    assert captures.generation() > before
    assert captures.register(TERMS) == TERMS


def test_no_time_goes_backwards_where_clocks_do(captures: Captures) -> None:
    captures.register(TERMS)
    second = captures.register(replace(TERMS, lines=("other",), since=AT - HOUR))
    assert (second.since, captures.earlier("brexit")) == (AT, [replace(TERMS, until=AT)])
    captures.stop("brexit", AT - HOUR)
    assert captures.captures()[0].until == AT


def test_one_holds_at_a_time(captures: Captures, other: Captures, clock: SetClock) -> None:
    assert captures.holder() is None
    holder = captures.hold("a", 7, "brexit", AT)
    assert holder == Holder(1, "a", 7, "brexit", AT) == other.holder()
    clock.now += LEASE - 1
    assert other.hold("b", 8, "wales", AT) is None
    captures.renew(1)
    clock.now += LEASE - 1
    assert captures.hold("a", 7, "brexit", AT) is None, "not twice either"
    assert other.hold("b", 8, "wales", AT) is None
    clock.now += 1
    assert captures.holder() is None
    assert other.hold("b", 8, "wales", AT + 1) == Holder(2, "b", 8, "wales", AT + 1) == captures.holder()


def test_a_lease_that_ran_out_is_renewed_while_nobody_else_holds(captures: Captures, clock: SetClock) -> None:
    """As after an hour without Redis: who has the connection goes on."""
    fence = held(captures)
    clock.now += HOUR
    captures.renew(fence)
    assert captures.holder() == Holder(fence, "a", 1, "brexit", AT)


FENCED: dict[str, Callable[[Captures, int], Any]] = {
    "renew": lambda captures, fence: captures.renew(fence),
    "change_rules": lambda captures, fence: captures.change_rules(fence, [KnownRule("9", "x", ("brexit",), AT)], {"1": AT}),
    "connecting": lambda captures, fence: captures.connecting(fence, AT + 1),
    "report": lambda captures, fence: captures.report(fence, Live(at=AT + 1)),
}


@rows(("step", "way"), product(FENCED, ["taken over", "released"]))
def test_who_lost_the_fence_changes_nothing(captures: Captures, other: Captures, clock: SetClock, step: str, way: str) -> None:
    if before := other.holder():
        other.release(before.fence)
    fence = held(captures)
    captures.change_rules(fence, [KnownRule("1", "x", ("brexit",), AT)], {})
    captures.report(fence, Live(at=AT))
    if way == "released":
        captures.release(fence)
    else:
        clock.now += LEASE
        assert held(other, 2) == fence + 1
    with pytest.raises(FenceLost):
        FENCED[step](captures, fence)
    with pytest.raises(FenceLost):
        FENCED[step](captures, 0)
    captures.release(fence)
    holder = other.holder()
    assert (holder.fence if holder else None) == (None if way == "released" else fence + 1)
    assert (other.rules(), other.live().at, other.connects(0)) == ([KnownRule("1", "x", ("brexit",), AT)], AT, [])


def test_what_is_released_is_free_at_once_and_has_another_fence(captures: Captures, other: Captures) -> None:
    fence = held(captures)
    captures.release(fence)
    assert held(other) == fence + 1
    other.release(fence + 1)
    assert held(captures) == fence + 2


def test_rules_that_are_removed_stay_known_for_an_hour(captures: Captures, other: Captures) -> None:
    fence = held(captures)
    one = KnownRule("1", '(#brexit) OR ("vote leave")', ("brexit", "wales"), AT)
    two = KnownRule("2", "Übergröße", ("brexit",), AT, foreign=True)
    captures.change_rules(fence, [one, two], {})
    assert other.rules() == [one, two]
    captures.change_rules(fence, [], {"1": AT + 5, "77": AT + 5})
    assert other.rules() == [replace(one, until=AT + 5), two]
    captures.change_rules(fence, [replace(two, captures=("wales",))], {})
    assert other.rules() == [replace(one, until=AT + 5), replace(two, captures=("wales",))]
    captures.change_rules(fence, [three := KnownRule("3", "x", ("a",), AT + 5 + RETIRED)], {})
    assert [rule.id for rule in other.rules()] == ["1", "2", "3"]
    captures.change_rules(fence, [], {"3": AT + 6 + RETIRED})
    assert other.rules() == [replace(two, captures=("wales",)), replace(three, until=AT + 6 + RETIRED)]
    captures.change_rules(fence, [three], {})
    assert other.rules()[-1] == three, "it stands again"


def test_many_rules(captures: Captures) -> None:
    fence = held(captures)
    rules = [KnownRule(f"{number:05}", f"from:{number}" * 90, ("a",), AT) for number in range(1_000)]
    captures.change_rules(fence, rules, {})
    assert captures.rules() == rules
    captures.change_rules(fence, [], {rule.id: AT + 1 for rule in rules})
    assert captures.rules() == [replace(rule, until=AT + 1) for rule in rules]


def test_connects_are_counted_whoever_tries(captures: Captures, other: Captures, clock: SetClock) -> None:
    fence = held(captures)
    for at in (AT, AT, AT + 10):
        captures.connecting(fence, at)
    clock.now += LEASE
    other.connecting(held(other), AT + 20)
    assert captures.connects(0) == [AT, AT, AT + 10, AT + 20]
    assert captures.connects(AT + 10) == [AT + 10, AT + 20]
    other.connecting(fence + 1, AT + HOUR + 5)
    assert captures.connects(0) == [AT + 10, AT + 20, AT + HOUR + 5]


def test_what_the_holder_says_is_shown_to_all(captures: Captures, other: Captures) -> None:
    state = CaptureState("brexit", "over budget", 5, 4, 3, 2, AT, 1, 7, "until 00:00 UTC – «x»")
    live = Live(AT, AT - 1, AT - 2, 800, 1 << 40, "1582…", "spooling", {"brexit": state, "wales": CaptureState("wales")})
    captures.report(held(captures), live)
    assert other.live() == live


DIES = """
import os, signal
captures = open_captures(sys.argv[1], new_run(sys.argv[1]))
assert captures.hold("a", 1, "brexit", 5)
print("holds", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_holder_of_this_host_that_was_killed_is_succeeded_at_once(where: str, captures: Captures) -> None:
    with processes(1, DIES, where) as [process]:
        assert process.says() == "holds"
        process.popen.wait()
    assert captures.holder() is None
    holder = captures.hold("a", 2, "brexit", AT)
    assert holder is not None
    assert holder.fence == 2


RACE = """
captures = open_captures(sys.argv[1], new_run(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
from netwar.captures.base import Capture
for number in range(15):
    captures.register(Capture("all", "terms", (f"{sys.argv[2]}-{os.getpid()}-{number}",), since=number))
    if holder := captures.hold("a", os.getpid(), "brexit", number):
        captures.connecting(holder.fence, holder.fence)
        print(holder.fence, flush=True)
        captures.release(holder.fence)
"""


def test_of_two_processes_that_race_each_change_is_seen_and_each_fence_is_given_once(where: str, captures: Captures) -> None:
    with processes(2, RACE, where, "x") as racers:
        for racer in racers:
            assert racer.says() == "ready"
        for racer in racers:
            racer.go()
        fences = [int(fence) for racer in racers for fence in racer.end()]
    assert sorted(fences) == list(range(1, len(fences) + 1)) == captures.connects(0)
    [capture] = captures.captures()
    assert capture.terms == captures.generation() == 30
    assert [one.terms for one in captures.earlier("all")] == list(range(1, 30))


def test_the_clock_of_tests_is_that_of_the_store() -> None:
    assert NOW * 1_000 == AT

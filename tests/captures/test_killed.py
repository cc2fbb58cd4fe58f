"""Runs that are killed before each command that they send to the registry of captures leave a step done or not begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.killing import killed_everywhere
from tests.contract.opening import place


@pytest.fixture(params=["sqlite", "redis-tls"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return place(request.param, tmp_path, request.getfixturevalue("redis") if request.param != "sqlite" else None)


KILLED = """
import sys
from netwar.captures.base import Capture, KnownRule, Live

def steps(captures):
    yield captures.register(Capture("a", "terms", ("x", "y"), since=1))
    yield captures.register(Capture("a", "terms", ("x",), since=2))
    yield captures.register(Capture("b", "users", ("1",), since=3))
    fence = captures.hold("host", 1, "a", 4).fence
    yield
    yield captures.change_rules(fence, [KnownRule("1", "x", ("a",), 4), KnownRule("2", "from:1", ("b",), 4)], {})
    yield captures.connecting(fence, 5)
    yield captures.change_rules(fence, [KnownRule("3", "z", ("b",), 6)], {"1": 6, "2": 7})
    yield captures.report(fence, Live(at=8))
    yield captures.stop("b", 9)
    yield captures.renew(fence)
    yield captures.release(fence)
    yield captures.forget("b")

def state(captures):
    earlier = [captures.earlier(index) for index in "ab"]
    return repr((captures.captures(), earlier, captures.rules(), captures.connects(0), captures.live(), captures.generation()))

def clear(captures):
    assert captures.holder() is None, "who held is dead"

kill_everywhere(lambda place: open_captures(sys.argv[1], new_run(sys.argv[1]), place), steps, state, clear)
"""


def test_a_run_that_is_killed_at_any_moment_leaves_a_step_done_or_not_begun(where: str) -> None:
    between, left = killed_everywhere(KILLED, where)
    assert left == between, "they were killed everywhere, and nothing else is ever seen"

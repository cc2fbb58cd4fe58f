"""Runs that are killed before each command that they send to the registry of captures leave a step done or not begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.opening import place, processes


@pytest.fixture(params=["sqlite", "redis-tls"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return place(request.param, tmp_path, request.getfixturevalue("redis") if request.param != "sqlite" else None)


KILLED = """
import itertools, os, signal, sys
from netwar.captures.base import Capture, KnownRule, Live
from netwar.connections import redis, sqlite_files

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

def forked(work, place):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        redis_at.cache_clear()
        work(open_captures(sys.argv[1], new_run(sys.argv[1]), place))
        sys.stdout.flush()
        os._exit(0)
    except BaseException as error:
        print("failed", repr(error), flush=True)
        os._exit(1)

def undisturbed(captures):
    print("between", state(captures))
    for _ in steps(captures):
        print("between", state(captures))

def killed_at(number):
    count = itertools.count(1)
    def counted(genuine):
        def call(self, *args, **more):
            if next(count) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return genuine(self, *args, **more)
        return call
    def work(captures):
        sqlite_files.Connection.execute = counted(sqlite_files.Connection.execute)
        sqlite_files.Connection.executemany = counted(sqlite_files.Connection.executemany)
        redis.Server.execute_command = counted(redis.Server.execute_command)
        for _ in steps(captures):
            pass
    return work

def left(captures):
    assert captures.holder() is None, "who held is dead"
    print("left", state(captures))

forked(undisturbed, "first")
for number in itertools.count(1):
    status = forked(killed_at(number), str(number))
    forked(left, str(number))
    if status == 0:
        print("kills", number - 1)
        break
"""


def test_a_run_that_is_killed_at_any_moment_leaves_a_step_done_or_not_begun(where: str) -> None:
    with processes(1, KILLED, where) as [process]:
        said = [line.partition(" ") for line in process.end()]
    between = {state for word, _, state in said if word == "between"}
    left = {state for word, _, state in said if word == "left"}
    assert {word for word, _, _ in said} == {"between", "left", "kills"}, said
    assert left == between, "they were killed everywhere, and nothing else is ever seen"

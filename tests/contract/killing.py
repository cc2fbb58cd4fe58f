"""Steps of a back end, taken by runs that are killed before each of their commands, to Redis or to SQLite."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from netwar.connections import redis, sqlite_files
from tests.contract.opening import processes, redis_at

T = TypeVar("T")


def killed_everywhere(script: str, where: str) -> tuple[set[str], set[str]]:
    """Which states a script that calls `kill_everywhere` saw between its steps, and which its killed runs left."""
    with processes(1, f"from tests.contract.killing import *\n{script}", where) as [process]:
        said = [line.partition(" ") for line in process.end()]
    assert {word for word, _, _ in said} == {"between", "left", "kills"}, said
    return {state for word, _, state in said if word == "between"}, {state for word, _, state in said if word == "left"}


def kill_everywhere(
    begin: Callable[[str], T], steps: Callable[[T], Iterator[Any]], state: Callable[[T], str], clear: Callable[[T], None]
) -> None:
    """Take the steps undisturbed, then in runs that are killed before their first command, their second, and so on, until one
    is not. `begin` opens the back end for a run's name; `clear` is called when it was told what a run left."""

    def undisturbed() -> None:
        opened = begin("first")
        print("between", state(opened))
        for _ in steps(opened):
            print("between", state(opened))

    def left(number: int) -> None:
        opened = begin(str(number))
        print("left", state(opened), flush=True)
        clear(opened)
        redis_at.cache_clear()

    def killed(number: int) -> None:
        """The run that is killed tells what the one before has left, before it begins: a process costs more than its steps."""
        if number > 1:
            left(number - 1)
        opened = begin(str(number))
        _kill_before(number)
        for _ in steps(opened):
            pass

    _forked(undisturbed)
    for number in itertools.count(1):
        if _forked(partial(killed, number)) == 0:
            _forked(partial(left, number))
            print("kills", number - 1)
            return


def _forked(work: Callable[[], None]) -> int:
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        redis_at.cache_clear()
        work()
        sys.stdout.flush()
        os._exit(0)
    except BaseException as error:
        print("failed", repr(error), flush=True)
        os._exit(1)


def _kill_before(command: int) -> None:
    """Let this process be killed before a command from now on."""
    count = itertools.count(1)

    def counted(genuine: Callable[..., Any]) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            if next(count) == command:
                os.kill(os.getpid(), signal.SIGKILL)
            return genuine(*args, **more)

        return call

    for kind, name in (
        (sqlite_files.Connection, "execute"),
        (sqlite_files.Connection, "executemany"),
        (redis.Server, "execute_command"),
    ):
        setattr(kind, name, counted(getattr(kind, name)))

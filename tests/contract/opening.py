"""The back ends of queue and meter, opened alike here and in the processes that a test starts.

`where` is "KIND:ADDRESS", such as sqlite:/tmp/x: a back end and a place of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from netwar.connections.runs import Run
from netwar.meter.base import Money, Windows
from netwar.queues.base import Queue

ROOT = Path(__file__).parent.parent.parent
KINDS = ["sqlite"]

Clock = Callable[[], float]


class SetClock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def place(kind: str, folder: Path) -> str:
    """A fresh place for a back end of this kind."""
    return f"{kind}:{folder}"


def new_run(where: str) -> Run:
    """A run as a process of its own would have it."""
    return Run(_folder(where) / "runs")


def open_queue(where: str, run: Run, name: str = "work", clock: Clock = time.time) -> Queue:
    from netwar.queues.sqlite import SqliteQueue

    return SqliteQueue(_folder(where) / "queues.sqlite", name, run, clock)


def open_money(where: str, run: Run, budget: int, app: str = "app", clock: Clock = time.time) -> Money:
    from netwar.meter.sqlite import SqliteMoney

    return SqliteMoney(_folder(where) / "meter.sqlite", app, run, budget, clock)


def open_windows(where: str, clock: Clock = time.time) -> Windows:
    from netwar.meter.sqlite import SqliteWindows

    return SqliteWindows(_folder(where) / "meter.sqlite", clock)


def _folder(where: str) -> Path:
    return Path(where.partition(":")[2])


class Process:
    """A Python process that a test talks to by lines."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen

    def says(self) -> str:
        """The next line of its output."""
        assert self.popen.stdout
        return self.popen.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it read a line."""
        assert self.popen.stdin
        self.popen.stdin.write("go\n")
        self.popen.stdin.flush()

    def kill(self) -> None:
        """kill -9"""
        self.popen.kill()
        self.popen.wait()

    def end(self) -> list[str]:
        """The rest of its output once it has ended well."""
        out, err = self.popen.communicate(timeout=120)
        assert self.popen.returncode == 0, err
        return out.splitlines()


@contextmanager
def processes(count: int, script: str, *args: Any) -> Iterator[list[Process]]:
    """Start a script several times, with `args` as sys.argv[1:]; whatever is left of them is killed at the end."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "from tests.contract.opening import *\n" + script, *map(str, args)]
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            pipe = subprocess.PIPE
            popen = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)
            stack.enter_context(popen)
            stack.callback(popen.kill)
            started.append(Process(popen))
        yield started

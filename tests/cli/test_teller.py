"""What a run tells the board, how often, and that neither a broken nor a hanging board holds it up."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from netwar.board.base import HostState, RunState
from netwar.cli import teller as module
from netwar.cli.run_figures import figures
from netwar.cli.teller import Teller
from netwar.work.summary import Summary

STATE = RunState("1", "alpha", "tw-try", "c", subject="work")


class Heard:
    """A board that keeps what it hears; `fails` is how often it does not."""

    def __init__(self, fails: int = 0) -> None:
        self.said: list[RunState] = []
        self.added: list[dict[str, int]] = []
        self.fails, self.closed = fails, False

    def say(self, state: RunState) -> None:
        self.fails -= 1
        if self.fails >= 0:
            raise OSError("no board today")
        self.said.append(state)

    def add(self, counts: dict[str, int]) -> None:
        self.added.append(counts)

    def say_host(self, state: HostState) -> None:
        """Not looked at here."""

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in {"FIRST": 0.01, "EVERY": 0.05, "BEAT": 0.15, "LAST": 0.5}.items():
        monkeypatch.setattr(module, name, seconds)


def telling(board: Any) -> Teller:
    return Teller(STATE, lambda: board, lambda: HostState("alpha", "/d"), lambda: None)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_waits_is_heard_of_and_one_that_hurries_not_too_often() -> None:
    board = Heard()
    teller, numbers = telling(board), Summary()
    teller.counting(numbers)
    teller.waits(900)
    until(lambda: len(board.said) >= 4)
    assert board.said[-1].waits > 800, "nothing is new, and it says so"
    before, began = len(board.said), time.monotonic()
    for _ in range(500):
        teller.moved(1, "nasa")
        numbers.read += 2
        time.sleep(0.001)
    assert len(board.said) - before <= (time.monotonic() - began) / 0.05 + 2
    teller.end(0)
    last = board.said[-1]
    assert (last.done, last.status, last.counts["tweets"], last.note) == (500, 0, 1_000, "nasa")
    assert sum(added["tweets"] for added in board.added) == 1_000
    assert board.closed


def test_neither_a_broken_nor_a_hanging_board_holds_a_run_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    broken = Heard(fails=3)
    teller = telling(broken)
    until(lambda: len(broken.said) >= 1)
    teller.end(0)
    told = [record.message for record in caplog.records if record.thread == teller._thread.ident]
    assert told == ["what this run does is not on the board: no board today"], "once"

    class Hanging(Heard):
        go = Event()

        def say(self, state: RunState) -> None:
            self.go.wait(10)

    teller = telling(Hanging())
    teller.end(0)
    assert teller._thread.is_alive(), "it was not waited for"
    Hanging.go.set()
    teller._thread.join(10)


def test_what_several_workers_of_a_run_did_is_added_up() -> None:
    teller = telling(Heard())
    for read in (3, 4):
        numbers = Summary(users=1, read=read)
        teller.counting(numbers)
        numbers.read += 1
    assert (teller.counts["tweets"], teller.counts["users"]) == (9, 2)
    teller.end(0)
    assert figures(Summary("user", read=2, failed=Summary().failed)) == {"profiles": 2}

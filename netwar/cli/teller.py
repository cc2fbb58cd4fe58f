"""A thread that tells the board, and statsd, how its run is, so that the run itself never waits for either.

It has a board of its own. What goes wrong there is logged and changes nothing: the next word is tried all the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any

from netwar.board.base import BEAT, EVERY, RunState
from netwar.cli.run_figures import figures, grown, totals

if TYPE_CHECKING:
    from netwar.board.base import Board, HostState
    from netwar.board.statsd import Statsd

log = logging.getLogger("netwar.board")

FIRST = 1.0  # seconds: who is done sooner says its last word only
LAST = 3.0  # seconds that a run waits at its end for the word of that
HOST_EVERY = 60.0


def make_good(state: RunState, opened: Callable[[], Board]) -> None:
    """Take down what befell runs before this one, which has ended well and never came onto the board; within LAST seconds, or not
    at all."""

    def step() -> None:
        try:
            with closing(opened()) as board:
                board.make_good(state)
        except Exception as error:  # it stands until the next one ends well
            log.debug("what befell runs before this one stays on the board:", exc_info=error)

    thread = Thread(target=step, name="board", daemon=True)
    thread.start()
    thread.join(LAST)


class Teller:
    """What a run says. Each method may be called at any time and returns at once, but for `end`."""

    def __init__(
        self, state: RunState, board: Callable[[], Board], host: Callable[[], HostState], statsd: Callable[[], Statsd | None]
    ) -> None:
        self._state, self._open, self._host, self._statsd = state, board, host, statsd
        self._moved = time.monotonic()
        self._began = self._moved - state.age
        self._waits = 0.0  # until when, on the same clock
        self._numbers: Any = None
        self._before: Mapping[str, int] = {}  # what is over
        self._added: Mapping[str, int] = {}
        self._host_said = float("-inf")
        self._lock, self._changed, self._ended = Lock(), Event(), Event()
        self._failed = False
        self._thread = Thread(target=self._tell, name="board", daemon=True)
        self._thread.start()

    def change(self, **what: Any) -> None:
        """The run is so from now on, and made progress by that."""
        with self._lock:
            self._state, self._moved = replace(self._state, **what), time.monotonic()
        self._changed.set()

    def moved(self, done: int, note: str) -> None:
        """So many more are done."""
        with self._lock:
            self._moved = time.monotonic()
            self._state = replace(self._state, done=self._state.done + done, note=note or self._state.note)
        self._changed.set()

    def waits(self, seconds: float) -> None:
        """The run waits so long for something that it knows of; 0 when that is over."""
        with self._lock:
            self._waits = self._moved = time.monotonic()
            self._waits += seconds
        self._changed.set()

    def counting(self, numbers: Any) -> None:
        """By these the run counts what it does."""
        with self._lock:
            if self._numbers is not None and self._numbers is not numbers:
                self._before = self._counts()
            self._numbers = numbers

    def end(self, status: int) -> None:
        """The run has ended; told within LAST seconds, or not at all."""
        self.change(status=status)
        self._ended.set()
        self._changed.set()
        self._thread.join(LAST)

    @property
    def counts(self) -> dict[str, int]:
        """What the run did so far."""
        with self._lock:
            return self._counts()

    @property
    def state(self) -> RunState:
        """How the run is now."""
        with self._lock:
            now, counts = time.monotonic(), self._counts()
            age, still, waits = now - self._began, now - self._moved, max(self._waits - now, 0.0)
            return replace(self._state, counts=counts, age=round(age, 1), still=round(still, 1), waits=round(waits, 1))

    def _counts(self) -> dict[str, int]:
        now = figures(self._numbers)
        return {name: now.get(name, 0) + self._before.get(name, 0) for name in (*self._before, *now)}

    def _tell(self) -> None:
        self._ended.wait(FIRST)
        board, statsd = None, self._quietly(self._statsd)
        while True:
            ended = self._ended.is_set()
            self._changed.clear()
            board = board or self._quietly(self._open)
            self._quietly(partial(self._say, board, statsd))
            if ended:
                break
            self._ended.wait(EVERY)
            self._changed.wait(BEAT - EVERY)
        for one in (board, statsd):
            if one:
                self._quietly(one.close)

    def _say(self, board: Board | None, statsd: Statsd | None) -> None:
        state = self.state
        more, self._added = grown(state.counts, self._added), state.counts
        if statsd:
            statsd.run(state, more)
        if board is None:
            return
        board.say(state)
        if added := totals(more):
            board.add(added)
        if time.monotonic() - self._host_said > HOST_EVERY:
            self._host_said = time.monotonic()
            board.say_host(self._host())

    def _quietly(self, step: Callable[[], Any]) -> Any:
        """Do a step; None if it failed. That is said once, and not by -q."""
        try:
            return step()
        except Exception as error:
            if not (self._failed or self._state.status):  # who ends badly has said what is wrong
                self._failed = True
                log.info("what this run does is not on the board: %s", error)
            log.debug("the board:", exc_info=error)
            return None

"""The keeper: beside who reads the stream and who writes, it keeps the connection, and X's rules as the captures want them.

Its owner hands it a thread. What it knows is read from any thread: whole values that are exchanged, never changed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Event, Thread

from netwar.captures.base import RENEWAL, Capture, Captures, FenceLost, KnownRule, Live
from netwar.errors import Moved, NetwarError, RateLimited
from netwar.streams.coverage import Standing
from netwar.streams.packing import Members, wishes
from netwar.streams.placing import Rules, Verdict
from netwar.twitter.streaming import Streaming

log = logging.getLogger("netwar.streams")

TICK = 0.25  # seconds
LOOK = 1.0  # at whether captures changed
REPORT = 2.0  # how it stands
SETTLE = 5.0  # until rules that are replaced are looked at again
OTHERS = 25.0  # until rules are looked at that nobody here has changed: what is told as covered ends 30 seconds ago
SOON = 10.0  # at the least between two looks that are asked for
TROUBLE = (5.0, 15.0, 60.0)  # until what failed is tried again


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be recorded by now: captures that are on, by index; our rules by id, those removed in the last hour included;
    and since when (ms) which terms of a capture stand at X wholly. `refused`: the reasons of X, by expression."""

    captures: Mapping[str, Capture] = field(default_factory=dict)
    rules: Mapping[str, KnownRule] = field(default_factory=dict)
    standing: Mapping[str, Standing] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)

    def whose(self, rule: str) -> tuple[str, ...] | None:
        """The captures that get what a rule matched, by its id; None if it is not known to be ours."""
        known = self.rules.get(rule)
        return None if known is None else tuple(index for index in known.captures if index in self.captures)


class Keeper:
    """Keeps a fence. `chores` are called once a second or so, in its thread: reading a changed FILE, following a list.

    `report` tells how it stands. `streaming` is used by the keeper's thread alone, `captures` also by that of the lease.
    """

    def __init__(
        self,
        captures: Captures,
        streaming: Streaming,
        fence: int,
        report: Callable[[], Live],
        chores: Sequence[Callable[[], None]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.order = Order()
        self.ready, self.lost = Event(), Event()  # the rules stand for the first time; another holds, or nothing is on
        self.looked = 0  # when X was asked last what stands (ms at X), and `order` said so
        self.paused: Collection[str] = ()  # captures whose money is spent: their lines are not wanted for now
        self._known: Collection[str] = ()  # of those with a budget of their own: what they have spent is known
        self._captures, self._streaming, self.fence = captures, streaming, fence
        self._rules = Rules(captures, streaming)
        self._report, self._chores, self._clock = report, chores, clock
        self._due: dict[str, float] = {}
        self._failed = 0
        self._moved: Moved | None = None
        self._said: dict[Callable[[], None], str] = {}  # what was wrong when something was done last
        self._settled = False  # no rule is still there that is to go
        self._seen: object = None  # generation, paused and known ones for which rules were brought last
        self._asked = Event()

    def ask(self) -> None:
        """Look at the rules soon: one matched that is not known, or X says that there are none."""
        self._asked.set()

    def pause(self, indexes: Collection[str], known: Collection[str] = ()) -> None:
        """Take the lines of just these captures off X until others are named: they get and cost nothing. Nor does one with a
        budget of its own of which it is not `known` what it has spent."""
        self.paused, self._known = tuple(sorted(indexes)), tuple(sorted(known))

    def holds_back(self, capture: Capture) -> bool:
        """Whether the lines of a capture that is on are not wanted for now."""
        return capture.index in self.paused or (capture.options.budget is not None and capture.index not in self._known)

    def run(self, stop: Event) -> None:
        """Until it shall stop, or the connection is lost to another. Raises Moved where the registry was."""
        Thread(target=self._hold, args=(stop,), name="lease", daemon=True).start()
        while not (stop.is_set() or self.lost.is_set()):
            self.tick()
            if self._moved:
                raise self._moved
            stop.wait(TICK)

    def _hold(self, stop: Event) -> None:
        """X may take minutes to answer, and so may a list, or a FILE on another host: the lease waits for none of them."""
        while not (stop.is_set() or self.lost.is_set()):
            self._keep_lease()
            stop.wait(TICK)

    def _keep_lease(self) -> None:
        if self._clock() >= self._due.get("lease", 0.0):
            self._due["lease"] = self._clock() + RENEWAL
            self._try(self._renew)

    def tick(self) -> None:
        """Do what is due. The lease comes first: who slept learns that another holds before anything is changed."""
        self._keep_lease()
        for what, each, do in (
            ("chores", LOOK, self._do_chores),
            ("look", LOOK, self._look),
            ("report", REPORT, self._say),
        ):
            if self._clock() >= self._due.get(what, 0.0) and not self.lost.is_set():
                self._due[what] = self._clock() + each
                self._try(do)

    def _try(self, do: Callable[[], None]) -> None:
        """What fails is tried again, and ends nothing: the stream goes on meanwhile. It is said once until it is well again."""
        said = self._said.pop(do, "")
        try:
            do()
        except FenceLost:
            self.lost.set()
        except NetwarError as error:
            self._said[do] = str(error)
            if str(error) != said:
                log.warning("%s", error)

    def _renew(self) -> None:
        self._captures.renew(self.fence)

    def _do_chores(self) -> None:
        for chore in self._chores:
            self._try(chore)

    def _say(self) -> None:
        try:
            self._captures.report(self.fence, self._report())
        except Moved as moved:
            self._moved = moved
            raise

    def _look(self) -> None:
        """Bring the rules where something changed, where it was asked for, and now and then."""
        now, state = self._clock(), (self._captures.generation(), self.paused, self._known)
        if self._asked.is_set() and now >= self._due.get("asked", 0.0):
            self._asked.clear()
            self._due |= {"rules": 0.0, "asked": now + SOON}
        if (state == self._seen and now < self._due.get("rules", 0.0)) or now < self._due.get("trouble", 0.0):
            return
        at = self._streaming.now()
        try:
            settled = self._settled and state == self._seen and self._rules.as_left()
            self._settled = settled or not self._bring()
        except NetwarError as error:
            wait = error.wait if isinstance(error, RateLimited) else TROUBLE[min(self._failed, len(TROUBLE) - 1)]
            self._failed += 1
            self._due["trouble"] = self._clock() + wait
            raise
        self._failed, self._seen, self.looked = 0, state, at
        self._due["rules"] = self._clock() + (OTHERS if self._settled else SETTLE)

    def _bring(self) -> int:
        """Let X have the rules of what is on; how many are still there that are to go."""
        captures = {capture.index: capture for capture in self._captures.captures() if capture.on}
        held_back = {capture.index for capture in captures.values() if self.holds_back(capture)}
        wanted = wanted_by(capture for capture in captures.values() if capture.index not in held_back)
        before = {index: one for index, one in self.order.standing.items() if _same(captures.get(index), one)}
        self.order = replace(self.order, captures=captures, standing=before)
        verdict = self._rules.bring(self.fence, wanted)
        rules = {rule.id: rule for rule in self._captures.rules()}
        unbroken = {index: one for index, one in before.items() if index not in self._rules.broken}
        standing = _standing(captures, rules, {index for who in wanted.values() for index in who}) | unbroken
        self._rules.broken.clear()
        wants = {index: one for index, one in standing.items() if index not in held_back}
        self.order = Order(captures, rules, wants, verdict.refused, verdict)
        if captures:
            self.ready.set()
        else:
            self.lost.set()  # nothing is on any more: nobody needs a connection
        return verdict.later


def wanted_by(captures: Iterable[Capture]) -> dict[str, Members]:
    """What captures want of X."""
    return wishes((capture.index, expressions(capture)) for capture in captures)


def expressions(capture: Capture) -> Sequence[str]:
    """The lines of a capture in X's language."""
    return [f"from:{id}" for id in capture.lines] if capture.kind == "users" else capture.lines


def _same(capture: Capture | None, standing: Standing) -> bool:
    return capture is not None and capture.terms == standing.terms


def _standing(captures: Mapping[str, Capture], rules: Mapping[str, KnownRule], wanting: Collection[str]) -> dict[str, Standing]:
    """Since when the terms of captures stand: since the last of their rules came to stand."""
    since = {index: capture.since for index, capture in captures.items() if index in wanting}
    for rule in rules.values():
        for index in rule.captures if rule.until is None else ():
            if index in since:
                since[index] = max(since[index], rule.since)
    return {index: Standing(captures[index].terms, at) for index, at in since.items()}

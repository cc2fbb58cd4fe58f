"""Staying with a capture: holding the app's connection for all captures, or showing one while another process holds it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from netwar.cli.metering import here
from netwar.cli.services import Services
from netwar.cli.status import StatusLine
from netwar.commands.holding import hold, prepare
from netwar.errors import NetwarError, OutOfBudget, ServiceDown
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.captures.base import Captures, Live

log = logging.getLogger("netwar.streams")

SHOW = 1.0  # seconds between two looks at the figures
TRY = 5.0  # seconds between two tries to hold: with the lease, another takes over well within 30
HINDERED = 2.0  # seconds for which a look at the figures has waited if Redis was away
GRACE = 10.0  # seconds for who holds to be heard of again then: the connection stood all the time

T = TypeVar("T")


def stay(services: Services, index: str, once: bool, register: Callable[[Services], str]) -> str:
    """Hold the connection whenever nobody else does, and show this capture's figures meanwhile, until it is stopped."""
    from netwar.captures.base import FenceLost
    from netwar.cli import signals
    from netwar.commands.list_following import followed

    changed = Event()
    signals.heard(signals.HANGUP, changed.set)
    services.left = f"the capture stays registered: tw-stream {index} goes on with it, tw-stream {index} --stop ends it"
    services.report.subject(index)
    captures = services.captures
    prepare(services)
    beside = services.for_config(services.settings.path)  # of the keeper's thread: a file's connection is of one thread
    chores = [lambda: reread(beside, changed, register), followed(beside)]
    with StatusLine(services.quiet) as line:
        shown = Shown(captures, index, partial(_drawn, services, line))
        while patiently(services, lambda: _is_on(captures, index)):
            if mine := patiently(services, lambda: captures.hold(here(), os.getpid(), index, time.time_ns() // 1_000_000)):
                try:
                    hold(services, mine, shown.say, chores, once=once)
                except FenceLost:
                    log.info("another process has the connection by now")
            else:
                patiently(services, lambda: shown.show(TRY, once, lambda: reread(services, changed, register)))
    return f"{index} was stopped; {shown.last}"


def _drawn(services: Services, line: StatusLine, text: str) -> None:
    line.say(text)
    services.report.update(0, text)


def patiently(services: Services, do: Callable[[], T]) -> T:
    """What `do` brings of the registry, however long Redis is away: who stands by is there when it is back, and says so once.

    Raises ServiceDown where the registry is a file: no waiting mends that."""
    away = False
    while True:
        try:
            found = do()
        except ServiceDown as error:
            if services.settings.redis is None:
                raise
            if not away:
                log.warning("%s; this run stays, and goes on when it is back", error)
            away = True
            time.sleep(TRY)
        else:
            if away:
                log.warning("Redis is back")
                time.sleep(GRACE)
            return found


def reread(services: Services, changed: Event, register: Callable[[Services], str]) -> None:
    """Register the lines of FILE anew if HUP asked for it; what is wrong with them changes nothing."""
    if changed.is_set():
        changed.clear()
        try:
            log.info("%s", register(services))
        except NetwarError as error:
            log.warning("the lines stay as they were: %s", error)


def _is_on(captures: Captures, index: str) -> bool:
    return any(capture.index == index and capture.on for capture in captures.captures())


class Shown:
    """The figures of one capture, as the holder tells them; `last` are those before it was stopped."""

    def __init__(self, captures: Captures, index: str, draw: Callable[[str], object]) -> None:
        self._captures, self._index, self._draw = captures, index, draw
        self._told = 0
        self.last = f"{index}: nothing is known of it"

    def say(self, live: Live) -> None:
        """Draw them."""
        text = figures(self._index, live)
        if self._index in live.captures:
            self.last = text
        self._draw(text)

    def show(self, seconds: float, once: bool, chore: Callable[[], None]) -> None:
        """Show them for so long. Raises OutOfBudget where money is spent for today and it should run `once`."""
        self._tell()
        until = time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            chore()
            live = self._captures.live()
            if time.monotonic() > began + HINDERED:
                until = time.monotonic() + GRACE
            self.say(live)
            state = live.captures.get(self._index)
            if once and state and state.state == "over budget":
                raise OutOfBudget(f"{self._index}: {state.detail or 'the budget of the day is spent'}")
            time.sleep(SHOW)

    def _tell(self) -> None:
        """Who holds, once for each."""
        holder = self._captures.holder()
        if holder and holder.fence != self._told:
            self._told = holder.fence
            log.info("%s", held(self._captures, self._index))


def held(captures: Captures, index: str) -> str:
    """Who holds the connection, for the end of an outcome."""
    from netwar.records.times import minute

    if holder := captures.holder():
        return f"process {holder.pid} on {holder.host} (tw-stream {holder.index}) records since {minute(holder.since)} UTC"
    return f"nobody holds the connection, so nothing is recorded yet: tw-stream {index} takes it"


def figures(index: str, live: Live) -> str:
    """How a capture stands, on one line."""
    state = live.captures.get(index)
    if state is None:
        return f"{index}: nothing is known of it yet"
    seconds = min(max((live.at - live.connected) / 1000, 10), 60) if live.connected else 60  # a minute has to pass first
    parts = [plural(state.posts, "post"), f"{state.minute / seconds:,.1f}/s", f"lag {live.lag / 1000:.1f} s"]
    parts += [f"gaps {state.gaps:,}"] if state.gaps else []
    parts += [f"${state.micro / 1e6:,.2f}"]
    told = "" if state.state == "running" else f" ({state.state}{f': {state.detail}' if state.detail else ''})"
    return f"{index}: {', '.join(parts)}{told}"

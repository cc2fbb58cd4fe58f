"""Holding the connection: reader, router, writer and keeper, each a thread, until somebody stops them or takes over.

The main thread only waits and tells, so that a signal never falls into the middle of anything.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread

from netwar.captures.base import CaptureState, FenceLost, Holder, Live
from netwar.errors import NetwarError, OutOfBudget, ServiceDown
from netwar.meter.base import DoesNotFit
from netwar.records.text import plural
from netwar.streams import segments
from netwar.streams.backlog import Backlog
from netwar.streams.connector import Connector, Hears
from netwar.streams.counters import Counters
from netwar.streams.coverage import Tracker
from netwar.streams.journal import Journal
from netwar.streams.keeper import Keeper, expressions
from netwar.streams.notes import OWN_SPENT, Notes
from netwar.streams.purses import Purses
from netwar.streams.reader import Ended, Inbox
from netwar.streams.router import Router
from netwar.streams.routes import Whose
from netwar.streams.slices import LEAST, Refusal, Slices, words
from netwar.streams.stores import Stores
from netwar.streams.writer import Writer
from netwar.work.loop import gc_paused

log = logging.getLogger("netwar.streams")

BATCH_SECONDS, BATCH_LINES = 1.5, 1000  # of what a post costs a fifth is each batch's, where it goes into 16 files
FEW = 5  # lines of a batch at the least, however little money is left
REFILL_SECONDS = 60.0  # between two looks at gaps
FLUSH_SECONDS = 10.0  # of writing on, once told to stop
COLLECT_SECONDS = 60.0  # between two collections of what Python's reference counts do not free

Kept = Callable[[Callable[[], Live]], Keeper]  # makes the keeper, given what tells how it stands


class Hold:
    """One hold of the connection. `once`: end when the budget does, instead of waiting for the next day."""

    def __init__(self, stores: Stores, holder: Holder, keeper: Kept, *, once: bool = False) -> None:
        self._stores, self._holder, self._once = stores, holder, once
        captures, streaming, command = stores.captures, stores.streaming, stores.command
        self._keeper = keeper(self.live)
        self._counters = Counters.following(captures, streaming.now())
        self._inbox, self._tracker = Inbox(), Tracker()
        self._backlog = Backlog(segments.begun(stores.folder / "segments"))
        journal = Journal(stores.folder / "journal")
        self._slices = Slices(stores.money, f"stream {holder.fence}", command, journal, streaming.connections)
        self._purses = Purses(stores.money, command)
        self._whose = Whose(captures, streaming, self._keeper)
        told = (self._backlog, self._slices, self._tracker, self._counters)
        self._router = Router(*told, self._whose, stores.aside, command)
        writes = (stores.archive, stores.account, self._counters, stores.aside, streaming.now, stores.newcomers)
        self._writer = Writer(*writes, stores.folder / "segments")
        self._notes = Notes(captures, self._writer.chore)
        self._notes.took_over(streaming.now())
        self._connector = Connector(streaming, captures, holder.fence, self._inbox, self._slices, self._hears())
        self._order, self._seen = self._keeper.order, 0
        self._off: frozenset[str] = frozenset()  # captures that are registered and stopped
        self._money, self._spent_up = "", False  # what stands in its way, and is that the budget
        self._stop = Event()
        self._routed = False  # all that came is sorted and booked
        self._failed: list[BaseException] = []

    def run(self, tell: Callable[[Live], None], seconds: float = 1.0) -> None:
        """Hold until told to stop (by an exception, such as a signal's, in this thread), until nothing is to be recorded any
        more, or until another process holds.

        Raises FenceLost, OutOfBudget with `once`, and what no waiting mends. Whatever came is written or on disk then.
        """
        jobs = [self._connector.work, self._route, self._write, self._late, self._keep, self._refill]
        threads = [Thread(target=self._guarded, args=(job,), name=job.__name__, daemon=True) for job in jobs]
        with gc_paused():
            try:
                for thread in threads:
                    thread.start()
                self._wait(tell, seconds)
            finally:
                self._end(threads)
        if self._failed:
            raise self._failed[0]

    def _wait(self, tell: Callable[[Live], None], seconds: float) -> None:
        """Tell how it stands until somebody stops it. What reference cycles there are is collected now and then."""
        collected = time.monotonic()
        while not self._stop.wait(seconds):
            tell(self.live())
            if time.monotonic() > collected + COLLECT_SECONDS:
                gc.collect()
                collected = time.monotonic()

    def live(self) -> Live:
        """How it stands."""
        connector, waiting = self._connector, self._backlog.waiting + self._writer.late.waiting
        on = self._keeper.order.captures
        off = self._off.union(self._order.captures).difference(on)
        states = {index: self._counters.state(index, "stopped") for index in off} | {index: self._state(index) for index in on}
        told = (connector.connected, connector.line, self._counters.lag(), waiting, connector.connection)
        return Live(self._stores.streaming.now(), *told, self._money or connector.detail, states)

    def _state(self, index: str) -> CaptureState:
        order = self._keeper.order
        if self._spent_up or index in self._purses.paused:
            return self._counters.state(index, "over budget", self._money if self._spent_up else OWN_SPENT)
        lines = expressions(order.captures[index])
        refused = [line for line in lines if line in order.refused]
        told = f"X refuses {plural(len(refused), 'line')}: {order.refused[refused[0]]}" if refused else ""
        if len(refused) == len(lines):
            return self._counters.state(index, "refused", told)
        if not self._connector.connected:
            return self._counters.state(index, "waiting", self._connector.detail)
        away = self._writer.late.why(index)
        behind = away is not None or self._backlog.on_disk
        return self._counters.state(index, "behind" if behind else "running", (away and f"archive: {away}") or told)

    def _guarded(self, job: Callable[[], None]) -> None:
        """What a thread fails with ends the hold."""
        try:
            job()
        except BaseException as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        self._failed.append(error)
        self._stop.set()

    def _keep(self) -> None:
        """The keeper's thread."""
        self._keeper.run(self._stop)
        if self._keeper.lost.is_set() and not self._stop.is_set():
            if self._keeper.order.captures or not self._keeper.ready.is_set():
                raise FenceLost
            self._stop.set()  # nothing is on any more

    def _learn(self) -> None:
        """Take over what the keeper knows by now. What stands no more did so when it was looked at last."""
        looked = self._keeper.looked  # before its order: what was found then stands in that
        now, order, before, seen = self._stores.streaming.now(), self._keeper.order, self._order, self._seen
        self._tracker.stand(order.standing, seen or now, looked)
        self._order, self._seen = order, now
        self._writer.users_once({index for index, one in order.captures.items() if one.options.users_once})
        if order.captures:  # else the keeper has not looked yet
            self._purses.bound(order.captures.values())
        self._notes.moved(before, order, self._purses.paused, seen or now)
        if self._writer.begins_anew() or order.captures != before.captures:
            self._off = frozenset(self._notes.valid())

    def _wanted(self) -> bool | None:
        order = self._keeper.order
        wanted = [one for one in order.captures.values() if not self._keeper.holds_back(one)]
        if not wanted or not self._keeper.ready.is_set():
            return None
        return any(not one.options.users_once for one in wanted)

    def _route(self) -> None:
        """The router's thread: to the last line that came. First of all it looks what captures have spent already."""
        with suppress(NetwarError):
            self._purses.bound(self._stores.captures.captures())
        self._spent({})
        while not (self._inbox.closed and not len(self._inbox)):
            items = self._inbox.take(BATCH_SECONDS, self._most())
            with suppress(ServiceDown):  # the registry is away: what was known goes on
                self._learn()
            refused = self._router.take(items) if items else self._router.idle(self._stores.streaming.now())
            self._inbox.booked(items)
            self._notes.all_caused(self._order.captures, self._router.causes)
            self._spent(self._router.cost)
            if refused is not None:
                self._refused(refused)
                self._connector.halt()
            elif self._wanted() != self._connector.authors:
                self._connector.halt()
        self._routed = True

    def _spent(self, cost: Mapping[str, int]) -> None:
        """So much was booked: whose own budget is spent pauses."""
        paused = self._purses.spend(cost, self._stores.streaming.now())
        self._keeper.pause(paused, self._purses.known)
        if self._purses.all_spent:
            self._end_once(f"the captures' own budgets are spent ({', '.join(sorted(paused))})")

    def _may_read(self) -> bool:
        """Is there money for more than what has come and is not booked yet? The meter is not asked: it may not answer. Budgets of
        single captures end no connection on which others have none."""
        whole = self._purses.whole
        bounds = [self._slices.room, *([] if whole is None else [max(whole // self._slices.each, LEAST)])]
        return self._inbox.unbooked < min(bounds)

    def _most(self) -> int:
        """Lines that are taken out at once: what is left is looked at before half of it is used up."""
        least = self._purses.least
        bounds = [self._slices.room, *([] if least is None else [max(least // self._slices.each, LEAST)])]
        return min(BATCH_LINES, max(FEW, min(bounds) // 2))

    def _write(self) -> None:
        """The writer's thread."""
        self._writer.left(self._stop)
        self._writer.work(self._backlog, self._stop)

    def _late(self) -> None:
        """The thread of captures into which nothing can be written."""
        self._writer.late.work(self._stop)

    def _refill(self) -> None:
        """The thread that fills gaps, and counts them: live goes before."""
        while not self._stop.wait(REFILL_SECONDS):
            if self._money or not self._connector.connected:
                continue
            try:
                self._counters.gaps = self._stores.refill(self.live())
            except NetwarError as error:
                log.info("gaps are filled later: %s", error)

    def _hears(self) -> Hears:
        return Hears(self._wanted, self._may_read, self._opened, self._ended, self._refused, self._keeper.ask)

    def _opened(self) -> None:
        """X took a connection: whoever comes after us learns at once which is ours."""
        with suppress(FenceLost, NetwarError):
            self._stores.captures.report(self._holder.fence, self.live())

    def _ended(self, ended: Ended) -> None:
        """A connection ended: its cause is noted for every capture."""
        said = [notice.words or notice.kind for notice in self._router.notices]
        self._router.notices.clear()
        why = self._money or ended.why or self._why_ended()
        self._notes.caused(self._keeper.order.captures, ended.last, f"{why} ({said[-1]})" if said else why)

    def _why_ended(self) -> str:
        """Why we ended a connection ourselves, though there is money."""
        if self._failed:
            lost = isinstance(self._failed[0], FenceLost)
            return "another process has the connection" if lost else f"the recorder failed: {self._failed[0]}"
        if self._connector.stopped:
            return "the recorder was stopped"
        return "nothing was to be recorded" if self._wanted() is None else "connected anew, as --users was changed"

    def _refused(self, refused: Refusal | None) -> None:
        """Whether there is money."""
        before, self._money = self._money, words(refused)
        self._spent_up = isinstance(refused, DoesNotFit)  # else the meter is away
        if self._money and not before:
            log.warning("the connection is closed: %s", self._money)
        if self._spent_up:
            self._end_once(self._money)

    def _end_once(self, why: str) -> None:
        """With `once` the hold ends, for want of money; what has come by now is booked and recorded first."""
        if self._once and not self._failed:
            self._give_up(OutOfBudget(f"{why}: run again after midnight UTC, or with a higher budget"))

    def _end(self, threads: Sequence[Thread]) -> None:
        """Close the socket first, then take in, book, and write what came."""
        connect, route, *others = threads
        self._connector.stop()
        _join(connect)
        self._inbox.close()
        _join(route)
        self._slices.close(whole=self._routed)
        self._stop.set()
        for thread in others:
            _join(thread)
        self._writer.finish(self._backlog, FLUSH_SECONDS)
        self._writer.leave(self._backlog)
        try:
            self._stores.captures.report(self._holder.fence, self.live())
            self._stores.captures.release(self._holder.fence)
        except (FenceLost, NetwarError) as error:
            log.info("the connection could not be handed on: %s", str(error) or "another process has it by now")


def _join(thread: Thread) -> None:
    if thread.is_alive():
        thread.join(60)

"""The connection: opened when there is something to record and money for it, read to its end, and opened again as X allows.

Facts about X: docs.x.com, filtered stream; a connection that X believes in still is ended only if it is known to be ours.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread

from netwar.captures.base import Captures
from netwar.errors import Moved, NetwarError, OutOfCredit, RateLimited, ServiceDown, TryLater
from netwar.records.text import plural
from netwar.streams.backoff import WINDOW, BackOff, until_allowed
from netwar.streams.reader import Begun, Ended, Inbox, read
from netwar.streams.slices import Refusal, Slices
from netwar.twitter.base import TransientError
from netwar.twitter.streaming import ConnectRefused, NoRules, OpenStream, StreamConnection, Streaming, TooManyConnections

log = logging.getLogger("netwar.streams")

POLL = 0.5  # seconds between two looks whether there is something to record
NO_MONEY = 30.0  # seconds between two looks whether there is money again
BOOKED = 0.1  # seconds between two looks whether what came is booked
AWAY = 2.0  # seconds between two tries of a meter or registry that is away, each of which waits for it
NO_CREDIT = 320.0
STANDS = 60.0  # seconds after which a connection's id is asked for: X says it 25 times in 15 minutes
LOOKS = (6.0, 20.0, 20.0)  # seconds between looks whether another connection is gone: who lost the lease ends theirs in five
APART = 2_000  # ms between when X says that it opened a connection, and the time of its answer by which we knew


@dataclass(frozen=True, slots=True)
class Hears:
    """Who is asked and told. `wanted` says whether anything is to be recorded, and if authors are to come along (None: nothing
    is), `may_read` whether there is money for one post more; `opened` hears that X took a connection, `ended` how one ended,
    `refused` what stands in the way of money, if anything does; `ruleless` that X knows no rules."""

    wanted: Callable[[], bool | None]
    may_read: Callable[[], bool]
    opened: Callable[[], None]
    ended: Callable[[Ended], None]
    refused: Callable[[Refusal | None], None]
    ruleless: Callable[[], None]


class Connector:
    """Keeps the connection, for a thread of its own."""

    def __init__(
        self,
        streaming: Streaming,
        captures: Captures,
        fence: int,
        inbox: Inbox,
        slices: Slices,
        hears: Hears,
    ) -> None:
        self._streaming, self._captures, self._fence = streaming, captures, fence
        self._inbox, self._slices, self._hears = inbox, slices, hears
        self._back_off = BackOff()
        self._stop, self._lock = Event(), Lock()
        self._stream: OpenStream | None = None
        self._halted = False
        before = captures.live()
        self._ours = deque([before.connected] if before.connected else [], maxlen=8)  # when X took connections of ours (ms)
        self.connected, self.line, self.connection = 0, 0, before.connection
        self.authors: bool | None = None  # come along on the connection that stands; None of none
        self.detail = ""

    def work(self) -> None:
        """Connect and read until told to stop. Raises FenceLost, and what cannot pass by itself."""
        while not self._stop.is_set():
            if (authors := self._hears.wanted()) is None:
                self.detail = "no rules stand at X"
                self._stop.wait(POLL)
            elif self._has_money(authors) and self._is_booked() and self._may_connect():
                self._connect(authors)

    def halt(self) -> None:
        """End the connection that stands, before anything else: the money is spent, or another authors' setting is wanted."""
        with self._lock:
            self._halted = True
            if self._stream:
                self._stream.close()

    def stop(self) -> None:
        """End the connection for good."""
        self._stop.set()
        self.halt()

    @property
    def stopped(self) -> bool:
        """Whether it was ended for good."""
        return self._stop.is_set()

    def _has_money(self, authors: bool) -> bool:
        self._slices.authors = authors
        refused = self._slices.open(self._streaming.now())
        self._hears.refused(refused)
        if isinstance(refused, Moved):
            raise refused  # no waiting brings the meter back that this run has open
        if refused is not None:
            self.detail = str(refused) if isinstance(refused, ServiceDown) else "the budget is spent"
            self._stop.wait(AWAY if isinstance(refused, ServiceDown) else NO_MONEY)
        return refused is None and not self._stop.is_set()

    def _is_booked(self) -> bool:
        """What came before has to be booked first where the money reaches for no more than that."""
        if not self._hears.may_read():
            self._stop.wait(BOOKED)
            return False
        return True

    def _may_connect(self) -> bool:
        """Wait until X takes one more connect; whether that is so now, and is noted."""
        now = self._streaming.now()
        try:
            if wait := until_allowed(self._captures.connects(now - WINDOW), now):
                self.detail = f"X takes the next connect in {wait:.0f} s"
                log.info("%s: 50 in 15 minutes are what it allows", self.detail)
            else:
                self._captures.connecting(self._fence, now)
        except ServiceDown as error:  # how many there were is not known
            self.detail, wait = str(error), AWAY
        self._stop.wait(wait)
        return not wait and not self._stop.is_set()

    def _connect(self, authors: bool) -> None:
        self.authors = authors
        try:
            with self._lock:
                self._halted = False
            stream = self._streaming.open_stream(authors=authors)
        except TooManyConnections as error:
            if self._cleared():
                return
            self._outwait(self._back_off.wait("limited"), str(error) or "X has another connection of this app open")
        except NoRules:
            self._hears.ruleless()
            self._wait(self._back_off.wait("http"), "X knows no rules yet")
        except RateLimited as error:
            self._wait(max(error.wait, self._back_off.wait("limited")), str(error))
        except (OutOfCredit, TryLater) as error:
            self._wait(NO_CREDIT, str(error))
        except ConnectRefused as error:
            self._wait(self._back_off.wait("limited" if error.status == 429 else "http"), error.what)
        except TransientError as error:
            self._wait(self._back_off.wait("network"), error.what)
        else:
            self._read(stream)

    def _read(self, stream: OpenStream) -> None:
        with self._lock:
            self._stream = stream
            if self._halted or self._stop.is_set():
                stream.close()
        self.connected = self.line = stream.connected
        self._ours.append(stream.connected)
        self.detail = ""
        self._inbox.mark(Begun(stream.connected))
        log.info("connected to X's stream")
        Thread(target=self._make_known, args=(stream,), daemon=True).start()  # the stream is read meanwhile
        try:
            ended = read(stream, self._inbox, lambda: self._halted, self._heard, self._hears.may_read)
        finally:
            with self._lock:
                self._stream = None
            stream.close()
            self.connected, self.authors = 0, None
        self._inbox.mark(ended)
        self._hears.ended(ended)
        self._back_off.lived(ended.last - ended.connected)
        self.detail = ended.why
        self._slices.cut(self._inbox.rate)
        if ended.why:
            half = ", within a line" if ended.half else ""
            self._wait(self._back_off.wait("network"), f"{ended.why}{half}")

    def _heard(self, at: int) -> None:
        self.line = at

    def _make_known(self, stream: OpenStream) -> None:
        """Say which of the app's connections ours is, so that whoever comes after us can end it, and no other one: since when it
        stands at once, and its id once it has stood for a while."""
        self._hears.opened()
        if self._stop.wait(STANDS) or self._stream is not stream:
            return
        try:
            there = self._streaming.connections()
        except NetwarError as error:
            log.info("which connection is ours could not be asked: %s", error)
            return
        self.connection = max(there, key=lambda one: one.opened).id if there else ""

    def _cleared(self) -> bool:
        """End a connection that was ours and that X believes in still; whether there was one."""
        with suppress(NetwarError):
            there = self._streaming.connections()
            log.info("X has %s of this app open", plural(len(there), "connection"))
            if ours := next(filter(self._is_ours, there), None):
                return self._streaming.close_connection(ours.id)
        return False

    def _is_ours(self, one: StreamConnection) -> bool:
        return one.id == self.connection or any(abs(one.opened - at) <= APART for at in self._ours)

    def _outwait(self, seconds: float, why: str) -> None:
        """Wait as X wants it where a connection of somebody else stands, but no longer than that does."""
        self.detail, until = why, time.monotonic() + seconds
        log.warning("%s: connecting again when that is gone, in %.3g s at the latest", why, seconds)
        for pause in (*LOOKS, seconds):
            if self._stop.wait(min(pause, max(until - time.monotonic(), 0.0))):
                return
            with suppress(NetwarError):
                if pause < seconds and not self._streaming.connections():
                    return

    def _wait(self, seconds: float, why: str) -> None:
        self.detail = why
        if not self._stop.is_set():
            log.warning("%s: connecting again in %.3g s", why, seconds)
            self._stop.wait(seconds)

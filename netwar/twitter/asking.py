"""Requests to X within the rate windows, paid for and booked: what every question of the client goes through."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netwar.connections.clocks import boot_clock
from netwar.errors import RateLimited, ServiceDown
from netwar.meter.base import OVERDUE, DoesNotFit, Money, Reservation, Windows
from netwar.records.dialects import DIALECTS
from netwar.records.pages import DATA, Page, read
from netwar.twitter.base import Answer, TransientError, Unavailable
from netwar.twitter.budget import BudgetGuard, Most
from netwar.twitter.clock import XClock
from netwar.twitter.endpoints import Endpoint
from netwar.twitter.pacing import Pace
from netwar.twitter.problems import Glitch, Reply, judge
from netwar.twitter.transport import Transport
from netwar.twitter.way import way

if TYPE_CHECKING:
    from netwar.config import Settings

Aside = Callable[[str, bytes, str], None]
Halt = Callable[[], None]


def _at_once(stop: BaseException) -> Halt:
    raise stop


class Asker:
    """One account's requests. `money` and `windows` are asked before each request and told after it; `command` is what
    the spending is booked under, `run_budget` the most that this run may spend (micro-dollars).
    `aside` keeps an answer that cannot be read, but may be paid for: (request, its bytes, why). `stopped` is given what stops
    the program while it has an answer to hand on, and raises it in a moment; what it returns raises it sooner.
    """

    def __init__(
        self,
        settings: Settings,
        money: Money,
        windows: Windows,
        command: str,
        sleep: Callable[[float], None] = time.sleep,
        aside: Aside = lambda request, content, reason: None,
        run_budget: int | None = None,
        stopped: Callable[[BaseException], Halt] = _at_once,
    ) -> None:
        self._settings = settings
        self._money = money
        self._aside = aside
        self._stopped = stopped
        self.halt: Halt = lambda: None  # called before each request: raises what was put off
        self._words = DIALECTS[settings.dialect]
        self._sleep = sleep
        self._full = settings.expand == "full"
        self._unnamed: Reservation | None = None  # what is in doubt for the last answer that had such
        self.account = settings.account or ""
        self.dialect = settings.dialect
        self._transport = Transport(
            way(settings),
            timeout=settings.timeout,
            bearer_token=settings.bearer_token,
            consumer_key=settings.consumer_key,
            consumer_secret=settings.consumer_secret,
            access_token=settings.access_token_key,
            access_token_secret=settings.access_token_secret,
        )
        self._clock = XClock(money, self._transport.look)
        self._purse = BudgetGuard(money, settings.path, command, sleep, self._clock.ask, run_budget)
        self._pace = Pace(settings, windows, self._clock)

    def now(self) -> int:
        return self._clock.now()

    def ask_time(self) -> None:
        """Let X tell the meter what time it is, for nothing and without keys. Raises TransientError."""
        self._clock.ask()

    def _ask(
        self,
        endpoint: Endpoint,
        route: str,
        params: Mapping[str, Any],
        reservation: Reservation,
        *,
        listed: str = "post",
        about: str | None = None,
        owner: str = "",
        asked: int = 1,
        most: Most | None = None,
        resumed: bool = False,
    ) -> Answer:
        """Send a reserved request and settle what came. `listed`: as what X bills what it lists; `about`: the user or list that
        is asked about, of whom X may say that they are not to be had; `owner`: whose entries are billed as such; `most`: what so
        many things on a page can bring, where there are pages; `resumed`: it may begin higher than the page in doubt did.
        """
        reply = self._reply(endpoint, route, params, reservation, about=about)
        at, retrieved = self._clock.read(reply)
        page = read(reply.body, DATA.get(listed, "users"))
        made_good = self._purse.made_good(page, most, resumed=resumed)
        micro = self._purse.settle(reservation, page.bought(listed, owner), at, made_good)
        self._doubt_the_unnamed(reservation, page, listed, asked)
        if about is not None:
            _check(page, about)
        return Answer(page, retrieved, micro, asked, int(at.timestamp() * 1000))

    def _reply(
        self, endpoint: Endpoint, route: str, params: Mapping[str, Any], reservation: Reservation, *, about: str | None
    ) -> Reply:
        """Send; the reservation of an answer that was cut off, or not waited for, is in doubt: X may have billed it."""
        begun = boot_clock()

        def ready() -> None:
            """What was reserved so long ago, other runs may have taken for over, with its day, and spent anew."""
            if boot_clock() - begun > OVERDUE:
                raise TransientError("this stood still while it asked X", "it is asked again when there is money for it")

        try:
            self._pace.take(endpoint)
            return self._send(endpoint, route, params, ready, about_user=about is not None)
        except BaseException as error:
            if isinstance(error, Exception) and not getattr(error, "billed", False):
                self._money.release(reservation)
            else:
                self._purse.doubt(reservation)
            raise

    def _doubt_the_unnamed(self, reservation: Reservation, page: Page, listed: str, asked: int) -> None:
        """What came without an id cannot be booked, since X bills by ids; as X may have billed it, it stays in doubt."""
        most = {listed: asked} if page.unread else page.unnamed(listed)
        if most:
            self._unnamed = None
            with suppress(DoesNotFit, ServiceDown):
                doubtful = self._money.reserve(f"{reservation.request} unnamed", most, reservation.purpose)
                self._purse.doubt(doubtful)
                self._unnamed = doubtful

    def put_off(self, stop: BaseException) -> None:
        """Let an answer be put by before the program stops: at the next request, or in a moment."""
        self.halt = self._stopped(stop)

    def unnamed_came(self) -> None:
        """What came last without an id has come with one, on the same day, and is booked."""
        if self._unnamed is not None:
            with suppress(ServiceDown):
                self._money.release(self._unnamed)
            self._unnamed = None

    def _send(
        self,
        endpoint: Endpoint,
        route: str,
        params: Mapping[str, Any],
        ready: Callable[[], None] = lambda: None,
        *,
        about_user: bool = False,
    ) -> Reply:
        def judged(reply: Reply) -> None:
            wait = self._pace.remember(endpoint, reply)
            try:
                judge(reply, wait=wait, about_user=about_user, listed=endpoint.listed)
            except RateLimited as limited:
                self._pace.block(endpoint, limited.wait)
                raise

        signed = endpoint.signed(self._settings.auth)
        self._require_keys(signed)
        try:
            once = endpoint.by_request
            return self._transport.request(
                "GET", route, params=params, user_auth=signed, judge=judged, once_billed=once, ready=ready
            )
        except Glitch as glitch:
            if reply := self._readable(route, glitch):
                return reply
            cause = (
                f"X is failing, or the connection to {self._settings.api} is cut" if glitch.arrived else "is the network there?"
            )
            advice = f"{cause}; run again later"
            raise TransientError(f"{glitch}, several times over", advice, billed=glitch.billed) from glitch

    def _readable(self, route: str, glitch: Glitch) -> Reply | None:
        """What came, time and again, if it can be read but for its `data`; what cannot be read at all is set aside."""
        reply = glitch.reply
        if reply is None or not reply.content or reply.content.lstrip().startswith(b"<"):  # a page for people is none of X's
            return None
        if isinstance(reply.body, dict) and not isinstance(reply.body.get("data"), list | dict | None):
            return reply
        self._aside(route, reply.content, str(glitch))
        return None

    def _require_keys(self, signed: bool) -> None:
        if signed:
            self._settings.require("consumer_key", "consumer_secret", "access_token_key", "access_token_secret")
        else:
            self._settings.require("bearer_token")


def _check(page: Page, about: str) -> None:
    """Raise Unavailable if the page says that the user or list asked about is not available.

    Problems of posts and users that came along name another parameter, or stand in `includes`.
    """
    if page.posts or page.users or page.lists or page.authors or page.referenced or page.odd or page.loose:
        return  # it is paid for, so it is kept before all else
    for problem in page.problems:
        asked_for = problem.parameter in ("id", "ids", "username", "usernames", "") and problem.section != "includes"
        if asked_for and problem.value in (about, "") and problem.outcome:
            raise Unavailable(problem.outcome, problem.detail or problem.title)

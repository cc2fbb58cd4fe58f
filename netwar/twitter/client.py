"""The X API as one account sees it: every request within its rate window, paid for and booked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from netwar.config import short
from netwar.errors import RateLimited, ServiceDown
from netwar.meter.base import DoesNotFit, Money, Reservation, Windows
from netwar.records.dialects import DIALECTS, Object
from netwar.records.pages import Page, read
from netwar.twitter.base import Answer, Direction, TransientError, Unavailable
from netwar.twitter.budget import BudgetGuard, Most, shrinking_sizes
from netwar.twitter.clock import XClock
from netwar.twitter.endpoints import FOLLOWERS, FOLLOWING, ME, NAMES, TIMELINE, USAGE, USERS, Endpoint
from netwar.twitter.pacing import Pace
from netwar.twitter.problems import Glitch, Reply, judge
from netwar.twitter.transport import Transport
from netwar.twitter.way import way

if TYPE_CHECKING:
    from netwar.config import Settings


log = logging.getLogger("netwar.twitter")

Aside = Callable[[str, bytes, str], None]

MIN_PAGE, MAX_PAGE = 5, 100  # docs.x.com, timelines: max_results
MAX_FOLLOWS = 1000  # docs.x.com, followers and following: max_results
FOLLOWS = {"followers": (FOLLOWERS, "follower"), "following": (FOLLOWING, "following")}
REFERENCES = 2  # a post can both quote one post and answer another
MENTIONS = 50  # `expand = full` brings the users that a post mentions; X names no limit


class Client:
    """Fills the contract `netwar.twitter.base.Twitter`.

    `money` and `windows` are asked before each request and told after it; `command` is what
    the spending is booked under, `run_budget` the most that this run may spend (micro-dollars).
    `aside` keeps an answer that cannot be read, but may be paid for: (request, its bytes, why).
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
    ) -> None:
        self._settings = settings
        self._money = money
        self._aside = aside
        self._words = DIALECTS[settings.dialect]
        self._full = settings.expand == "full"
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

    def timeline(
        self,
        user: str,
        *,
        index: str,
        since: int | None = None,
        until: int | None = None,
        token: str | None = None,
        reached: int | None = None,
        size: int = MAX_PAGE,
    ) -> Answer:
        """One page of a timeline. The page shrinks when the budget leaves no room for more."""
        bounds = {"since_id": since, "until_id": until, "pagination_token": token}
        params: dict[str, Any] = {name: value for name, value in bounds.items() if value}
        params |= self._words.timeline(full=self._full)
        # A stretch of one id can bring one post, whatever the size of the page.
        wanted = min(size, until - since - 1) if since is not None and until is not None else size
        request = f"timeline {user} {since or 0} {reached or until or 0}"

        sizes = [wanted] if wanted < MIN_PAGE else [*shrinking_sizes(wanted, MIN_PAGE)]
        reservation, posts = self._purse.reserve(request, sizes, self._page_at_most, index)
        params["max_results"] = max(MIN_PAGE, min(posts, MAX_PAGE))
        route, resumed = f"/2/users/{user}/tweets", token is None and until is not None
        paging: dict[str, Any] = {"asked": posts, "most": self._page_at_most, "resumed": resumed}
        return self._ask(TIMELINE, route, params, reservation, about=user, **paging)

    def names(self, names: Sequence[str], *, index: str) -> Answer:
        """Look up screen names. Fewer are looked up when the budget leaves no room for all."""
        return self._look_up(NAMES, "/2/users/by", "usernames", names, index)

    def users(self, ids: Sequence[str], *, index: str) -> Answer:
        """Look up ids."""
        return self._look_up(USERS, "/2/users", "ids", ids, index)

    def follows(
        self,
        user: str,
        direction: Direction,
        *,
        index: str,
        token: str | None = None,
        size: int = MAX_FOLLOWS,
        whole: bool = True,
    ) -> Answer:
        """A page of followers or of whom a user follows. It shrinks when the budget leaves no room for more."""
        endpoint, kind = FOLLOWS[direction]

        def most(entries: int) -> dict[str, int]:
            return {kind: entries}

        sizes = [*shrinking_sizes(min(size, MAX_FOLLOWS), 1)]
        reservation, count = self._purse.reserve(f"{direction} {user} {token or ''}", sizes, most, index)
        params: dict[str, Any] = {"max_results": count} | (self._words.user_fields if whole else {})
        params |= {"pagination_token": token} if token else {}
        return self._ask(
            endpoint, f"/2/users/{user}/{direction}", params, reservation, users=kind, about=user, asked=count, most=most
        )

    def now(self) -> int:
        return self._clock.now()

    def ask_time(self) -> None:
        """Let X tell the meter what time it is, for nothing and without keys. Raises TransientError."""
        self._clock.ask()

    def me(self) -> Object:
        """The profile of the account that asks. Raises KeysRefused when X does not accept the keys."""
        with_fields = dict(self._words.user_fields)
        reservation, _ = self._purse.reserve(f"me {self._pace.token(ME)}", [1], lambda count: {"user": count}, "")
        answer = self._ask(ME, "/2/users/me", with_fields, reservation, users="user")
        return answer.page.users[0] if answer.page.users else {}

    def usage(self, days: int = 30) -> Object:
        """`/2/usage/tweets` of the app: `project_cap`, `project_usage`, `daily_project_usage`, numbers as X sends them.

        Costs nothing. Needs the bearer token.
        """
        self._settings.require("bearer_token")
        self._pace.take(USAGE)
        params = {"days": days, "usage.fields": "cap_reset_day,daily_project_usage,project_cap,project_usage"}
        reply = self._send(USAGE, "/2/usage/tweets", params)
        self._clock.read(reply)
        data = reply.body.get("data")
        return data if isinstance(data, dict) else {}

    def _look_up(self, endpoint: Endpoint, route: str, key: str, values: Sequence[str], index: str) -> Answer:
        request = f"{endpoint.name} {short(','.join(sorted(values)))}"
        reservation, count = self._purse.reserve(
            request, [*shrinking_sizes(len(values), 1)], lambda count: {"user": count}, index
        )
        params = {key: ",".join(values[:count]), **self._words.user_fields}
        return self._ask(endpoint, route, params, reservation, users="user", asked=count)

    def _page_at_most(self, posts: int) -> dict[str, int]:
        """The most that a page of so many posts can bring, in objects that X bills."""
        users = 1 + (posts * (REFERENCES + MENTIONS) if self._full else 0)
        return {"post": posts + REFERENCES * posts, "user": users}

    def _ask(
        self,
        endpoint: Endpoint,
        route: str,
        params: Mapping[str, Any],
        reservation: Reservation,
        *,
        users: str = "",
        about: str | None = None,
        asked: int = 1,
        most: Most | None = None,
        resumed: bool = False,
    ) -> Answer:
        """Send a reserved request and settle what came. `users`: as what X bills the users that it lists, if it does; `most`:
        what so many things on a page can bring, where there are pages; `resumed`: it may begin higher than the page in doubt did.

        The reservation of an answer that was cut off, or not waited for, is in doubt: X may have billed it.
        """
        try:
            self._pace.take(endpoint)
            reply = self._send(endpoint, route, params, about_user=about is not None)
        except BaseException as error:
            if isinstance(error, Exception) and not getattr(error, "billed", False):
                self._money.release(reservation)
            else:
                self._purse.doubt(reservation)
            raise
        at, retrieved = self._clock.read(reply)
        page = read(reply.body, users=bool(users))
        owner = about if users and about else ""
        made_good = self._purse.made_good(page, most, resumed=resumed)
        micro = self._purse.settle(reservation, page.bought(users, owner), at, made_good)
        self._doubt_the_unnamed(reservation, page, users or "post", asked)
        if about is not None:
            _check_user(page, about)
        return Answer(page, retrieved, micro, asked, int(at.timestamp() * 1000))

    def _doubt_the_unnamed(self, reservation: Reservation, page: Page, listed: str, asked: int) -> None:
        """What came without an id cannot be booked, since X bills by ids; as X may have billed it, it stays in doubt."""
        most = {listed: asked} if page.unread else page.unnamed(listed)
        if most:
            with suppress(DoesNotFit, ServiceDown):
                self._purse.doubt(self._money.reserve(f"{reservation.request} unnamed", most, reservation.purpose))

    def _send(self, endpoint: Endpoint, route: str, params: Mapping[str, Any], *, about_user: bool = False) -> Reply:
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
            return self._transport.request("GET", route, params=params, user_auth=signed, judge=judged)
        except Glitch as glitch:
            if reply := self._readable(route, glitch):
                return reply
            advice = f"X is failing, or the connection to {self._settings.api} is cut; run again later"
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


def connect(
    settings: Settings, money: Money, windows: Windows, command: str, aside: Aside, run_budget: int | None = None
) -> Client:
    """The X API for the account of `settings`. Opens no connection yet."""
    return Client(settings, money, windows, command, aside=aside, run_budget=run_budget)


def _check_user(page: Page, user: str) -> None:
    """Raise Unavailable if the page says that the user asked about is not available.

    Problems of posts and users that came along name another parameter, or stand in `includes`.
    """
    if page.posts or page.users or page.authors or page.referenced or page.odd or page.loose:
        return  # it is paid for, so it is kept before all else
    for problem in page.problems:
        about = problem.parameter in ("id", "ids", "username", "usernames", "") and problem.section != "includes"
        if about and problem.value in (user, "") and problem.outcome:
            raise Unavailable(problem.outcome, problem.detail or problem.title)

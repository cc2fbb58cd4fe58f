"""The X API as one account sees it: every request within its rate window, paid for and booked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netwar.config import short
from netwar.meter.base import Money, Windows
from netwar.records.dialects import Object
from netwar.twitter.asking import Aside, Halt
from netwar.twitter.base import Answer, Direction, Unavailable, most_of
from netwar.twitter.budget import shrinking_sizes
from netwar.twitter.endpoints import (
    FOLLOWERS,
    FOLLOWING,
    LIST,
    LIST_MEMBERS,
    ME,
    NAMES,
    OWNED_LISTS,
    POSTS,
    TIMELINE,
    USAGE,
    USERS,
    Endpoint,
)
from netwar.twitter.once_more import once_more
from netwar.twitter.searching import Searcher

if TYPE_CHECKING:
    from netwar.config import Settings

MIN_PAGE, MAX_PAGE = 5, 100  # docs.x.com, timelines: max_results
MAX_FOLLOWS = 1000  # docs.x.com, followers and following: max_results
FOLLOWS = {"followers": (FOLLOWERS, "follower"), "following": (FOLLOWING, "following")}
MAX_LISTS = MAX_MEMBERS = 100  # docs.x.com, owned lists and list members: max_results
# What X says of a list that it does not show, in words of ours: a refusal may be about who asks.
OF_LISTS = {"protected": "private", "suspended": "private"}


@dataclass(frozen=True, slots=True)
class _Paged:
    """Which page of what list: the list of whom or what (`about`), as what X bills its entries, and `owner` if by the list."""

    what: str
    about: str
    kind: str
    size: int
    token: str | None
    owner: str = ""

    @property
    def request(self) -> str:
        """The same for the meter whenever the page is asked for again."""
        return f"{self.what} {self.about} {self.token or ''}"


class Client(Searcher):
    """Fills the contract `netwar.twitter.base.Twitter`. Made as an Asker is."""

    @once_more
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

    def timelines_in_a_window(self) -> int:
        return self._pace.window(TIMELINE).limit

    @once_more
    def names(self, names: Sequence[str], *, index: str) -> Answer:
        """Look up screen names. Fewer are looked up when the budget leaves no room for all."""
        return self._look_up(NAMES, "/2/users/by", "usernames", names, index)

    @once_more
    def users(self, ids: Sequence[str], *, index: str) -> Answer:
        """Look up ids."""
        return self._look_up(USERS, "/2/users", "ids", ids, index)

    @once_more
    def posts(self, ids: Sequence[str], *, index: str) -> Answer:
        """Look up posts. Fewer are looked up when the budget leaves no room for all."""

        def most(posts: int) -> dict[str, int]:
            return most_of(posts, authors=posts, full=self._full)

        request = f"{POSTS.name} {short(','.join(sorted(ids)))}"
        reservation, count = self._purse.reserve(request, [*shrinking_sizes(len(ids), 1)], most, index)
        params = {"ids": ",".join(ids[:count]), **self._words.timeline(full=self._full)}
        return self._ask(POSTS, "/2/tweets", params, reservation, asked=count)

    @once_more
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
        page = _Paged(direction, user, kind, min(size, MAX_FOLLOWS), token, owner=user)
        return self._paged(endpoint, f"/2/users/{user}/{direction}", page, self._words.user_fields if whole else {}, index)

    @once_more
    def owned_lists(self, user: str, *, index: str, token: str | None = None, size: int = MAX_LISTS) -> Answer:
        """A page of the lists that a user owns. It shrinks when the budget leaves no room for more."""
        page = _Paged("lists", user, "list", min(size, MAX_LISTS), token)
        return self._paged(OWNED_LISTS, f"/2/users/{user}/owned_lists", page, self._words.list_fields, index)

    @once_more
    def list_about(self, list: str, *, index: str) -> Answer:
        """A list itself."""
        reservation, _ = self._purse.reserve(f"list {list}", [1], lambda count: {"list": count}, index)
        with _spoken_of_list():
            return self._ask(LIST, f"/2/lists/{list}", self._words.list_fields, reservation, listed="list", about=list)

    @once_more
    def list_members(self, list: str, *, index: str, token: str | None = None, size: int = MAX_MEMBERS) -> Answer:
        """A page of a list's members. It shrinks when the budget leaves no room for more."""
        page = _Paged("members", list, "user", min(size, MAX_MEMBERS), token)
        with _spoken_of_list():
            return self._paged(LIST_MEMBERS, f"/2/lists/{list}/members", page, self._words.user_fields, index)

    def me(self) -> Object:
        """The profile of the account that asks. Raises KeysRefused when X does not accept the keys."""
        with_fields = dict(self._words.user_fields)
        reservation, _ = self._purse.reserve(f"me {self._pace.token(ME)}", [1], lambda count: {"user": count}, "")
        answer = self._ask(ME, "/2/users/me", with_fields, reservation, listed="user")
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
        return self._ask(endpoint, route, params, reservation, listed="user", asked=count)

    def _paged(self, endpoint: Endpoint, route: str, page: _Paged, fields: Mapping[str, str], index: str) -> Answer:
        """A page of entries that X bills each. It shrinks when the budget leaves no room for more."""

        def most(entries: int) -> dict[str, int]:
            return {page.kind: entries}

        reservation, count = self._purse.reserve(page.request, [*shrinking_sizes(page.size, 1)], most, index)
        params: dict[str, Any] = {"max_results": count, **fields}
        params |= {"pagination_token": page.token} if page.token else {}
        billed: dict[str, Any] = {"listed": page.kind, "owner": page.owner, "asked": count, "most": most}
        return self._ask(endpoint, route, params, reservation, about=page.about, **billed)

    def _page_at_most(self, posts: int) -> dict[str, int]:
        """The most that a page of so many posts can bring, in objects that X bills."""
        return most_of(posts, authors=1, full=self._full)


def connect(
    settings: Settings,
    money: Money,
    windows: Windows,
    command: str,
    aside: Aside,
    run_budget: int | None,
    stopped: Callable[[BaseException], Halt],
) -> Client:
    """The X API for the account of `settings`. Opens no connection yet."""
    return Client(settings, money, windows, command, aside=aside, run_budget=run_budget, stopped=stopped)


@contextmanager
def _spoken_of_list() -> Iterator[None]:
    """What X says of a list, in the words for lists: gone, or private."""
    try:
        yield
    except Unavailable as no:
        raise Unavailable(OF_LISTS.get(no.outcome, no.outcome), no.detail) from no

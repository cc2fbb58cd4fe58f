"""Searches: posts by query, how many there would be, and users by name.

Facts: docs.x.com (search posts, post counts, search users; 2026-08). Bounds are always ids, on both sides: X refuses ids beside
times, and what it takes for a bound that is missing differs from endpoint to endpoint. A page of the full archive has 500
posts, but 100 where context_annotations are asked for, as they are here.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netwar.config import short
from netwar.errors import RateLimited
from netwar.meter.base import AS_RESERVED, Window
from netwar.records.dialects import Object, count, objects
from netwar.records.pages import next_page
from netwar.records.times import milliseconds, shown
from netwar.twitter.asking import Asker
from netwar.twitter.base import Answer, Counted, TransientError, most_of
from netwar.twitter.budget import shrinking_sizes
from netwar.twitter.endpoints import COUNTS_ALL, COUNTS_RECENT, SEARCH_ALL, SEARCH_RECENT, USER_SEARCH, Endpoint
from netwar.twitter.once_more import once_more

LEAST, MOST = 10, 100  # max_results of a search
MOST_USERS = 1000
AGAIN = 20  # times that somebody else may have used the second before us
MOMENT = 5.0  # seconds; a rate window that opens as soon is waited for


@dataclass(frozen=True, slots=True)
class _Search:
    """One request for a page of posts."""

    endpoint: Endpoint
    params: Mapping[str, Any]
    request: str
    index: str
    size: int
    authors: bool
    resumed: bool


class Searcher(Asker):
    """What `netwar.twitter.base.Twitter` has of searches."""

    _spaced = 0.0  # when the full archive was asked last, on the steady clock

    @once_more
    def search(
        self,
        query: str,
        *,
        index: str,
        since: int,
        until: int,
        full: bool = False,
        token: str | None = None,
        reached: int | None = None,
        size: int = MOST,
        authors: bool = True,
    ) -> Answer:
        """One page of a search. It shrinks when the budget leaves no room for more."""
        params: dict[str, Any] = {"query": query, "since_id": max(since, 1), "until_id": until}
        params |= {"next_token": token} if token else {}
        params |= self._fields(authors)
        request = f"search {short(query)} {since} {reached or until}"
        endpoint = SEARCH_ALL if full else SEARCH_RECENT
        page = _Search(endpoint, params, request, index, max(LEAST, min(size, MOST)), authors, resumed=token is None)
        for _ in range(AGAIN):
            try:
                return self._page(page)
            except RateLimited as limited:
                if not endpoint.spacing or limited.wait > MOMENT:
                    raise
                self._sleep(limited.wait)
        return self._page(page)

    def counts(self, query: str, *, index: str, since: int, until: int, full: bool = False, by: str = "hour") -> Counted:
        """Counts of a query. What is in doubt of one request is never made good by another: X bills both."""
        params = {"query": query, "granularity": by, "start_time": _time(since), "end_time": _time(until)}
        kind, endpoint = ("counts_all", COUNTS_ALL) if full else ("counts_recent", COUNTS_RECENT)
        reservation, _ = self._purse.reserve(f"counts {uuid.uuid4().hex}", [1], lambda _: {kind: 1}, index)
        reply = self._reply(endpoint, f"/2/{endpoint.name}", params, reservation, about=None)
        at, _ = self._clock.read(reply)
        micro = self._purse.settle(reservation, [(kind, reservation.id)], at, AS_RESERVED)
        stretches = [told for one in objects(reply.body.get("data")) if (told := _stretch(one))]
        if not stretches:
            raise TransientError("X does not say how many posts match", "it is paid for, but brought nothing; run again later")
        return Counted(sorted(stretches), next_page(reply.body)[0] is not None, micro)

    def counts_window(self, *, full: bool) -> Window:
        return self._pace.window(COUNTS_ALL if full else COUNTS_RECENT)

    @once_more
    def search_users(self, term: str, *, index: str, token: str | None = None, size: int = MOST) -> Answer:
        """A page of users by name. It shrinks when the budget leaves no room for more."""

        def most(users: int) -> dict[str, int]:
            return {"user": users}

        sizes = [*shrinking_sizes(min(size, MOST_USERS), 1)]
        reservation, users = self._purse.reserve(f"users {short(term)} {token or ''}", sizes, most, index)
        params: dict[str, Any] = {"query": term, "max_results": users, **self._words.user_fields}
        params |= {"next_token": token} if token else {}
        return self._ask(USER_SEARCH, "/2/users/search", params, reservation, listed="user", asked=users, most=most)

    def _page(self, page: _Search) -> Answer:
        def most(posts: int) -> dict[str, int]:
            return most_of(posts, authors=posts * page.authors, full=self._full)

        reservation, posts = self._purse.reserve(page.request, [*shrinking_sizes(page.size, LEAST)], most, page.index)
        if page.endpoint.spacing:
            self._sleep(max(0.0, self._spaced + page.endpoint.spacing - time.monotonic()))
            self._spaced = time.monotonic()
        params = {**page.params, "max_results": posts}
        paging: dict[str, Any] = {"asked": posts, "most": most, "resumed": page.resumed}
        return self._ask(page.endpoint, f"/2/{page.endpoint.name}", params, reservation, **paging)

    def _fields(self, authors: bool) -> dict[str, str]:
        """In the post dialect the author's id is there only where the author is."""
        words = self._words.timeline(full=self._full)
        if authors or self.dialect == "post":
            return words
        return words | {"expansions": ",".join(one for one in words["expansions"].split(",") if one != "author_id")}


def _time(ms: int) -> str:
    """A time as X takes it, in whole seconds."""
    return shown(ms // 1000 * 1000)


def _stretch(told: Object) -> tuple[int, int, int] | None:
    """(from, to, posts) of one count, under either name; None for what is none."""
    start, end = milliseconds(told.get("start")), milliseconds(told.get("end"))
    posts = count(told.get("tweet_count", told.get("post_count")))
    return None if start is None or end is None or posts is None else (start, end, posts)

"""The endpoints that we ask, their documented rate limits, and which keys each takes.

Limits per 15 minutes from docs.x.com (rate limits, 2026-08): they hold only until the first answer
tells the real ones in its headers. X would take the bearer token for lists, too, but is said not to show private
lists to it, and it calls those gone: so they are always asked for by the account that may see them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`app` and `user` are the requests per 15 minutes with the bearer token and with a user's keys;
    None where X does not take that kind. Answers of one that is `listed` tell in `meta` whether the list goes on.
    `spacing` are the seconds that X wants between two requests, and some for
    their way; `by_request`: each answer costs, whatever it brings."""

    name: str
    app: int | None
    user: int | None
    listed: bool = False
    spacing: float = 0.0
    by_request: bool = False

    def signed(self, auth: str) -> bool:
        """Whether to sign as the user: as configured, unless X takes only the other kind."""
        if self.user is None:
            return False
        return self.app is None or auth == "user"

    def limit(self, auth: str) -> int:
        """The documented requests per 15 minutes with these keys."""
        return (self.user if self.signed(auth) else self.app) or 1


TIMELINE = Endpoint("users/:id/tweets", app=10_000, user=900)
POSTS = Endpoint("tweets", app=3_500, user=5_000)
USERS = Endpoint("users", app=300, user=900)
NAMES = Endpoint("users/by", app=300, user=900)
FOLLOWERS = Endpoint("users/:id/followers", app=300, user=300, listed=True)
FOLLOWING = Endpoint("users/:id/following", app=300, user=300, listed=True)
OWNED_LISTS = Endpoint("users/:id/owned_lists", app=None, user=15, listed=True)
LIST = Endpoint("lists/:id", app=None, user=75)
LIST_MEMBERS = Endpoint("lists/:id/members", app=None, user=900, listed=True)
SEARCH_RECENT = Endpoint("tweets/search/recent", app=450, user=300, listed=True)
SEARCH_ALL = Endpoint("tweets/search/all", app=300, user=None, listed=True, spacing=1.1)
COUNTS_RECENT = Endpoint("tweets/counts/recent", app=300, user=None, by_request=True)
COUNTS_ALL = Endpoint("tweets/counts/all", app=300, user=None, by_request=True)
USER_SEARCH = Endpoint("users/search", app=None, user=900)
ME = Endpoint("users/me", app=None, user=75)
USAGE = Endpoint("usage/tweets", app=50, user=None)
STREAM = Endpoint("tweets/search/stream", app=50, user=None)
STREAM_RULES = Endpoint("tweets/search/stream/rules", app=450, user=None)
STREAM_CHANGES = Endpoint("POST tweets/search/stream/rules", app=100, user=None)
STREAM_COUNTS = Endpoint("tweets/search/stream/rules/counts", app=450, user=None)
CONNECTIONS = Endpoint("connections", app=25, user=None)
CLOSING = Endpoint("DELETE connections", app=25, user=None)

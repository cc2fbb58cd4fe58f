"""What the verbs ask of X, and what they get back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from netwar.errors import BadRequest, ServiceDown
from netwar.meter.base import Window
from netwar.records.dialects import Object
from netwar.records.pages import Page

Direction = Literal["followers", "following"]
REFERENCES = 2  # a post can both quote one post and answer another
MENTIONS = 50  # `expand = full` brings the users that a post mentions; X names no limit


def most_of(posts: int, *, authors: int, full: bool) -> dict[str, int]:
    """The most that so many posts can bring with what comes along, in objects that X bills, where so many users wrote them.

    `full` as `expand = full` says. What is reserved for a request is this, and what an operator agrees to.
    """
    return {"post": posts * (1 + REFERENCES), "user": authors + posts * (REFERENCES + MENTIONS) * full}


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of X, when it was given (ms since 1970 by X's clock, no two alike), and what it cost (micro-dollars).

    `asked` is how many posts or users were asked for: the budget may have left room for fewer than wanted. `clock`
    is what X's Date said (ms).
    """

    page: Page
    retrieved: int
    micro: int
    asked: int
    clock: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How many posts match a query, by X's count: `stretches` are (from ms, to ms, posts), oldest first. X applies less to counts
    than to searches, which bring somewhat fewer. `more` is older and was not told; `micro` is what it cost, by the request."""

    stretches: Sequence[tuple[int, int, int]]
    more: bool
    micro: int

    @property
    def posts(self) -> int:
        return sum(posts for _, _, posts in self.stretches)


class Unavailable(Exception):
    """X says that a user is suspended, protected or gone; of a list, that it is private (X does not show it to this account)
    or gone."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


class TransientError(ServiceDown):
    """X did not answer properly, several times over: likely to pass by itself. `what` happened, and what to do.

    `billed` is true when X may have sent, and billed, an answer that did not arrive.
    """

    def __init__(self, what: str, advice: str, *, billed: bool = False) -> None:
        super().__init__(f"{what}: {advice}")
        self.what = what
        self.advice = advice
        self.billed = billed


class StaleToken(BadRequest):
    """X does not take a page token any more, or never gave it out for this list."""


class QueryRefused(BadRequest):
    """X does not take a query. `reason` is what it says."""


class Twitter(Protocol):
    """The X API as one account sees it.

    Every method may raise RateLimited, UsageCapped, OutOfBudget, OutOfCredit, KeysRefused, BadRequest
    and TransientError, and pays for what it returns.
    """

    account: str
    dialect: str

    def now(self) -> int:
        """What time it is at X (ms since 1970), as far as its answers told."""

    def timeline(
        self,
        user: str,
        *,
        index: str,
        since: int | None = None,
        until: int | None = None,
        token: str | None = None,
        reached: int | None = None,
        size: int = 100,
    ) -> Answer:
        """Posts of a user id, newest first, `since` < id < `until`, at most `size` (5 to 100).

        `reached` is the `until` with which a later run would go on from here: a page that is asked for again, by its
        token or with `until`, is the same request to the meter.
        Raises Unavailable when X says so of the user.
        """

    def timelines_in_a_window(self) -> int:
        """How many pages of timelines the account may ask for in a rate window, as far as X told."""

    def names(self, names: Sequence[str], *, index: str) -> Answer:
        """The profiles of up to 100 screen names; those not found are among the page's problems."""

    def users(self, ids: Sequence[str], *, index: str) -> Answer:
        """The profiles of up to 100 ids; those not found are among the page's problems."""

    def posts(self, ids: Sequence[str], *, index: str) -> Answer:
        """The posts of up to 100 ids, with what comes along with them; those not found are among the page's problems."""

    def follows(
        self,
        user: str,
        direction: Direction,
        *,
        index: str,
        token: str | None = None,
        size: int = 1000,
        whole: bool = True,
    ) -> Answer:
        """A page of who follows a user id, or of whom it follows: at most `size` (1 to 1000) profiles.

        Without `whole` they have nothing but id and names; the price is the same. Raises Unavailable when X says
        so of the user, and StaleToken when it refuses the token.
        """

    def owned_lists(self, user: str, *, index: str, token: str | None = None, size: int = 100) -> Answer:
        """A page of the lists that a user id owns: at most `size` (1 to 100) of them, in `page.lists`.

        Signed as the account, which is shown its own private ones. `page.counted` is None where X does not say how many it
        lists here: that is no empty page. Raises Unavailable when X says so of the user.
        """

    def list_about(self, list: str, *, index: str) -> Answer:
        """A list by its id, alone in `page.lists`, which is empty where X says nothing. Raises Unavailable, gone or private."""

    def list_members(self, list: str, *, index: str, token: str | None = None, size: int = 100) -> Answer:
        """A page of the members of a list id, newest first as far as is known: at most `size` (1 to 100) whole profiles.

        Signed as the account. `page.counted` as for `owned_lists`. Raises Unavailable, gone or private, and StaleToken when
        X refuses the token.
        """

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
        size: int = 100,
        authors: bool = True,
    ) -> Answer:
        """Posts that match a query (at most 512 characters; 1,024 in the full archive), newest first, `since` < id < `until`.

        X searches the last seven days and refuses a `since` from before them, or with `full` its archive (bearer token). A page
        has at most `size` posts (10 to 100), and may have none while others follow. `reached` as for `timeline`. Without
        `authors` nobody who wrote them is bought with the posts. Raises QueryRefused for a query that X does not take.
        """

    def counts(self, query: str, *, index: str, since: int, until: int, full: bool = False, by: str = "hour") -> Counted:
        """How many posts match, by the `minute`, `hour` or `day`, between times (ms; whole seconds are asked for). Bearer token.

        Each request costs; with `full` one reaches back 31 days. Raises QueryRefused, as for `search`. What is not answered
        whole is not asked again: it may have cost.
        """

    def counts_window(self, *, full: bool) -> Window:
        """The rate window of counts, as far as X told."""

    def search_users(self, term: str, *, index: str, token: str | None = None, size: int = 100) -> Answer:
        """A page of users whose names have a term (1 to 50 letters, digits, blanks, _ and '), at most `size` (1 to 1000).
        Signed as the account."""

    def me(self) -> Object:
        """The profile of the account that asks."""

    def usage(self, days: int = 30) -> Object:
        """What X says the app has read: see `twitter.usage`."""

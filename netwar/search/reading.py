"""What one query finds within a stretch of ids, newest first, page by page, each with what it proves (see `netwar.walk`).

X's searches have page tokens that go stale, pages without posts that lead on to others, and a lower bound that recent search
refuses once it is older than seven days: none of it may leave a hole, or be paid for twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwar.coverage import Span
from netwar.records.ids import first_id, number
from netwar.twitter.base import Answer, StaleToken, TransientError, Twitter
from netwar.walk import Walk

WEEK_MS = 7 * 86_400_000  # docs.x.com, recent search
LEEWAY_MS = 30_000  # its lower bound moves on while a request is under way
STEP_MS = 60_000  # so long it is the same
YOUNG_MS = 60_000  # what is younger may not be found yet
AHEAD_MS = 86_400_000  # an id that is further in the future than a day is none
BARREN_PAGES = 500  # pages in a row without a new post: X looks at so many posts a page, however few match
VAIN = 3  # times in a row that a search begins anew where it did before
NAMELESS = "X sent posts without ids, kept in dead-letters: run again, to ask for them once more"
ADVICE = "this is a failure of X's; what was read is kept, and the same command goes on from there"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query, and the stretch (low, high] of ids in which it is to be searched; `full` is in the archive beyond seven days."""

    query: str
    low: int
    high: int
    full: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page. `span` becomes complete by it; `back`, which goes before, was not complete after all. Either may be None."""

    answer: Answer
    back: Span | None
    span: Span | None


def earliest(now: int) -> int:
    """The lowest bound, as an exclusive id, that recent search takes at a time (ms), and for a minute after it.

    It is a whole minute: who knows the time a little otherwise would ask for the milliseconds between.
    """
    return first_id(((now - WEEK_MS + LEEWAY_MS) // STEP_MS + 2) * STEP_MS) - 1


def latest(now: int) -> int:
    """The newest id that can be complete at a time (ms)."""
    return first_id(now - YOUNG_MS) - 1


def read(twitter: Twitter, wanted: Wanted, index: str, *, authors: bool = True) -> Iterator[Found]:
    """The pages, each asked for when the one before has been dealt with. `index` is what the money is booked for.

    Where recent search does not reach down to `wanted.low`, it ends where it can. Across a page with posts that have no id
    nothing is proved, so that spans need not follow on each other. Raises TransientError where X repeats itself,
    and what Twitter raises: what came until then is proved as far as it was told.
    """
    walk = Walk(wanted.low, wanted.high)
    pages = _Pages(twitter, wanted, walk, index, authors)
    while (answer := pages.next()) is not None:
        page = answer.page
        walk.read(_ids(answer), answer.clock, page.nameless)
        ended = page.ends or (page.untold and walk.barren > 0 and len(page.posts) + page.nameless < answer.asked)
        if ended:
            walk.end(max(wanted.low, pages.since))
        yield Found(answer, *walk.changes())
        if ended:
            return
        if page.unread:
            raise TransientError("X answered a search with something that cannot be read", ADVICE)
        pages.turn(page.next_token)


class _Pages:
    """Which page is asked for next."""

    def __init__(self, twitter: Twitter, wanted: Wanted, walk: Walk, index: str, authors: bool) -> None:
        self._twitter = twitter
        self._wanted = wanted
        self._walk = walk
        self._more: dict[str, object] = {"index": index, "full": wanted.full, "authors": authors}
        self._token: str | None = None
        self._until = wanted.high + 1
        self._seen: set[str] = set()
        self._vain = 0
        self.since = wanted.low

    def next(self) -> Answer | None:
        """The next page; None where recent search reaches nothing any more of what is left."""
        if not self._wanted.full:
            self._rise(self._twitter.now())
        if self._until <= self.since + 1:
            return None
        try:
            return self._ask()
        except StaleToken:
            if self._token is None:
                raise
            self._begin()
            return self._ask()

    def turn(self, token: str | None) -> None:
        """To the page of a token; where X repeats itself, to where nothing is proved. Raises TransientError if it goes on."""
        if token is not None and token not in self._seen and self._walk.barren < BARREN_PAGES:
            self._seen.add(token)
            self._token = token
            return
        self._vain = 0 if self._walk.again() else self._vain + 1
        if self._vain >= VAIN:
            why = "X repeats the pages of a search without end" if token else "X does not say whether a search goes on"
            raise TransientError(why, ADVICE)
        self._walk.barren = 0
        self._begin()

    def _begin(self) -> None:
        self._token, self._seen = None, set()
        self._until = self._walk.until or self._until

    def _rise(self, now: int) -> None:
        """A token is of one lower bound: with another one a search begins anew."""
        if self.since < earliest(now - STEP_MS):
            self.since = earliest(now)
            self._begin()

    def _ask(self) -> Answer:
        bounds = {"since": self.since, "until": self._until, "token": self._token, "reached": self._walk.until}
        return self._twitter.search(self._wanted.query, **bounds, **self._more)  # type: ignore[arg-type]


def _ids(answer: Answer) -> list[int]:
    """The ids of a page's posts, as far as they can be ids of posts that exist."""
    newest = first_id(answer.clock + AHEAD_MS)
    found = [number(post["id"]) for post in answer.page.posts]
    return [one for one in found if one is not None and 0 < one < newest]

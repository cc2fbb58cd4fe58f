"""An X and an archive in memory, as odd and as mortal as a story says: thousands of captures in a minute."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netwar.archive.base import Store, Tally
from netwar.archive.marks import Cover
from netwar.coverage import Record
from netwar.records.documents import Document
from netwar.records.ids import first_id
from netwar.records.pages import Page, read
from netwar.twitter.base import Answer

USER = "7"
NOW = 1_700_000_000_000  # ms
APART = 60_000  # ms between posts, but for the fresh ones
ERRORS = {"errors": [{"type": "https://api.twitter.com/2/problems/resource-not-found", "parameter": "pinned", "value": "9"}]}
LIMIT, IN_DOUBT = 320, 200  # in place of 3,200 and 2,000


class Cut(Exception):
    """The run ends here, for whatever reason."""


@dataclass(frozen=True, slots=True)
class Odd:
    """What is odd about one answer of X, and how the run ends at it.

    `keep` is the most posts on the page (0: an empty one), `order` that within the page, `strays` so many posts that do not
    belong there, behind `place` percent of it, `doubles` posts that come twice. With `repeat` the page's next token is its own.
    `grow` posts are written before it, `cut` is the moment at which the run ends. The budget has `room` for so many posts.
    An `untold` page does not say whether more follows, and is as long as it was asked for. In place of a `failed` one come errors
    alone, which speak of something else. One of the posts of a `nameless` page has no id.
    """

    keep: int = 100
    order: str = "newest"
    strays: int = 0
    old: bool = False
    place: int = 100
    doubles: int = 0
    repeat: bool = False
    untold: bool = False
    failed: bool = False
    nameless: bool = False
    room: int = 100
    grow: int = 0
    cut: str = ""


ORDERS = ("newest", "oldest", "any")
CUTS = ("", "asking", "answered", "taken back", "documents", "written", "spooled")
PLAIN = Odd()


class SimulatedX:
    """Fills what a TimelineReader needs of `netwar.twitter.base.Twitter`. Posts become visible up to 29 s late."""

    account = "me"
    dialect = "post"

    def __init__(
        self, posts: int, odd: Sequence[Odd], seed: int, counted: int | None = 0, trailing: bool = False, strays: int = 20
    ) -> None:
        self.now = NOW
        self.odd = list(odd)
        self.moment = ""  # at which the run is to end
        self.served = 0
        self.asked = 0
        self._counted = counted
        self._trailing = trailing
        self._most_strays = strays
        self._chance = random.Random(seed)
        self._visible: dict[int, int] = {}  # id -> since when (ms)
        self._in_a_row = 0
        for number in range(posts):
            self._write(NOW - (posts - number) * APART)

    @property
    def truth(self) -> list[int]:
        """All posts, newest first."""
        return sorted(self._visible, reverse=True)

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
        odd = self.odd.pop(0) if self.odd else PLAIN
        self.now += self._chance.choice((100, 3_000, 40_000))
        for _ in range(odd.grow):
            self.now += self._chance.choice((1, 900, 9_000))
            self._write(self.now)
        self.asked += 1
        self.moment = odd.cut
        if self.moment == "asking":
            raise Cut
        if odd.failed:
            return Answer(read(ERRORS), self.now, 0, size, self.now // 1000 * 1000)
        size = min(size, odd.room)
        ids, further = self._page(since or 0, until, token, size if odd.untold else min(size, odd.keep), odd)
        self.served += len(ids)
        if nameless := odd.nameless and bool(ids):
            ids.pop(self._chance.randrange(len(ids)))
        posts = [{"id": str(one), "author_id": USER} for one in ids]
        counted = None if self._counted is None else len(self._visible) + self._counted
        author = {"id": USER, "username": "seven", "public_metrics": {"tweet_count": counted}}
        authors = {USER: author} if posts else {}
        told = further if not odd.untold else None
        page = Page(posts=posts, authors=authors, next_token=told, untold=odd.untold and bool(posts), nameless=int(nameless))
        if self.moment == "answered":
            raise Cut
        return Answer(page, self.now, 0, size, self.now // 1000 * 1000)

    def _write(self, at: int) -> None:
        self._visible[first_id(at) + len(self._visible) % 4096] = at + self._chance.choice((0, 0, 0, 5_000, 29_000))

    def _page(self, since: int, until: int | None, token: str | None, size: int, odd: Odd) -> tuple[list[int], str | None]:
        """The ids of a page in the order in which they come, and the next token."""
        reach = [one for one in self.truth if self._visible[one] <= self.now][:LIMIT]
        bound = min(until or 2**63, int((token or str(2**63)).partition(".")[0]))
        left = [one for one in reach if since < one < bound]
        ids = left[:size]
        more = len(left) > len(ids) or (self._trailing and bool(ids))
        further = f"{ids[-1] if ids else bound}.{self.asked}" if more else None
        if odd.repeat and token and further:
            further = token
        return self._disturbed(ids, reach, odd), further

    def _disturbed(self, ids: list[int], reach: list[int], odd: Odd) -> list[int]:
        """The same posts, and what is odd about them. No more than `strays` strays come in a row, over all pages."""
        if odd.order == "oldest":
            ids = ids[::-1]
        elif odd.order == "any":
            ids = self._chance.sample(ids, len(ids))
        for _ in range(odd.doubles if ids else 0):
            ids = [*ids]
            ids.insert(self._chance.randint(0, len(ids)), self._chance.choice(ids))
        place = len(ids) * odd.place // 100
        most = self._most_strays - (0 if place else self._in_a_row)
        others = reach[-40:] if odd.old else reach
        strays = self._chance.sample(others, min(odd.strays, most, len(others)))
        if odd.old and odd.order == "newest":
            strays.sort(reverse=True)
        after = len(ids) - place
        self._in_a_row = 0 if after else len(strays) + (0 if place else self._in_a_row)
        return ids[:place] + strays + ids[place:]


class Memory:
    """Fills what a TimelineReader needs of `netwar.archive.base.Archive` and spool. In `steps`, as in Elasticsearch, a page and
    its span are no one thing."""

    def __init__(self, x: SimulatedX, *, steps: bool) -> None:
        self.ids: set[int] = set()
        self.store = Store(self, self)  # type: ignore[arg-type]
        self._x = x
        self._steps = steps
        self._record = Record(USER)
        self._spool: list[tuple[Sequence[Document], Sequence[Cover]]] = []

    def record(self, index: str, user: str) -> Record:
        return self._record

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        self._record = change(self._record)
        return self._record

    def write(self, documents: Sequence[Document], marks: Sequence[Cover]) -> Tally:
        [cover] = marks
        if self._x.moment == "spooled":
            raise Cut
        if self._steps:
            self._record = cover.take_back(self._record)
            self._cut_at("taken back")
        self.ids.update(int(one.id) for one in documents if one.index.startswith("tw"))
        if self._steps:
            self._cut_at("documents")
        self._record = cover.apply(self._record)
        self._cut_at("written")
        return Tally()

    def keep(self, request: str, documents: Sequence[Document], marks: Sequence[Cover]) -> None:
        if self._x.moment == "spooled":
            self._spool.append((documents, marks))

    def replay(self) -> None:
        """What every run does first."""
        self._x.moment = ""
        for documents, marks in self._spool:
            self.write(documents, marks)
        self._spool.clear()

    def _cut_at(self, moment: str) -> None:
        if self._x.moment == moment:
            raise Cut

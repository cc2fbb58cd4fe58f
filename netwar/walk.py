"""What the pages of a walk through a timeline, or a search, prove. Numbers in, spans out: nothing is asked or written here.

A walk goes over (low, high], newest first. X's pages are sets, newer ones before older ones; within a page any order may
come, posts may come twice, and up to STRAYS posts in a row may stand where they do not belong. So of any STRAYS + 1 posts in
a row, as they came, one is no stray: all that is newer than it was served by the end of its page, and with it all that is newer
than the newest of them. That far a walk claims to be complete, whatever ends it. Where posts came out of order something more
may be amiss, and the newest of the last DOUBTFUL is taken.

A post that came without an id stands where it belongs, but nobody can tell where that is. So nothing is proved across its page:
what was proved ends above it, and begins anew with what the pages behind it bring.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from heapq import nlargest
from itertools import pairwise

from netwar.coverage import Span
from netwar.records.ids import LARGEST, first_id

STRAYS = 20
DOUBTFUL = 100
# A post may become visible some time after others that are newer. What is younger than this bounds no span: `since_id` would
# pass over the late ones for ever.
FRESH_MS = 30_000


class Walk:
    """The state of a walk over (low, high]; without `high`, over all that is newer than `low`.

    After each page: `read`, perhaps `end`, and `changes` for the ledger. `edge` is what is proved: (edge, …] is complete. It
    falls, and rises only where a later page contradicts an earlier one; without `high` it is None until something is proved, and
    so it is behind a page with nameless posts. `barren` is how many pages in a row brought nothing new.
    """

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low = low
        self.edge = high
        self.barren = 0
        self._high = LARGEST if high is None else high
        self._top = self._told = self._roof = high
        self._ripe = 0
        self._marked: int | None = None
        self._last: list[int] = []
        self._known: set[int] = set()
        self._served = 0
        self._back: Span | None = None
        self._edge_before: int | None = high
        self._above: list[Span] = []  # what is proved above nameless posts
        self._below: int | None = None  # the lower end of that
        self._before: frozenset[int] = frozenset()  # what had come by then
        self._nameless = 0

    @property
    def posts(self) -> int:
        """How many different posts came."""
        return len(self._known)

    @property
    def lowest(self) -> int | None:
        """The oldest post that came."""
        return min(self._known, default=None)

    @property
    def until(self) -> int | None:
        """The id below which nothing is proved: where to ask anew."""
        return None if self._down_to is None else self._down_to + 1

    @property
    def reached(self) -> int | None:
        """Where another walk would go on if this one ended now, as its `until`; None if that would begin anew."""
        return self.until or self._marked

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to prove, or to speak of."""
        return self.edge is None or self.edge == self.low

    @property
    def _down_to(self) -> int | None:
        return self._below if self.edge is None else self.edge

    def read(self, ids: Sequence[int], clock: int, nameless: int = 0) -> None:
        """Take in a page: its posts' ids as they stand there, what time it was at X (ms), and how many came without an id."""
        inside = [one for one in ids if self.low < one <= self._high]
        new = set(inside) - self._known
        self.barren = 0 if new else self.barren + 1
        self._ripe = self._ripe or first_id(clock - FRESH_MS)
        if new:
            self._take_back(new)
            self._served += len(inside)
        self._known |= new
        if nameless:
            self._break_off(nameless)
            return
        self._last = [*self._last, *inside][-DOUBTFUL:]
        self._prove()

    def end(self, low: int | None = None) -> None:
        """There is nothing more down to the walk's own `low`, or to another one above that."""
        if self.edge is None:
            self._begin()
        if self._top is not None:
            self.edge = self.low if low is None else low

    def unproved(self) -> tuple[int, int, int] | None:
        """(low, high, posts): the stretch below what is proved, down to the oldest post that came. None if none came there, or
        one without an id."""
        if self.edge is None and self._nameless:
            return None
        high = max(self._known, default=0) if self.edge is None else self.edge
        low = min(self._known, default=0) - 1
        return (low, high, self._between(low, high)) if 0 <= low < high else None

    def reaches(self, post: int) -> None:
        """X serves this post of the last page by itself: it is no stray, and all that is newer was served."""
        if self.edge is not None:
            self.edge = min(self.edge, post - 1)

    def again(self) -> bool:
        """Whether more is proved than when this was last asked; else asking from `until` on would bring the same for ever."""
        before, self._edge_before = self._edge_before, self._down_to
        return self._down_to is not None and (before is None or self._down_to < before)

    def changes(self) -> tuple[Span | None, Span | None]:
        """For the ledger, since the last time: what is no longer complete, and then what is. Either may be None.

        The posts are those that the ledger counts, or shall count, in it. While nothing is proved, one post stands in the
        ledger by itself, so that a gap is seen below it.
        """
        back, span, self._back = self._back, None, None
        if self._down_to is None and self._marked is None and (post := self._newest_ripe(self._known)):
            self._marked, span = post, Span(post - 1, post, 1)
        if self.edge is not None and self._told is not None and self.edge < self._told:
            span = Span(self.edge, self._told, self._between(self.edge, self._told))
            self._told = self.edge
        return back, span

    def depth(self) -> tuple[int | None, int]:
        """The lowest id down to which the ledger counts this walk's posts, and how many came that it does not count.

        Posts that came twice are counted twice: X may count so, too, towards its limit.
        """
        counted = 0 if self._told is None or self._top is None else self._between(self._told, self._top)
        return self._below if self._told is None else self._told, self._served - counted

    def _begin(self, proved: int = 0) -> None:
        """Make the newest post that is not too fresh the upper end, if it is newer than what is proved: a post, for later walks
        to ask for."""
        post = self._newest_ripe(self._known - self._before, max(self._nameless, 1))
        if post > proved:
            self._top = self._told = post
            self.edge = self._roof = post - 1

    def _newest_ripe(self, posts: Collection[int], which: int = 1) -> int:
        """0 if there is none. X's time at the first page counts: later ones do not show what became visible above them."""
        newest = nlargest(which, (one for one in posts if one < self._ripe))
        return newest[-1] if len(newest) == which else 0

    def _break_off(self, nameless: int) -> None:
        """Nothing is proved across the page that came last.

        All that is newer than such a post, and no such one itself, has come by the end of its page. So with n of them up to now
        all but n - 1 of the posts that are new behind it are older than each: the newest of these is where it begins anew.
        """
        if self.edge is not None and self._roof is not None and self.edge < self._roof:
            self._above.append(Span(self.edge, self._roof, 0))
        self._below = self._down_to
        self.edge = self._top = self._told = self._roof = None
        self._before, self._last = frozenset(self._known), []
        self._nameless += nameless

    def _take_back(self, new: Collection[int]) -> None:
        """A post above the edge was not among the pages that proved it, so others may be missing there.

        Of what was proved above nameless posts all is taken back then: they may be anywhere in it.
        """
        found = [(span.low, span.high) for span in self._above if any(span.low < one <= span.high for one in new)]
        newest = max(new)
        above = newest if self._roof is None else min(newest, self._roof)
        if self.edge is not None and above > self.edge:
            found.append((self.edge, above))
            self._told = self.edge = above
        if found:
            low, high = min(low for low, _ in found), max(high for _, high in found)
            self._back = Span(low, high, self._between(low, high))

    def _prove(self) -> None:
        enough = STRAYS + 1 if _descends(self._last) else DOUBTFUL
        if len(self._last) < enough:
            return
        proved = max(self._last[-enough:]) - 1
        if self.edge is None:
            self._begin(proved)
        if self.edge is not None:
            self.edge = min(self.edge, proved)

    def _between(self, low: int, high: int) -> int:
        return sum(low < one <= high for one in self._known)


def _descends(ids: list[int]) -> bool:
    return all(one > other for one, other in pairwise(ids))

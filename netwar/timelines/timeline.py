"""One user's timeline brought up to date, without holes (see `netwar.coverage`).

Newest first: what is above the newest span, then the gaps that earlier runs left. Each page is
written together with what it proves (see `netwar.walk`); only then is the next one asked for.
Bounds end that sooner: what lies below them stays a gap, which a run without them fills.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from netwar.archive.base import Store, Tally
from netwar.archive.marks import Cover
from netwar.coverage import DEPTH_BEYOND_DOUBT, DEPTH_IN_DOUBT, Record, Span, Stretch, depth
from netwar.queues.base import UserFailed
from netwar.records.dialects import posts_count, username
from netwar.records.documents import tweets_index, users_index
from netwar.records.ids import LARGEST, first_id
from netwar.records.pages import Page, documents
from netwar.records.text import named, plural
from netwar.timelines.answers import ends, own_ids
from netwar.timelines.bounds import PAGE, SMALLEST_PAGE, UNBOUNDED, Bounds
from netwar.twitter.base import Answer, Twitter
from netwar.walk import Walk

log = logging.getLogger("netwar.timelines")

# X has been seen to hand out the same page token for ever: and empty pages with a next one; so many in a row are enough.
BARREN_PAGES = 50


@dataclass(slots=True)
class TimelineProgress:
    """What a timeline brought so far; `posts` are the user's own, `proved` those in stretches that became complete."""

    posts: int = 0
    proved: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)


class TimelineReader:
    """The timeline of one user id in one index. `paged` is called after each page is written.

    `bounded` tells whether something that X may have was left for the sake of the bounds; `nameless` counts its posts without id.

    `bears` is the screen name (lower case) that the user is taken to bear, where that is not sure. A page that shows another
    one is kept, and is the last one that is asked for; `renamed` is that name then.
    """

    def __init__(
        self,
        twitter: Twitter,
        store: Store,
        index: str,
        user: str,
        paged: Callable[[Page, TimelineProgress], None],
        bounds: Bounds = UNBOUNDED,
        *,
        bears: str | None = None,
    ) -> None:
        self.user = user
        self.bounded, self.nameless, self.renamed = False, 0, ""
        self._name: str | None = None
        self.progress = TimelineProgress()
        self._twitter, self._store = twitter, store
        self._index, self._tweets, self._users = index, tweets_index(index), users_index(index)
        self._paged, self._bounds = paged, bounds
        self._bears = bears
        self._above = 0  # posts that are known above the walk
        self._served = 0
        self._was_whole = False  # so that all that is not known came since

    def bring_up_to_date(self) -> Record:
        """Record every post still to be had within the bounds, unless the user turns out to be `renamed`; the ledger's record
        afterwards.

        Raises Unavailable when X says that the user is not available, UserFailed when X repeats its
        pages, and whatever `Twitter` raises; what was read until then is kept, and covered as far as it is proved.
        """
        before, floor = self._record(), self._bounds.floor
        self._name, self._was_whole = before.name, before.is_whole
        self._walk(Walk(max(before.top, floor)))
        for gap in before.gaps:
            # How deep a gap lies is not known below a bound if posts without ids are there: they are in no span.
            if gap.high > floor and not self.renamed and not (self.bounded and self.nameless):
                self._above = depth(self._record().spans, gap.high)
                self._walk(Walk(max(gap.low, floor), gap.high))
        self.bounded |= before.top < floor or any(gap.low < floor for gap in before.gaps)
        return self._record()

    def refresh(self, days: float | None) -> None:
        """Ask again for the posts of the last `days` (None: as far as X reaches) for their new counts."""
        self._above = 0
        low = 0 if days is None else first_id(self._twitter.now() - int(days * 86_400_000))
        walk = Walk(max(low, self._bounds.floor))
        for answer in self._pages(walk):
            walk.read(own_ids(answer), answer.clock)
            self._write(answer)

    def look(self) -> None:
        """Ask for a few posts above all that is covered, only to see whether X answers; they are kept, and not covered."""
        self._write(self._twitter.timeline(self.user, index=self._index, since=self._record().top or None, size=SMALLEST_PAGE))

    @property
    def _who(self) -> str:
        return named(self.user, self._name)

    def _record(self) -> Record:
        return self._store.archive.record(self._tweets, self.user)

    def _walk(self, walk: Walk) -> None:
        """Read pages, each written together with what it proves."""
        ended = False
        for answer in self._pages(walk):
            self._read(walk, answer)
            ended = ends(answer, walk)
            try:
                if ended and not self._may_be_cut_off(walk):
                    walk.end()
            except BaseException:  # the page proves nothing then, but it is paid for
                self._write(answer)
                raise
            self._write(answer, *walk.changes())
        self._served += walk.posts
        if self.renamed:
            return
        if not ended:
            self.bounded = True
            self._confirm(walk)
        elif not walk.is_done:
            self._end_in_doubt(walk)

    def _read(self, walk: Walk, answer: Answer, high: int = LARGEST) -> None:
        walk.read([one for one in own_ids(answer) if one <= high], answer.clock, answer.page.nameless)
        self.nameless += answer.page.nameless

    def _confirm(self, walk: Walk) -> None:
        """The bounds are reached: ask once more for the posts that came last, which are not proved to be all there are.

        Where X sends them and no others they are complete, too. It is free on the same day; a later run, for which they would
        lie in a gap, would pay for them anew.
        """
        if (stretch := walk.unproved()) is None:
            return
        (low, high, posts), came, token = stretch, set[int](), None
        for _ in range(2):  # X may say on an empty page that nothing follows
            bounds = {"since": low, "until": high + 1, "size": min(max(posts, SMALLEST_PAGE), PAGE)}
            answer = self._twitter.timeline(self.user, index=self._index, token=token, **bounds)
            self._read(walk, answer, high if walk.edge is None else LARGEST)  # a stray above is no upper end
            came.update(own_ids(answer))
            if answer.page.ends and low + 1 in came:
                walk.end(low)
            self._write(answer, *walk.changes(), again=True)
            token = answer.page.next_token
            if token is None:
                return

    def _may_be_cut_off(self, walk: Walk) -> bool:
        """Whether the pages may have ended at X's limit of 3,200 and not for want of posts.

        That is ruled out while few posts are known above; or, with nothing known below, when this run was served as many
        posts as the profile counts, and the limit is not near.
        """
        record = self._record()
        edge, uncounted = walk.depth()
        if edge is not None and any(part.low >= edge for part in record.lost):
            return True  # it lies above, or did once
        reached = uncounted if edge is None else depth(record.spans, edge) + uncounted
        reached += self._served + self.nameless if self.nameless else 0  # what lies beside them is in no span
        if not DEPTH_IN_DOUBT <= reached < DEPTH_BEYOND_DOUBT:
            return reached >= DEPTH_BEYOND_DOUBT
        return walk.low not in (0, self._bounds.floor) or record.counted is None or self._served + walk.posts < record.counted

    def _end_in_doubt(self, walk: Walk) -> None:
        """Go down to the known post `low` if X still serves it; else to the oldest post that came, if X serves that by itself.

        Pages that are deep enough end at X's limit, too. A post that X serves when it is asked for lies above the limit, and
        so does all that is newer. Write down that the rest is lost, unless it came without an id.
        """
        before = self.nameless
        if walk.low and self._goes_down_to_low(walk):
            return
        oldest = walk.lowest
        if oldest and walk.until and oldest < walk.until and not self.renamed:
            self._probe(oldest, walk, lambda: walk.reaches(oldest))
        if walk.edge is None or walk.is_done or self.renamed or self.nameless > before:
            return
        lost = Stretch(walk.low, walk.edge)
        self._store.archive.change(self._tweets, self.user, lambda record: record.losing(lost))
        newer = f" and newer than {walk.low}" if walk.low else ""
        log.info("user %s: X no longer serves what is older than tweet %s%s", self._who, walk.until, newer)

    def _goes_down_to_low(self, walk: Walk) -> bool:
        """Whether X serves the post at the lower end of a walk or, where that is a bound and no post, any below it."""
        if walk.low != self._bounds.floor:
            return self._probe(walk.low, walk, walk.end)
        answer = self._twitter.timeline(self.user, index=self._index, until=walk.low + 1, size=SMALLEST_PAGE)
        if any(one <= walk.low for one in own_ids(answer)):
            walk.end()
        self.nameless += answer.page.nameless
        self._write(answer, *walk.changes())
        return walk.is_done

    def _probe(self, post: int, walk: Walk, proved: Callable[[], None]) -> bool:
        """Ask for one post; whether X serves it, and then what that proves is written with it."""
        answer = self._twitter.timeline(self.user, index=self._index, since=post - 1, until=post + 1)
        served = post in own_ids(answer)
        if served:
            proved()
        self.nameless += answer.page.nameless
        self._write(answer, *walk.changes())
        return served

    def _pages(self, walk: Walk) -> Iterator[Answer]:
        """Pages until there is no next one, or the bounds are reached. Where X repeats itself, on from where nothing is proved
        yet.

        Raises UserFailed when that does not help.
        """
        token, until = None, walk.until
        seen: set[str] = set()
        while size := self._bounds.page(self._above + walk.posts, known=walk.low > self._bounds.floor or self._was_whole):
            # To the meter a page by its token is the same request as that by which a later run would go on here.
            answer = self._twitter.timeline(
                self.user, index=self._index, since=walk.low or None, until=until, token=token, reached=walk.reached, size=size
            )
            yield answer
            if self.renamed:
                return
            if answer.page.unread:
                raise UserFailed("X answered with something that cannot be read; it is kept in dead-letters")
            token = answer.page.next_token
            if ends(answer, walk):
                return
            if token is None or token in seen or walk.barren >= BARREN_PAGES:
                until = self._anew(walk, told=token is not None)
                token, seen, walk.barren = None, set(), 0
            else:
                seen.add(token)

    def _anew(self, walk: Walk, *, told: bool) -> int | None:
        """Where to ask on from without a token. Raises UserFailed when X would only repeat itself.

        Where X has not `told` whether more follows, what it sends next shows it, unless that is a full page of what was there
        before. (Below all that came nothing would be shown: the lowest may be a stray.)
        """
        why = "X repeats the same page without end" if told else "X does not say whether more follows"
        if not walk.again() and (told or walk.barren):
            raise UserFailed(why)
        log.warning("user %s: %s; continuing below post %s", self._who, why, walk.until or "none: from the first page on")
        return walk.until

    def _write(self, answer: Answer, back: Span | None = None, span: Span | None = None, *, again: bool = False) -> None:
        """Keep a page with what it contradicts and proves; it is paid for, so a store that is down sends it to the spool.

        Posts that came `again` are not counted as read.
        """
        page = answer.page
        author = page.authors.get(self.user, {})
        bears = username(author) or None
        cover = Cover(self._tweets, self.user, span, answer.retrieved, bears, posts_count(author), back)
        made = documents(
            page,
            tweets=self._tweets,
            users=self._users,
            retrieved=answer.retrieved,
            account=self._twitter.account,
            via="timeline",
        )
        self._name = bears or self._name
        complete = f", complete down to tweet {span.low}" if span and span.low else ", complete" if span else ""
        log.debug("user %s: page of %s for $%.3f%s", self._who, plural(len(page.posts), "tweet"), answer.micro / 1e6, complete)
        self.progress.micro += answer.micro
        if made or back or span:
            self.progress.tally += self._store.write(f"timeline {self.user}", made, [cover])
        self.progress.posts += 0 if again else len(page.posts)
        self.progress.proved += span.posts if span else 0
        if self._bears and bears and bears.lower() != self._bears:
            self.renamed = bears
        self._paged(page, self.progress)

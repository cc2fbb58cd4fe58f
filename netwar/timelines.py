"""One user's timeline brought up to date, without holes (see `netwar.coverage`).

Newest first: what is above the newest span, then the gaps that earlier runs left. Each page is
written together with the span that it completes; only then is the next one asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from netwar.archive.base import Cover, Store, Tally
from netwar.coverage import DEPTH_IN_DOUBT, Record, Span, Stretch, depth
from netwar.queues.base import UserFailed
from netwar.records.dialects import posts_count, username
from netwar.records.documents import tweets_index, users_index
from netwar.records.ids import first_id, number
from netwar.records.pages import Page, documents
from netwar.twitter.base import Answer, Twitter

log = logging.getLogger("netwar.timelines")

# X has been seen to hand out the same page token for ever: and empty pages with a next one; so many in a row are enough.
BARREN_PAGES = 50
AHEAD_MS = 86_400_000  # an id that is further in the future than a day is none


@dataclass(slots=True)
class Progress:
    """What a timeline brought so far; `posts` are the user's own."""

    posts: int = 0
    micro: int = 0
    tally: Tally = field(default_factory=Tally)


class Timeline:
    """The timeline of one user id in one index. `paged` is called after each page is written."""

    def __init__(self, twitter: Twitter, store: Store, index: str, user: str, paged: Callable[[Page, Progress], None]) -> None:
        self.user = user
        self.progress = Progress()
        self._twitter = twitter
        self._store = store
        self._index = index
        self._tweets = tweets_index(index)
        self._users = users_index(index)
        self._paged = paged
        self._served = 0

    def bring_up_to_date(self) -> Record:
        """Record every post still to be had; the ledger's record afterwards.

        Raises Unavailable when X says that the user is not to be had, UserFailed when X repeats its
        pages, and whatever `Twitter` raises; what was read until then is kept and covered.
        """
        before = self._record()
        self._walk(before.top, None)
        for gap in before.gaps:
            self._walk(gap.low, gap.high)
        return self._record()

    def refresh(self, days: float | None) -> None:
        """Ask again for the posts of the last `days` (None: as far as X reaches) for their new counts."""
        since = None if days is None else first_id(self._twitter.now() - int(days * 86_400_000))
        for answer in self._pages(since, None):
            self._write(answer, None)

    def _record(self) -> Record:
        return self._store.archive.record(self._tweets, self.user)

    def _walk(self, low: int, high: int | None) -> None:
        """Read (low, high] newest first, each page covering down to its last post, which is its oldest."""
        edge = high
        for answer in self._pages(low or None, None if high is None else high + 1):
            posts = [one for one in _ids(answer) if one > low and (high is None or one <= high)]
            if posts and edge is not None and max(posts) > edge:
                edge = self._take_back(edge, posts)
            span = Span(posts[-1] - 1, edge or max(posts), len(posts)) if posts else None
            edge = span.low if span else edge
            self._served += len(posts)
            if edge and answer.page.ends and self._is_first(low, edge, len(posts)):
                span = Span(low, span.high if span else edge, len(posts)) if edge > low else span
                edge = low
            self._write(answer, span)
        if edge is not None and edge > low:
            self._end_in_doubt(low, edge)

    def _take_back(self, edge: int, posts: list[int]) -> int:
        """A page has posts above the last one of the page before: that was not the oldest, so less is complete than was said.

        The new edge.
        """
        above = max(posts)
        again = sum(one > edge for one in posts)
        self._served -= again
        reopened = Stretch(edge, above)
        self._store.archive.change(self._tweets, self.user, lambda record: record.uncovering(reopened, again))
        return above

    def _is_first(self, low: int, edge: int, posts: int) -> bool:
        """Whether pages that end at `edge`, with so many posts on the last one, ended for want of posts.

        They end the same way at X's limit of 3,200. That is ruled out while few posts are known above; or,
        with nothing known below, when this run was served as many posts as the profile counts.
        """
        record = self._record()
        if depth(record.spans, edge) + posts < DEPTH_IN_DOUBT:
            return True
        return low == 0 and record.counted is not None and self._served >= record.counted

    def _end_in_doubt(self, low: int, edge: int) -> None:
        """Join (low, edge] if X still serves the known post `low`; else write down that it is lost.

        The answer is deep enough to have been cut off by X's limit. Asking for a known post shows whether
        the limit lies above it.
        """
        if low:
            answer = self._twitter.timeline(self.user, index=self._index, since=low - 1, until=low + 1)
            joined = low in _ids(answer)
            self._write(answer, Span(low, edge, 0) if joined else None)
            if joined:
                return
        lost = Stretch(low, edge)
        self._store.archive.change(self._tweets, self.user, lambda record: record.losing(lost))
        log.info(
            "user %s: X no longer serves what is older than tweet %s%s",
            self.user,
            edge + 1,
            f" and newer than {low}" if low else "",
        )

    def _pages(self, since: int | None, until: int | None) -> Iterator[Answer]:
        """Pages until there is no next one. Where X repeats itself, on from the oldest post seen.

        Raises UserFailed when that does not help.
        """
        token: str | None = None
        seen: set[str] = set()
        lowest, barren = until, 0
        while True:
            answer = self._twitter.timeline(self.user, index=self._index, since=since, until=until, token=token, reached=lowest)
            yield (answer := _settled(answer, lowest))
            if answer.page.unread:
                raise UserFailed("X answered with something that cannot be read; it stands in dead-letters")
            token = answer.page.next_token
            if answer.page.ends:
                return
            oldest = min(_ids(answer), default=lowest)
            barren = 0 if oldest != lowest else barren + 1
            lowest = min(oldest, lowest) if oldest and lowest else oldest or lowest
            if token is None or token in seen or barren == BARREN_PAGES:
                if lowest == until:
                    raise UserFailed("X repeats the same page without end")
                why = "X repeats a page" if token else "X does not say whether more follows"
                log.warning("user %s: %s; going on below post %s", self.user, why, lowest)
                token, seen, until, barren = None, set(), lowest, 0
            else:
                seen.add(token)

    def _write(self, answer: Answer, span: Span | None) -> None:
        """Keep a page and what it completes; it is paid for, so a store that is down sends it to the spool."""
        page = answer.page
        author = page.authors.get(self.user, {})
        bears = username(author) or None
        cover = Cover(self._tweets, self.user, span, answer.retrieved, bears, posts_count(author))
        made = documents(
            page,
            tweets=self._tweets,
            users=self._users,
            retrieved=answer.retrieved,
            account=self._twitter.account,
            via="timeline",
        )
        self.progress.micro += answer.micro
        if made or span:
            self.progress.tally += self._store.write(f"timeline {self.user}", made, cover)
        self.progress.posts += len(page.posts)
        self._paged(page, self.progress)


def conclusion(record: Record) -> str:
    """The outcome of a user whose timeline was read to its end."""
    if not record.spans:
        return "empty"
    return "partial" if record.gaps or record.lost else "complete"


def _settled(answer: Answer, lowest: int | None) -> Answer:
    """An answer that does not say whether more follows has said it when it brings nothing older than was seen before."""
    oldest = min(_ids(answer), default=None)
    if oldest is not None and (lowest is None or oldest < lowest):
        return answer
    return replace(answer, page=replace(answer.page, untold=False))


def _ids(answer: Answer) -> list[int]:
    """The ids of a page's own posts, as far as they can be ids of posts that exist; the archive may refuse the others."""
    newest = first_id(max(answer.clock, answer.retrieved) + AHEAD_MS)
    found = [number(post["id"]) for post in answer.page.posts]
    return [one for one in found if one is not None and 0 < one < newest]

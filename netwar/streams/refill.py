"""Gaps of a capture filled by recent search: a minute after they ended, with the lines of their time, if money is left.

Search has no retweets for search terms, and reaches back seven days: a gap becomes refilled, refilled without retweets, or lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netwar.archive.base import Archive
from netwar.captures.base import Capture, Captures, Live
from netwar.coverage import Stretch
from netwar.meter.base import Money
from netwar.records.documents import tweets_index, users_index
from netwar.records.expressions import joined
from netwar.records.pages import documents
from netwar.search import recent
from netwar.search.planning import RECENT, is_keyword, packs
from netwar.streams import gaps
from netwar.streams.keeper import expressions
from netwar.twitter.base import Twitter

log = logging.getLogger("netwar.streams")

MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000
NEAR = 10 * MINUTE  # gaps that are no further apart are searched as one: what lies between was paid for that day
PIECE = HOUR  # so much is searched, and noted, at once
RIPE = 2 * MINUTE  # after its end: coverage comes half a minute late, and search a minute
MOST_QUERIES = 100  # for one gap; more users than that are followed better by their timelines
DEAREST = 25_000  # micro-dollars of a post, with two others and an author
CAUTION = 2  # a gap may bring so many times what the hour brings


@dataclass(frozen=True, slots=True)
class Window:
    """Gaps of one set of terms that are searched as one."""

    terms: int
    parts: tuple[Stretch, ...]

    @property
    def low(self) -> int:
        return self.parts[0].low

    @property
    def high(self) -> int:
        return self.parts[-1].high


def windows(found: Iterable[gaps.Gap], now: int) -> Iterator[Window]:
    """What is to be searched of gaps that come in the order of times: only what ended a while ago."""
    open_: dict[int, list[Stretch]] = {}
    for gap in found:
        if gap.state != "open" or gap.until > now - RIPE:
            continue
        for low in range(gap.since, gap.until, PIECE):
            part, parts = Stretch(low, min(low + PIECE, gap.until)), open_.setdefault(gap.terms, [])
            if parts and (part.low - parts[-1].high > NEAR or part.high - parts[0].low > PIECE):
                yield Window(gap.terms, tuple(parts))
                parts.clear()
            parts.append(part)
    for terms, parts in open_.items():
        if parts:
            yield Window(terms, tuple(parts))


class Refiller:
    """Fills gaps, for one thread; what it is handed is used by no other. `live` tells how the stream goes."""

    def __init__(self, archive: Archive, twitter: Twitter, captures: Captures, money: Money) -> None:
        self._archive, self._twitter, self._captures, self._money = archive, twitter, captures, money

    def step(self, live: Live) -> dict[str, int]:
        """Look at every capture once, newest gaps first; how many gaps are open, by index. Raises NetwarError."""
        open_: dict[str, int] = {}
        for capture in self._captures.captures():
            index, now = tweets_index(capture.index), self._twitter.now()
            ready = [*windows(gaps.gaps(self._archive, index, now), now)]
            lines = {one.terms: one for one in (*self._captures.earlier(capture.index), capture)}
            for window in reversed(ready):
                if window.terms in lines:
                    self._fill(lines[window.terms], window, live)
            left = gaps.gaps(self._archive, index, now)
            open_[capture.index] = sum(gap.state == "open" and gap.until < now for gap in left)
        return open_

    def _fill(self, capture: Capture, window: Window, live: Live) -> None:
        index = tweets_index(capture.index)
        if (reached := recent.reachable(self._twitter, window.low, window.high)) is None or reached.low > window.low:
            for part in window.parts:
                low = part.high if reached is None else min(max(reached.low, part.low), part.high)
                if low > part.low:
                    gaps.given_up(self._archive, index, window.terms, Stretch(part.low, low))
            return
        queries = [joined(some) for some in packs(expressions(capture), RECENT)]
        if len(queries) > MOST_QUERIES or not self._fits(capture, window, live):
            return
        for query in queries:
            self._search(capture, query, window)
        how = gaps.NO_RETWEETS if any(map(is_keyword, expressions(capture))) else gaps.WHOLE
        for part in window.parts:
            gaps.refilled(self._archive, index, window.terms, part, how)
        log.info("%s: a gap of %.0f s is filled by a search", capture.index, (window.high - window.low) / 1000)

    def _search(self, capture: Capture, query: str, window: Window) -> None:
        names = {"tweets": tweets_index(capture.index), "users": users_index(capture.index)}
        authors = not capture.options.users_once
        for found in recent.window(self._twitter, query, window.low, window.high + 1, index=capture.index, authors=authors):
            made = documents(found.answer.page, **names, retrieved=found.answer.retrieved, account=self._account, via="search")
            self._archive.write(made)

    def _fits(self, capture: Capture, window: Window, live: Live) -> bool:
        """Whether the day's money bears a search beside what the stream is going to need: that goes first."""
        state = live.captures.get(capture.index)
        second = sum(one.hour for one in live.captures.values()) / 3600 * DEAREST
        need = CAUTION * (state.hour if state else 0) / 3600 * DEAREST * (window.high - window.low) / 1000
        rest = (DAY - self._twitter.now() % DAY) / 1000 * second
        return self._money.balance().left - rest >= need

    @property
    def _account(self) -> str:
        return str(self._twitter.account)

"""Gaps of a capture filled by recent search: a minute after they ended, with the lines of their time, if money is left.

Search has no retweets for search terms, reaches back seven days, and takes shorter lines than the stream, and not all of its
operators: a gap becomes refilled, refilled without retweets, or lost.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from netwar.archive.base import Store
from netwar.captures.base import Capture, Captures, CaptureState, Live
from netwar.connections.runs import HOST
from netwar.coverage import Stretch
from netwar.errors import ServiceDown
from netwar.meter.base import Balance, Money, present
from netwar.records.documents import tweets_index, users_index
from netwar.records.expressions import joined
from netwar.records.pages import documents
from netwar.records.text import plural
from netwar.search import recent
from netwar.search.planning import RECENT, is_keyword, packs
from netwar.streams import gaps
from netwar.streams.counters import Unfilled
from netwar.streams.keeper import expressions
from netwar.streams.purses import spent
from netwar.twitter.base import QueryRefused, TransientError, Twitter

log = logging.getLogger("netwar.streams")

MINUTE, HOUR, DAY, WEEK = 60_000, 3_600_000, 86_400_000, 7 * 86_400_000
NEAR = 10 * MINUTE  # gaps that are no further apart are searched as one: what lies between was paid for that day
PIECE = HOUR  # so much is searched, and noted, at once
RIPE = 2 * MINUTE  # after its end: coverage comes half a minute late, and search a minute
MOST_QUERIES = 100  # for one gap; more users than that are followed better by their timelines
TOO_MANY = "not searched for, as that takes too many searches; the timelines of users bring the same (tw-quser2work)"
FORGOTTEN = (
    "not searched for, as nobody knows their lines any more: tw-search2elk with those lines brings what X has of that time, and "
    "after seven days such gaps are lost"
)
DEAREST = {"post": 3, "user": 1}  # what a post can bring: two others, and its author
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
    """Fills gaps, for one thread; what it is handed is used by no other. `command` is what the money is spent for."""

    def __init__(self, store: Store, twitter: Twitter, captures: Captures, money: Money, command: str) -> None:
        self._store, self._twitter, self._captures, self._money = store, twitter, captures, money
        self._archive, self._command = store.archive, command
        self._waits: dict[str, str] = {}  # by index, why gaps are not searched for, as it was told last

    def step(self, live: Live, held: Collection[str] = ()) -> dict[str, Unfilled]:
        """Look at every capture once, but for those that are behind; what is left open, by index. Raises NetwarError.

        `live` tells how the stream goes: what it is going to need is only known once it stood for a while. For those that are
        `held`, whose archive does not take what was paid for, nothing is bought.
        """
        open_: dict[str, Unfilled] = {}
        for capture in self._captures.captures():
            if (state := live.captures.get(capture.index)) is not None and state.state == "behind":
                continue
            if capture.index in held:  # what was found would wait there, and would be bought again at the next look
                continue
            try:
                open_[capture.index] = self._look(capture, live)
            except ServiceDown as error:  # one damaged file stops no other capture
                log.info("gaps of %s are filled later: %s", capture.index, error)
        return open_

    def _look(self, capture: Capture, live: Live) -> Unfilled:
        """Fill what can be of a capture, newest gaps first; what is open then."""
        index, now = tweets_index(capture.index), self._twitter.now()
        ready = [*windows(gaps.gaps(self._archive, index, now), now)]
        known = (*self._captures.earlier(capture.index), capture)
        lines = {one.terms: replace(one, options=capture.options) for one in known}
        known_needs = live.connected and now - live.connected >= MINUTE
        tried = [(one, self._try(lines.get(one.terms), index, one, live)) for one in reversed(ready) if known_needs]
        hindered = sorted(((window, why) for window, why in tried if why), key=lambda one: one[1] == FORGOTTEN)
        left = [gap for gap in gaps.gaps(self._archive, index, now) if gap.state == "open" and gap.until < now]
        waiting = sum(any(one.low < gap.until and gap.since < one.high for one, _ in hindered) for gap in left)
        if known_needs or not left:
            self._say(capture.index, f"{plural(waiting, 'open gap')}: {hindered[0][1]}" if waiting else "")
        return Unfilled(len(left), self._waits.get(capture.index, ""))

    def _say(self, index: str, waits: str) -> None:
        """Why gaps are not searched for: told once, until none waits any more."""
        if waits and not self._waits.get(index):
            log.warning("%s: %s", index, waits)
        self._waits[index] = waits

    def _try(self, capture: Capture | None, index: str, window: Window, live: Live) -> str:
        """Fill it; what hinders that, "" if it is done. What X does not answer for one capture stops no other one."""
        if self._given_up(index, window):
            return ""
        if capture is None:
            return FORGOTTEN
        try:
            return self._fill(capture, window, live)
        except TransientError as error:
            log.info("a gap of %s is filled later: %s", capture.index, error)
            return ""

    def _given_up(self, index: str, window: Window) -> bool:
        """Whether search does not reach all of it any more: what it does not is lost."""
        if (reached := recent.reachable(self._twitter, window.low, window.high)) and reached.low <= window.low:
            return False
        for part in window.parts:
            low = part.high if reached is None else min(max(reached.low, part.low), part.high)
            if low > part.low:
                gaps.given_up(self._archive, index, window.terms, Stretch(part.low, low))
        return True

    def _fill(self, capture: Capture, window: Window, live: Live) -> str:
        index = tweets_index(capture.index)
        packed = [*packs(expressions(capture), RECENT)]
        if len(packed) > MOST_QUERIES:
            return TOO_MANY
        if why := self._lacks(capture, window, live):
            return why
        unsaid = {*expressions(capture)}.difference(*packed)  # a query of X has half as many characters as a rule
        for some in packed:
            unsaid |= {*self._asked(capture, some, window)}
        how = gaps.NO_RETWEETS if any(map(is_keyword, expressions(capture))) else gaps.WHOLE
        for part in window.parts:
            if unsaid:
                gaps.given_up(self._archive, index, window.terms, part)
            else:
                gaps.refilled(self._archive, index, window.terms, part, how)
        told = f"cannot be filled by a search, which does not take {min(unsaid)[:60]!r}" if unsaid else "is filled by a search"
        log.info("%s: a gap of %.0f s %s", capture.index, (window.high - window.low) / 1000, told)
        return ""

    def _asked(self, capture: Capture, lines: Sequence[str], window: Window) -> Sequence[str]:
        """Search for lines; those that X's search does not take, though its stream does."""
        try:
            self._search(capture, joined(lines), window)
        except QueryRefused:
            if len(lines) == 1:
                return lines
            half = len(lines) // 2
            return [*self._asked(capture, lines[:half], window), *self._asked(capture, lines[half:], window)]
        return ()

    def _search(self, capture: Capture, query: str, window: Window) -> None:
        names = {"tweets": tweets_index(capture.index), "users": users_index(capture.index)}
        authors, nameless = not capture.options.users_once, 0
        for found in recent.window(self._twitter, query, window.low, window.high + 1, index=capture.index, authors=authors):
            made = documents(found.answer.page, **names, retrieved=found.answer.retrieved, account=self._account, via="search")
            self._store.write(f"search {names['tweets']}", made)
            nameless += found.answer.page.nameless
        if nameless:
            raise TransientError("X sent posts without ids", "they are kept in dead-letters, and asked for once more")

    def _lacks(self, capture: Capture, window: Window, live: Live) -> str:
        """What money is lacking, the day's or the capture's own, for a search beside what the stream is going to need, as that
        goes first; "" if none is."""
        mine = _a_second(live.captures.get(capture.index, CaptureState(capture.index)))
        now, each = self._twitter.now(), self._money.price(DEAREST)
        need = max(CAUTION * mine * (window.high - window.low) / 1000, 1) * each
        rest = (DAY - now % DAY) / 1000 * each
        stream = rest * sum(_a_second(one) for one in live.captures.values() if one.state != "stopped")
        balance = self._balance(stream + need)
        if balance.left - stream < need:
            where = f" on {balance.budget.host}" if balance.budget.host != HOST else ""
            return _lacking(balance.left, "for today", stream, need, f"raise budget in {balance.budget.file}{where}")
        if (own := capture.options.budget) is None:
            return ""
        left = own - spent(self._money, self._command, datetime.fromtimestamp(now / 1000, UTC).date())[capture.index]
        if left - rest * mine >= need:
            return ""
        cure = f"raise it by tw-stream {capture.index} --budget USD --detach"
        return _lacking(max(left, 0), "of its own budget for today", rest * mine, need, cure)

    def _balance(self, need: float) -> Balance:
        """How the budget stands; where it does not bear so much, what its file says now holds, if that is of this host."""
        balance = self._money.balance()
        if balance.left < need and (now := present(balance.budget, HOST)):
            self._money.allows(now)
            balance = self._money.balance()
        return balance

    @property
    def _account(self) -> str:
        return str(self._twitter.account)


def _a_second(state: CaptureState) -> float:
    """Posts a second, by the busiest of the times that are known: a holder that began a minute ago knows no hour."""
    return max(state.minute / 60, state.hour / 3600, state.day / 86_400)


def _lacking(left: float, of: str, stream: float, need: float, cure: str) -> str:
    left, stream, need = (micro / 1e6 for micro in (left, stream, need))
    return (
        f"waiting for money, as of ${left:,.2f} that are left {of} the stream may need ${stream:,.2f} until midnight UTC, and "
        f"the search ${need:,.2f}: {cure}"
    )

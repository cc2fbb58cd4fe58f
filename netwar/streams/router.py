"""From lines to batches: whose each post is, what it cost, what is covered once it is written."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from netwar.meter.base import Purpose
from netwar.streams.backlog import Backlog
from netwar.streams.batches import Batch, Post, apart
from netwar.streams.counters import Counters
from netwar.streams.coverage import SKEW, Tracker
from netwar.streams.lines import Bad, Delivery, Notice, parse
from netwar.streams.reader import Begun, Item, Line
from netwar.streams.routes import Whose
from netwar.streams.slices import Refusal, Slices

log = logging.getLogger("netwar.streams")

DAY = 86_400_000
IDLE = 60.0  # seconds between two draws in silence
NOBODY = ""  # in place of an index: what others' rules brought, which X bills all the same

Aside = Callable[[Sequence[tuple[bytes, str]]], None]  # keeps lines that nobody can read, with what is wrong with them


@dataclass(slots=True)
class Sorted:
    """Lines by what they are."""

    posts: list[tuple[Delivery, bytes, tuple[str, ...]]] = field(default_factory=list)
    others: list[Delivery] = field(default_factory=list)
    bad: list[tuple[Line, str]] = field(default_factory=list)
    uncertain: list[Line] = field(default_factory=list)  # posts that may be of other captures, too
    notices: list[Notice] = field(default_factory=list)


class Router:
    """Makes batches of lines, for one thread. `aside` keeps lines that are no posts, `command` is what the money is spent for."""

    def __init__(
        self,
        backlog: Backlog,
        slices: Slices,
        tracker: Tracker,
        counters: Counters,
        whose: Whose,
        aside: Aside,
        command: str,
    ) -> None:
        self._backlog, self._slices, self._tracker, self._counters = backlog, slices, tracker, counters
        self._whose, self._aside, self._command = whose, aside, command
        self._booked = time.monotonic()
        self.notices: list[Notice] = []
        self.causes: dict[str, int] = {}  # why something may be missing, and around when (ms at X), since they were noted last
        self.cost: Counter[str] = Counter()  # micro-dollars by index, of what was taken in last

    def take(self, items: Sequence[Item]) -> Refusal | None:
        """Take what came in, in its order; why the stream has to stop, if it has."""
        refused = None
        self.cost.clear()
        for kind, some in groupby(items, type):
            if kind is Line:
                for lines in _days([one for one in some if isinstance(one, Line)]):
                    refused = self._take(lines)
                continue
            for mark in some:
                if isinstance(mark, Begun):
                    self._tracker.broken(mark.at)
                    self.causes |= {mark.why: mark.at} if mark.why else {}
                else:
                    self._tracker.lost()
        return refused

    def idle(self, at: int) -> Refusal | None:
        """Nothing came for a while: a slice that was set aside long ago is no longer believed in by others."""
        self.cost.clear()
        return self._book(Sorted(), at) if time.monotonic() > self._booked + IDLE else None

    def _take(self, lines: Sequence[Line]) -> Refusal | None:
        """Sort lines, book what they cost, hand them on."""
        found = self._sorted(lines)
        self.notices += found.notices
        if found.posts or found.others or time.monotonic() > self._booked + IDLE:
            refused = self._book(found, lines[-1].at)
        else:
            refused = None
        self._put_aside(found.bad)
        for line in found.uncertain:
            self._tracker.broken(line.at + SKEW)
            self.causes["X did not say which rules a post matched"] = line.at
        self._hand_on(found, lines)
        return refused

    def _sorted(self, lines: Sequence[Line]) -> Sorted:
        routes, found = self._whose.now(), Sorted()
        for line in lines:
            if not line.text:
                continue
            said = parse(line.text)
            if isinstance(said, Bad):
                found.bad.append((line, said.reason))
            elif isinstance(said, Notice):
                found.notices.append(said)
            else:
                if routes.strange(said):
                    routes = self._whose.anew(said.rules or ())
                captures = routes.captures(said)
                if captures:
                    found.posts.append((said, line.text, captures))
                    found.uncertain += [line] if routes.uncertain(said) else []
                elif captures is not None:
                    found.others.append(said)
                else:
                    why = "X did not say which rules it matched" if said.rules is None else "it matched rules that nobody knows"
                    found.bad.append((line, why))
                    found.others.append(said)
        return found

    def _book(self, found: Sorted, at: int) -> Refusal | None:
        by_index: dict[str, list[tuple[str, str]]] = {}
        for post, _, captures in found.posts:
            things = list(bought(post))
            for index in captures:
                by_index.setdefault(index, []).extend(things)
        for post in found.others:
            by_index.setdefault(NOBODY, []).extend(bought(post))
        now = time.monotonic()
        each = [(Purpose(self._command, index), things) for index, things in sorted(by_index.items(), reverse=True)]
        cost, refused = self._slices.book(each, at, now - self._booked)
        self._booked = now
        self._counters.cost(cost)
        self.cost.update(cost)
        return refused

    def _put_aside(self, bad: Sequence[tuple[Line, str]]) -> None:
        """What cannot be read may be a post of any capture: until then nothing is certain."""
        if not bad:
            return
        self._aside([(line.text, why) for line, why in bad])
        for line, why in bad:
            log.warning("a line of the stream cannot be kept as a post, it is in the reject file: %s", why)
            self._counters.reject()
            self._tracker.broken(line.at + SKEW)
            self.causes["a line of the stream could not be kept as a post"] = line.at

    def _hand_on(self, found: Sorted, lines: Sequence[Line]) -> None:
        count = Counter(index for _, _, captures in found.posts for index in captures)
        marks = self._tracker.covered(lines[-1].at, count)
        if not found.posts and not marks:
            return
        posts = [Post(text, captures) for _, text, captures in found.posts]
        pages = apart([(post, captures) for post, _, captures in found.posts])
        self._counters.came(count, lines[-1].at)
        if not self._backlog.put(Batch(lines[0].at, lines[-1].at, posts, marks, pages)):
            log.error("%d posts are lost: neither the archive nor the disk takes them", len(posts))
            self._tracker.broken(lines[-1].at + SKEW)
            self.causes["neither the archive nor the disk took the posts"] = lines[-1].at


def bought(post: Delivery) -> Iterable[tuple[str, str]]:
    """What X bills for a post: itself, the posts and the users that came along, by (kind, id)."""
    yield "post", post.id
    includes = post.body.get("includes")
    if not isinstance(includes, dict):
        return
    for name, kind in (("tweets", "post"), ("posts", "post"), ("users", "user")):
        items = includes.get(name)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict) and isinstance(item.get("id"), str | int):
                yield kind, str(item["id"])


def _days(lines: Sequence[Line]) -> list[Sequence[Line]]:
    """Lines by the UTC day on which they came: X bills by the day."""
    if not lines or lines[0].at // DAY == lines[-1].at // DAY:
        return [lines] if lines else []
    days = sorted({line.at // DAY for line in lines})
    return [[line for line in lines if line.at // DAY == day] for day in days]

"""Who did the same as somebody else within seconds: pairs of users, out of any number of tweets in constant memory.

An action is one tweet in which a user did one thing: retweeted that post, shared that link, used that hashtag, wrote that
text. Two actions are a match if they are of one thing, of two users, and not further apart than `within`. What a retweet repeats
is no action but the retweet itself.

Bounded for what everybody does at once: an action pairs with those in the seconds before it, unless these are more than `most`;
then with none of them, since where hundreds do the same in a minute nothing follows from two of them doing it. So each action has
`most` matches at the most, and memory holds `most` + 1 actions.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import NamedTuple

from netwar.archive.base import Body
from netwar.connections.sqlite_scratch import Scratch
from netwar.records.dialects import references, text
from netwar.records.edges import hashtags, links, when
from netwar.records.ids import identity, number
from netwar.records.words import spelled

TABLES = """
CREATE TABLE action (thing, at INTEGER, user INTEGER, tweet INTEGER);
CREATE TABLE met (low INTEGER, high INTEGER, thing INTEGER, matches INTEGER, apart INTEGER, first INTEGER, last INTEGER);
"""
IN_ORDER = "SELECT thing, at, user, tweet FROM action ORDER BY thing, at, user, tweet"
PAIRS = """
SELECT low, high, sum(matches), count(DISTINCT thing), sum(apart), min(first), max(last) FROM met
GROUP BY low, high HAVING sum(matches) >= ? ORDER BY low, high
"""
KEPT = 20_000  # pairs of one thing in memory
URL = re.compile(r"https?://\S+")

Things = Callable[[Body], Iterable[str]]


class Action(NamedTuple):
    """What was done, when (ms), by whom, in which tweet."""

    thing: str
    at: int
    user: int
    tweet: int


class Pair(NamedTuple):
    """Two users, the lower id first: how many matches they had (`weight`), of how many different things, the mean time between
    the two actions in seconds, and when the first and the last match was (ms; of its later action)."""

    source: int
    target: int
    weight: int
    things: int
    seconds: float
    first: int
    last: int


@dataclass(slots=True)
class Told:
    """What came of a run: actions, matches, and the actions that had too many others before them."""

    actions: int = 0
    matches: int = 0
    crowded: int = 0


def _retweets(body: Body) -> Iterator[str]:
    return (id for kind, id in references(body) if kind == "retweeted")


def _own(things: Things) -> Things:
    """The same of tweets that are no retweets."""
    return lambda body: () if any(_retweets(body)) else things(body)


def _texts(body: Body) -> Iterator[str]:
    """What a text says, whatever its links, case, accents and signs, in short."""
    if words := spelled(URL.sub(" ", text(body))):
        yield blake2b(words.encode(), digest_size=16).hexdigest()


THINGS: dict[str, Things] = {"retweet": _retweets, "link": _own(links), "hashtag": _own(hashtags), "text": _own(_texts)}


class Coaction:
    """Pairs by one of THINGS. Raises ServiceDown when the disk is full."""

    def __init__(self, scratch: Scratch, by: str, within: float, most: int) -> None:
        self.told = Told()
        self._scratch = scratch
        self._things = THINGS[by]
        self._within = round(within * 1000)
        self._most = most

    def add(self, bodies: Iterable[Body]) -> None:
        """Tweets, in any order; one without author or time has no actions."""
        rows = [row for body in bodies for row in self._actions(body)]
        self.told.actions += len(rows)
        self._scratch.put("INSERT INTO action VALUES (?, ?, ?, ?)", rows)

    def _actions(self, body: Body) -> Iterator[Action]:
        at, user, tweet = when(body), number(identity(body.get("author_id"))), number(body.get("id"))
        if at is not None and user is not None and tweet is not None:
            for thing in set(self._things(body)):
                yield Action(thing, at, user, tweet)

    def actions(self) -> Iterator[Action]:
        """All of them, by what was done, then in the order of time."""
        return map(Action._make, self._scratch.rows(IN_ORDER))

    def pairs(self, least_weight: int = 1) -> Iterator[Pair]:
        """The pairs with so many matches, in the order of ids. To be asked once, after all tweets were added."""
        self._scratch.put("INSERT INTO met VALUES (?, ?, ?, ?, ?, ?, ?)", self._found(self.actions()))
        for low, high, matches, things, apart, first, last in self._scratch.rows(PAIRS, (least_weight,)):
            yield Pair(low, high, matches, things, apart / matches / 1000, first, last)

    def _found(self, actions: Iterable[Action]) -> Iterator[tuple[int, ...]]:
        """The matches of each thing, added up by pair, as long as they fit into memory."""
        for thing, (_, some) in enumerate(groupby(actions, key=lambda action: action.thing)):
            sums: dict[tuple[int, int], list[int]] = {}
            for low, high, apart, at in self._matches((one.at, one.user) for one in some):
                kept = sums.setdefault((low, high), [0, 0, at, at])
                kept[:] = kept[0] + 1, kept[1] + apart, min(kept[2], at), max(kept[3], at)
                if len(sums) == KEPT:
                    yield from _rows(sums, thing)
                    sums.clear()
            yield from _rows(sums, thing)

    def _matches(self, actions: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
        """The matches of one thing, of which the actions come in the order of time: both users, ms apart, when."""
        before: deque[tuple[int, int]] = deque(maxlen=self._most + 1)
        for at, user in actions:
            while before and before[0][0] < at - self._within:
                before.popleft()
            if len(before) > self._most:
                self.told.crowded += 1
            else:
                for earlier, other in before:
                    if other != user:
                        self.told.matches += 1
                        yield min(user, other), max(user, other), at - earlier, at
            before.append((at, user))


def _rows(sums: dict[tuple[int, int], list[int]], thing: int) -> Iterator[tuple[int, ...]]:
    return ((low, high, thing, *kept) for (low, high), kept in sums.items())

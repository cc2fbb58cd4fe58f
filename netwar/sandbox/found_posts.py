"""Which posts there are to be found: those of everybody whom the truth lists, and of the voices of the stream, newest first,
within a stretch of ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from heapq import merge
from typing import NamedTuple

from netwar.sandbox.query.parser import Query
from netwar.sandbox.query.said import Said, said
from netwar.sandbox.streams.voices import Voices, sampled
from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.post_times import Found, Run
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import World

KEPT = 4_096  # posts whose words are kept for the next page, or the next query
_FROM, _IN = "from:", "conversation_id:"


class Placed(NamedTuple):
    """Post number `k` of a user; the greater id, the newer."""

    id: int
    author: int
    k: int


class Searched:
    """The posts of a world, as searches see them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._voices = Voices(world, quoted=False)
        self._said: Callable[[Placed, str], Said] = lru_cache(KEPT)(self._read)

    def newest(
        self, query: Query, floor: int, ceiling: int, states: tuple[str, ...], *, stream: bool = True
    ) -> Iterator[tuple[Placed, bool]]:
        """Every post with floor < id < ceiling of users in these states that may match, newest first, and whether it does;
        without `stream` none that came for it."""
        timelines = (
            self._timeline(author, floor, ceiling, stream)
            for author in self._authors(query)
            if self._world.state(author) in states
        )
        for one in merge(*timelines, reverse=True):
            voice = self._world.chorus.voice(one.author)
            if voice is None or one.k < self._world.chorus.first_post(one.author):
                yield one, query.finds(self._said(one, self._world.name(one.author)))
            else:
                yield one, query.finds(self._voices.said(voice, one.id))

    def counted(self, query: Query, floor: int, ceiling: int, states: tuple[str, ...], length: int) -> Counter[int]:
        """How many posts match in each stretch of `length` ms, by its number since 1970. Those of the stream are not gone
        through one by one: there may be millions."""
        one_by_one = sampled(query.term) or _IN in query.text or not self._world.chorus.segments
        counter = Counter(
            _moment(one.id) // length for one, found in self.newest(query, floor, ceiling, states, stream=one_by_one) if found
        )
        for voice in () if one_by_one else self._voices.matching(query):
            author = self._world.chorus.author(voice)
            if self._world.state(author) in states and query.finds(self._voices.said(voice, 0)):
                for run in self._world.chorus.runs(author, self._world.moment):
                    counter.update(_turns(run, _moment(floor + 1), _moment(ceiling), length))
        return counter

    def post(self, one: Placed) -> Post:
        """The post itself."""
        return Post(self._world, Found(one.author, one.k, 0))

    def _timeline(self, author: int, floor: int, ceiling: int, stream: bool) -> Iterator[Placed]:
        postings = self._world.postings
        first, last = postings.position(author, floor + 1), postings.position(author, ceiling)
        if not stream and self._sings(author):
            last = min(last, self._world.chorus.first_post(author))
        return (Placed(postings.id(author, k), author, k) for k in range(last - 1, first - 1, -1))

    def _authors(self, query: Query) -> Iterable[int]:
        """Whose posts can match: where a query names authors nobody else's are looked at. A voice says the same each time, so
        it is known beforehand whether it is one of them."""
        keys, chorus = query.term.keys(), self._world.chorus
        if keys and all(key.startswith(_FROM) for key in keys):
            people = (self._who(key.removeprefix(_FROM)) for key in keys)
            return sorted({one for one in people if one is not None and (one < self._world.users or self._sings(one))})
        voices = {chorus.author(voice) for voice in self._voices.matching(query)} if chorus.segments else set()
        for key in keys or ():
            author = self._world.postings.author(int(key.removeprefix(_IN))) if key.startswith(_IN) else None
            voices |= {author} if author is not None and self._sings(author) else set()
        return sorted({*range(self._world.users), *voices})

    def _sings(self, author: int) -> bool:
        return self._world.chorus.voice(author) is not None

    def _who(self, named: str) -> int | None:
        by_id = self._world.people.index(int(named)) if named.isascii() and named.isdigit() else None
        return self._world.named(named) if by_id is None else by_id

    def _read(self, one: Placed, name: str) -> Said:
        return said(self.post(one))


def _turns(run: Run, since: int, until: int, length: int) -> Counter[int]:
    """How many posts of an even run are in each stretch, from `since` until before `until` (ms)."""
    first = max(0, -(-(since - run.start) // run.gap))
    last = min(run.count, -(-(until - run.start) // run.gap))
    found: Counter[int] = Counter()
    while first < last:
        stretch = (run.start + first * run.gap) // length
        beyond = min(last, -(-((stretch + 1) * length - run.start) // run.gap))
        found[stretch], first = beyond - first, beyond
    return found


def _moment(id: int) -> int:
    return (id >> 22) + EPOCH


def first_id(ms: int) -> int:
    """The smallest id that a post of this time can have."""
    return max(0, ms - EPOCH) << 22

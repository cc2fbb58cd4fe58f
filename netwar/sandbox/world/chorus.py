"""Users who post in turn, so many posts a second, for the filtered stream: computed from the seed, not stored.

The chorus has voices: users of the crowd, each with one thing to say, time and again; that of voice
n % voices, in an order that the seed shuffles, so everybody comes once in a round. A segment is a stretch at one rate; its
rounds last a whole number of ms, so that a voice posts at equal distances: in a timeline that is a run like any other. What
was written once stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.post_times import Run
from netwar.sandbox.world.prng import LOW, Shuffle

VOICES = 2_000
FASTEST = 3_000  # posts a second
SLOWEST = 0.001
FIRST_INDEX = 2_000_000  # nobody there is spoken of by a scenario, unless it wants to


class Sung(NamedTuple):
    """Post number `n` of the chorus: what this voice says, written by user `author` at `time` (ms)."""

    n: int
    voice: int
    author: int
    time: int
    id: int


@dataclass(slots=True)
class Segment:
    """Posts `first` and so on, from `start` (ms) on; a round of all voices takes `round` ms. `last`: the number of the first
    post that does not come any more, None while it goes on."""

    first: int
    start: int
    round: int
    rate: float
    last: int | None = None

    def time(self, n: int, voices: int) -> int:
        """When post n was or will be written. Each voice has its place in a round."""
        rounds, place = divmod(n - self.first, voices)
        return self.start + rounds * self.round + place * self.round // voices

    def before(self, moment: int, voices: int) -> int:
        """The number of the first post that is not written yet at a moment."""
        if moment < self.start:
            return self.first
        rounds, rest = divmod(moment - self.start, self.round)
        n = self.first + rounds * voices + (rest + 1) * voices // self.round
        while self.time(n, voices) <= moment:  # what is divided with a rest
            n += 1
        while n > self.first and self.time(n - 1, voices) > moment:
            n -= 1
        return n if self.last is None else min(n, self.last)


class Chorus:
    """Who posts for the stream, and what was written when. `seeded`: how many posts a user had before; `ready`: who may be
    a voice; `low_bits`: what the ids of a user's posts end with."""

    def __init__(self, cast: Cast, seeded: Callable[[int], int], low_bits: Callable[[int], int]) -> None:
        self.first_index, self.voices = FIRST_INDEX, VOICES
        self._cast = cast
        self._seeded = seeded
        self._low_bits = low_bits
        self.segments: list[Segment] = []
        self._authors: list[int] = []
        self._places: dict[int, int] = {}
        self._hushed: dict[int, list[tuple[int, bool]]] = {}
        self._over = lru_cache(4096)(self._compute_runs)

    # -- who -------------------------------------------------------------------------------------

    def gather(self, now: int) -> None:
        """Let the voices be chosen: active users who were never renamed, in the seed's order. Each has posted once then, in a
        round at one post a second before this moment: what a voice says is known before it says it in the stream."""
        if self._authors:
            return
        usual = (
            index & LOW
            for index in count(self.first_index)
            if self._cast.state(index & LOW) == "active" and not self._cast.is_renamed(index & LOW)
        )
        authors = [next(usual) for _ in range(self.voices)]
        order = Shuffle(self._cast.seed, 31)
        self._authors = sorted(authors, key=order.forward)
        self._places = {author: voice for voice, author in enumerate(self._authors)}
        length = self.voices * 1000
        self.segments.append(Segment(0, now - length, length, 1.0, last=self.voices))

    def author(self, voice: int) -> int:
        return self._authors[voice]

    def voice(self, author: int) -> int | None:
        """Which voice a user is; None of who is none, and as long as nothing was posted."""
        return self._places.get(author)

    def first_post(self, author: int) -> int:
        """The number, in the user's timeline, of the first post for the chorus: all later ones say the same."""
        return self._seeded(author)

    # -- when ------------------------------------------------------------------------------------

    @property
    def rate(self) -> float:
        """Posts a second at present."""
        return self.segments[-1].rate if self.segments and self.segments[-1].last is None else 0.0  # a burst has its end

    def post(self, rate: float, now: int, most: int | None = None) -> None:
        """From now on so many posts a second, none with 0; `most`: and no more than so many. Raises ValueError."""
        if rate and not SLOWEST <= rate <= FASTEST:
            raise ValueError(f"the rate must be 0, or from {SLOWEST} to {FASTEST:,} posts a second, not {rate}")
        self.gather(now)
        begun = self.before(now)
        self.segments[-1].last = begun
        if rate:
            last = None if most is None else begun + most
            self.segments.append(Segment(begun, now + 1, round(self.voices * 1000 / rate), rate, last))
        self._over.cache_clear()

    def before(self, moment: int) -> int:
        """The number of the first post that is not written yet."""
        return self.segments[-1].before(moment, self.voices) if self.segments else 0

    def between(self, first: int, last: int) -> Iterator[Sung]:
        """Posts number `first` to `last - 1`, oldest first."""
        for segment in self.segments:
            low, high = max(first, segment.first), last if segment.last is None else min(last, segment.last)
            for n in range(low, high):
                yield self.sung(segment, n)

    def sung(self, segment: Segment, n: int) -> Sung:
        """Post n, which is of this segment."""
        voice = (n - segment.first) % self.voices
        author, time = self._authors[voice], segment.time(n, self.voices)
        return Sung(n, voice, author, time, time - EPOCH << 22 | self._low_bits(author))

    def starting(self, moment: int) -> int:
        """The number of the first post that is written at a moment (ms) or later."""
        for segment in self.segments:
            n = segment.before(moment - 1, self.voices)
            if segment.last is None or n < segment.last:
                return n
        return self.before(moment)

    # -- who is heard ----------------------------------------------------------------------------

    def hush(self, author: int, moment: int, heard: bool) -> None:
        """From a moment on a user can be read, or not: suspended, protected or gone."""
        if author in self._places:
            self._hushed.setdefault(author, []).append((moment, heard))

    def heard(self, author: int, time: int) -> bool:
        """Whether a post of a time went into the stream."""
        changes = self._hushed.get(author)
        return True if changes is None else next((heard for at, heard in reversed(changes) if at <= time), True)

    # -- whose timeline --------------------------------------------------------------------------

    def runs(self, author: int, moment: int) -> list[Run]:
        """What a voice has written for the chorus up to a moment."""
        voice = self._places[author]
        done = self._over(voice)
        if not self.segments or self.segments[-1].start > moment:
            return done
        last = self.segments[-1]
        written = _turns(last.before(moment, self.voices) - last.first, voice, self.voices)
        if not written:
            return done
        return [*done, self._run(last, voice, written)]

    def _compute_runs(self, voice: int) -> list[Run]:
        """Those of the segments before the last one."""
        runs = (self._run(segment, voice, self._written(segment, voice)) for segment in self.segments[:-1])
        return [run for run in runs if run.count]

    def _run(self, segment: Segment, voice: int, written: int) -> Run:
        start = segment.start + voice * segment.round // self.voices
        earlier = (self._written(one, voice) for one in self.segments if one.first < segment.first)
        first = self._seeded(self._authors[voice]) + sum(earlier)
        return Run(first, written, start, segment.round, even=True)

    def _written(self, segment: Segment, voice: int) -> int:
        """How many posts of a segment that is over are a voice's."""
        return _turns((segment.last or segment.first) - segment.first, voice, self.voices)


def _turns(posts: int, voice: int, voices: int) -> int:
    """How often a voice has its turn in so many posts."""
    return posts // voices + (voice < posts % voices)

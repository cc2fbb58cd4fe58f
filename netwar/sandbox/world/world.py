"""The world: users and their posts, computed; only what changes at run time is stored."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from netwar.sandbox.world.chorus import Chorus
from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.follow_graph import Circles
from netwar.sandbox.world.lists import Lists
from netwar.sandbox.world.live import Live
from netwar.sandbox.world.people import People
from netwar.sandbox.world.population import STATES, Cast
from netwar.sandbox.world.post_times import MAX_VERSIONS, Postings, Run
from netwar.sandbox.world.prng import POPULATION, mix

PLAIN, REPLY, THREAD, RETWEET, QUOTE, QUOTE_REPLY, LONG, EDITED = range(8)
KINDS = ("plain", "reply", "thread", "retweet", "quote", "quote_reply", "long", "edited")
USUAL_KINDS = {"plain": 92, "reply": 40, "thread": 14, "retweet": 62, "quote": 26, "quote_reply": 6, "long": 10, "edited": 6}
USUAL_END = 1_735_689_600_000  # 2025-01-01: what the seed makes was written before this
EARLIEST_END = 1_706_745_600_000  # 2024-02-01: the youngest accounts are of 2023
CLOSEST_MS = 2


def kind_table(weights: dict[str, int]) -> bytes:
    """256 kinds in the shares that the weights ask for. Raises ValueError without any weight."""
    total = sum(weights.values())
    if total <= 0:
        raise ValueError("the mix of posts needs a weight above 0")
    table = bytearray()
    reached = 0
    for number, kind in enumerate(KINDS):
        reached += weights.get(kind, 0)
        table.extend([number] * (256 * reached // total - len(table)))
    return bytes(table)


class World:
    """Who there is and what they wrote. `users` is how many of the people the truth lists."""

    def __init__(self, cast: Cast, users: int, end: int = USUAL_END, kinds: dict[str, int] | None = None) -> None:
        self.seed = cast.seed
        self.users = min(users, POPULATION)
        self.cast = cast
        self.people = People(cast)
        self.circles = Circles(cast)
        self.lists = Lists()
        self.end = end
        self.postings = Postings(cast.seed, self.runs, self.earlier_versions)
        self._kinds = kind_table(kinds or USUAL_KINDS)
        self.moment = end  # how far the clock has come: what is written later is not there yet
        self._latest = end
        self._live = Live(cast, self.users, end)
        self.chorus = Chorus(cast, lambda author: self._first_run(author).count, self.postings.low_bits)
        self._grown: dict[int, list[Run]] = {}
        self._states: dict[int, str] = {}
        self._names: dict[int, str] = {}
        self._bearers: dict[str, int] = {}
        self.said: dict[int, dict[str, Any]] = {}  # what users have written into their profiles at run time
        # Small and bounded: what one page asks for several times.
        self._first_run = lru_cache(8192)(self._compute_first_run)
        self.chance = lru_cache(8192)(self._compute_chance)
        self._first_state = lru_cache(8192)(cast.state)
        self._first_name = lru_cache(8192)(self.people.name)

    # -- posts -----------------------------------------------------------------------------------

    def runs(self, author: int) -> list[Run]:
        """The runs of posts of a user, oldest first; at least one."""
        runs = self._grown.get(author) or [self._first_run(author)]
        if self.chorus.voice(author) is not None:
            return [*(run for run in runs if run.count), *self.chorus.runs(author, self.moment)] or runs
        return self._live.added(author, runs, self.moment) if self._live.posts(author) else runs

    def begin(self, now: int) -> None:
        """The clock runs from now on: so does whatever comes by itself."""
        self.moment = now
        self._live = Live(self.cast, self.users, now)

    def settled(self) -> int:
        """No clock goes back behind this: somebody has posted until then."""
        anybody = self._live.anybody or self.chorus.segments
        return max(self._latest, self.moment) if anybody else self._latest

    def set_pace(self, author: int, posts_a_day: float) -> None:
        """Let a user write so many posts a day from now on."""
        self._grown[author] = self.runs(author)
        self._go_on(author, posts_a_day, self.postings.newest(author) + 1)

    def _go_on(self, author: int, posts_a_day: float, earliest: int) -> None:
        """What comes by itself comes after what is there. Who is suspended or gone does not post."""
        self._live.begin(author, max(self.moment, earliest), posts_a_day, self.state(author) not in ("active", "protected"))

    def _compute_chance(self, author: int, k: int) -> int:
        """The 64 bits that decide what a post is like. A voice of the chorus repeats itself."""
        repeated = self.chorus.voice(author) is not None
        return mix(self.seed, 7, author, min(k, self.chorus.first_post(author)) if repeated else k)

    def kind(self, author: int, k: int) -> int:
        return self._kinds[self.chance(author, k) & 255]

    def earlier_versions(self, author: int, k: int) -> int:
        chance = self.chance(author, k)
        return 1 + (chance >> 44) % (MAX_VERSIONS - 1) if self._kinds[chance & 255] == EDITED else 0

    def grow(self, author: int, count: int, now: int) -> int:
        """Let a user write `count` posts up to now; returns when the newest of them was written.

        That is later than now if there was no room for so many since the last one: the clock has to follow.
        """
        runs = self.runs(author)
        if count <= 0:
            return now
        last, newest = runs[-1], self.postings.newest(author)
        first = last.first + last.count
        start = max(newest + 1, now - count * 60_000, self.people.created(author))
        gap = max(CLOSEST_MS, (now - start) // count)
        self._grown[author] = [run for run in runs if run.count] + [Run(first, count, start, gap)]
        self._go_on(author, self._live.pace(author), start + count * gap)
        newest = self.postings.newest(author)
        self._latest = max(self._latest, newest)
        return newest

    def _compute_first_run(self, author: int) -> Run:
        count = self.cast.posts(author)
        # Before November 2010 ids were no snowflakes: nobody here posted earlier.
        start = max(self.people.created(author), EPOCH + 1_000_000_000)
        return Run(0, count, start, max(CLOSEST_MS, (self.end - start) // max(1, count)))

    # -- users -----------------------------------------------------------------------------------

    def state(self, index: int) -> str:
        return self._states.get(index) or self._first_state(index)

    def name(self, index: int) -> str:
        return self._names.get(index) or self._first_name(index)

    def former_name(self, index: int) -> str | None:
        """The name that a user bore before, if it was another one."""
        return self.people.name(index) if index in self._names else self.people.former_name(index)

    def named(self, name: str) -> int | None:
        """Who bears a screen name now."""
        bearer = self._bearers.get(name.lower())
        if bearer is None:
            bearer = self.people.named(name)
        return bearer if bearer is not None and self.name(bearer).lower() == name.lower() else None

    def change(self, index: int, state: str | None = None, name: str | None = None) -> None:
        """Another state, another screen name. Raises ValueError for an unknown state or a taken name."""
        if state is not None and state not in STATES:
            raise ValueError(f"state must be one of {', '.join(STATES)}, not {state!r}")
        if name is not None and self.named(name) not in (None, index):
            raise ValueError(f"the name {name!r} is taken")
        if state is not None:
            self._change_state(index, state)
        if name is not None:
            self._names[index] = name
            self._bearers[name.lower()] = index

    def _change_state(self, index: int, state: str) -> None:
        """What was not written while somebody was suspended does not come later."""
        self._states[index] = state
        self.chorus.hush(index, self.moment, state == "active")
        if self._live.pace(index):
            self.set_pace(index, self._live.pace(index))

"""When each post was written, and with that its id: computed both ways, for any number of posts.

A user's posts lie in slots of equal length. In a slot, the first quarter is where posts lie that
were deleted before anybody recorded them, the second is for earlier versions of an edited post,
the second half for the post as it stands.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.prng import LOW, Shuffle, mix

MAX_VERSIONS = 5
_ROOMY = 64  # ms: a slot must be this long to hold more than the post itself


@dataclass(frozen=True, slots=True)
class Run:
    """Posts `first` to `first + count - 1` of a user, one each `gap` ms from `start` on; at the very beginnings of the slots
    if they are `even`."""

    first: int
    count: int
    start: int
    gap: int
    even: bool = False


class Found(NamedTuple):
    """Post number `k` of user `author`; `version` 0 is how it stands, 1 the version before."""

    author: int
    k: int
    version: int


def written(seed: int, author: int, run: Run, k: int) -> int:
    """When post k of a run was, or will be, written, ms."""
    if run.even:
        return run.start + (k - run.first) * run.gap
    half = run.gap // 2
    return run.start + (k - run.first) * run.gap + half + mix(seed, 5, author, k) % (run.gap - half)


class Postings:
    """Times and ids of everybody's posts, post 0 being the oldest."""

    def __init__(self, seed: int, runs: Callable[[int], list[Run]], edits: Callable[[int, int], int]) -> None:
        self._seed = seed
        self._runs = runs
        self._edits = edits
        self._authors = Shuffle(seed, 3)
        self.low_bits = lru_cache(8192)(self._authors.forward)
        self._current_time = lru_cache(8192)(self._compute_time)

    def count(self, author: int) -> int:
        last = self._runs(author)[-1]
        return last.first + last.count

    def newest(self, author: int) -> int:
        """When the newest post was written, ms; 0 without any."""
        count = self.count(author)
        return self.time(author, count - 1) if count else 0

    def time(self, author: int, k: int, version: int = 0) -> int:
        """When a post was written, ms."""
        if not version:
            return self._current_time(author, k)
        run = self._run(author, k)
        return run.start + (k - run.first) * run.gap + run.gap // 4 + (MAX_VERSIONS - version) * (run.gap // 4 // MAX_VERSIONS)

    def _compute_time(self, author: int, k: int) -> int:
        return written(self._seed, author, self._run(author, k), k)

    def id(self, author: int, k: int, version: int = 0) -> int:
        return self.time(author, k, version) - EPOCH << 22 | self.low_bits(author)

    def versions(self, author: int, k: int) -> int:
        """How many earlier versions a post has."""
        run = self._run(author, k)
        return self._edits(author, k) if run.gap >= _ROOMY and not run.even else 0

    def deleted_id(self, author: int, k: int) -> int | None:
        """The id of a post of the same slot that is no more; None where the slot has no room for one."""
        run = self._run(author, k)
        if run.gap < _ROOMY or run.even:
            return None
        written = run.start + (k - run.first) * run.gap + mix(self._seed, 6, author, k) % (run.gap // 4)
        return written - EPOCH << 22 | self.low_bits(author)

    def author(self, post_id: int) -> int:
        """Whose post an id would be, whether or not there is such a post."""
        return self._authors.back(post_id & LOW)

    def find(self, post_id: int) -> Found | None:
        """Which post has this id."""
        author = self.author(post_id)
        if not self.count(author):
            return None
        k = self._slot(author, (post_id >> 22) + EPOCH)
        for version in range(self.versions(author, k) + 1):
            if self.id(author, k, version) == post_id:
                return Found(author, k, version)
        return None

    def position(self, author: int, post_id: int) -> int:
        """How many of the user's posts have smaller ids than this one."""
        if not self.count(author):
            return 0
        k = self._slot(author, (post_id >> 22) + EPOCH)
        return k + (self.id(author, k) < post_id)

    def _slot(self, author: int, when: int) -> int:
        """The slot that a time lies in, or the one before it."""
        runs = self._runs(author)
        run = runs[max(0, bisect_right(runs, when, key=lambda r: r.start) - 1)]
        return run.first + min(max(0, (when - run.start) // run.gap), max(0, run.count - 1))

    def _run(self, author: int, k: int) -> Run:
        runs = self._runs(author)
        return runs[0] if len(runs) == 1 else runs[bisect_right(runs, k, key=lambda r: r.first) - 1]

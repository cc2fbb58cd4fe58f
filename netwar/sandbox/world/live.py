"""Posts that come by themselves while the clock runs: each user's at a pace of their own, computed, not stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.post_times import Run, written
from netwar.sandbox.world.prng import mix

DAY = 86_400_000
_KEPT = 8_192


@dataclass(frozen=True, slots=True)
class Beat:
    """From `start` on one post each `gap` ms; none while `held`."""

    pace: float
    start: int
    gap: int
    held: bool = False


class Live:
    """Who posts how often since when: the first `users`, whom the truth lists, and those whom a scenario names."""

    def __init__(self, cast: Cast, users: int, begun: int) -> None:
        self._cast = cast
        self._users = users
        self._begun = begun
        self._changed: dict[int, Beat | None] = {}
        self._known: dict[int, tuple[int, list[Run]]] = {}
        self._first = lru_cache(_KEPT)(self._compute_first)
        self.anybody = cast.posts_a_day > 0 or any(role.posts_a_day for role in cast.roles.values())

    def posts(self, author: int) -> bool:
        """Whether a user posts at present."""
        beat = self._beat(author) if self.anybody else None
        return beat is not None and not beat.held

    def pace(self, author: int) -> float:
        """Posts a day; 0 of who never does."""
        beat = self._beat(author) if self.anybody else None
        return beat.pace if beat else 0

    def begin(self, author: int, start: int, pace: float, held: bool) -> None:
        """Begin anew at `start`: the caller keeps what was written before."""
        self.anybody = self.anybody or pace > 0
        self._changed[author] = self._made(author, start, pace, held)
        self._known.pop(author, None)

    def added(self, author: int, runs: list[Run], moment: int) -> list[Run]:
        """The runs of a user who posts, and what has come since, up to a moment."""
        at, known = self._known.get(author, (-1, runs))
        if at == moment:
            return known
        beat, last = self._beat(author), runs[-1]
        assert beat is not None
        first = last.first + last.count
        count = max(0, (moment - beat.start) // beat.gap)
        run = Run(first, count + 1, beat.start, beat.gap)
        if moment < beat.start or written(self._cast.seed, author, run, first + count) > moment:
            run = Run(first, count, beat.start, beat.gap)
        known = [*(one for one in runs if one.count), run] if run.count else runs
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[author] = (moment, known)
        return known

    def _beat(self, author: int) -> Beat | None:
        return self._changed[author] if author in self._changed else self._first(author)

    def _compute_first(self, author: int) -> Beat | None:
        """As the seed, or the scenario, has it."""
        if author >= self._users and author not in self._cast.roles:
            return None
        held = self._cast.state(author) not in ("active", "protected")
        return self._made(author, self._begun, self._cast.pace(author), held)

    def _made(self, author: int, start: int, pace: float, held: bool) -> Beat | None:
        if pace <= 0:
            return None
        gap = round(DAY / pace)
        # Half a gap at most, or all who post equally often would be silent at the same time.
        return Beat(pace, start + mix(self._cast.seed, 26, author) % (gap // 2), gap, held)

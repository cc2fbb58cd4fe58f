"""Stories of a timeline that is captured under trouble, and what must be true after each of its runs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from unittest.mock import Mock, patch

from netwar.coverage import Record
from netwar.queues.base import UserFailed
from netwar.timelines.answers import conclusion
from netwar.timelines.bounds import UNBOUNDED, Bounds
from netwar.timelines.timeline import TimelineReader
from tests.walks.simulated import APART, CUTS, IN_DOUBT, LIMIT, NOW, ORDERS, USER, Cut, Memory, Odd, SimulatedX

MAX_RUNS = 300


@dataclass(frozen=True, slots=True)
class Story:
    """A user with so many posts, and what happens at each request; then X is plain again. `steps`: see Memory. `bounds` are those
    of the first runs.

    `strays` is how many may come in a row: with more than twenty, only runs that come to their end may be relied on.
    """

    posts: int
    odd: tuple[Odd, ...]
    seed: int
    counted: int | None = 0
    trailing: bool = False
    steps: bool = False
    strays: int = 20
    bounds: tuple[Bounds, ...] = ()


def told(story: Story) -> tuple[SimulatedX, Memory]:
    """Run after run until one ends well and X is plain; what is true is checked after each. Raises AssertionError."""
    x = SimulatedX(story.posts, story.odd, story.seed, story.counted, story.trailing, story.strays)
    memory = Memory(x, steps=story.steps)
    bounds = list(story.bounds)
    with patch.multiple("netwar.timelines.timeline", DEPTH_IN_DOUBT=IN_DOUBT, DEPTH_BEYOND_DOUBT=LIMIT - 10, log=Mock()):
        for _ in range(MAX_RUNS):
            was_plain = not x.odd and not bounds
            if run(x, memory, bounds.pop(0) if bounds else UNBOUNDED) and was_plain:
                break
        else:
            raise AssertionError("the runs come to no end")
    x.now += 60_000
    run(x, memory)
    record = memory.record("tw", USER)
    assert not record.gaps, "the last run, of which nothing was cut off, left a gap"
    assert record.top == max(x.truth, default=0)
    if len(x.truth) < IN_DOUBT // 4:
        assert memory.ids == set(x.truth), "what X serves for certain is there"
    return x, memory


def run(x: SimulatedX, memory: Memory, bounds: Bounds = UNBOUNDED) -> bool:
    """One run; whether it came to its end."""
    try:
        memory.replay()
        timeline = TimelineReader(x, memory.store, "story", USER, lambda page, progress: None, bounds)  # type: ignore[arg-type]
        conclusion(timeline.bring_up_to_date(), timeline.progress.posts)
        ended = True
    except (Cut, UserFailed):
        ended = False
    check(x, memory)
    return ended


def check(x: SimulatedX, memory: Memory) -> None:
    """What is missing lies above all that is covered, in a gap or in a lost stretch; and spans count what is in them."""
    if x.moment == "spooled":
        return  # the page is neither here nor lost: the next run writes it first
    record = memory.record("tw", USER)
    for span in record.spans:
        within = {one for one in x.truth if span.low < one <= span.high}
        assert within <= memory.ids, f"a hole: {sorted(within - memory.ids)} are missing in {span}"
        assert span.posts == len(within), f"{len(within)} posts, not {span.posts}"
    known = _counted(record)
    missing = {one for one in x.truth if one <= record.top} - memory.ids
    assert all(any(low < one <= high for low, high in known) for one in missing), "missing, and nobody says so"


def _counted(record: Record) -> list[tuple[int, int]]:
    return [(part.low, part.high) for part in (*record.gaps, *record.lost)]


def at_random(seed: int) -> Story:
    """A story out of a seed."""
    chance = random.Random(seed)
    trouble = chance.random()

    def odd() -> Odd:
        def maybe() -> bool:
            return chance.random() < trouble

        return Odd(
            keep=chance.choice((0, 1, 5, 12, 21, 50, 100)) if maybe() else 100,
            order=chance.choice(ORDERS) if maybe() else "newest",
            strays=chance.randint(0, 20) if maybe() else 0,
            old=chance.random() < 0.7,
            place=chance.choice((0, 50, 99, 100, 100)),
            doubles=chance.randint(0, 5) if maybe() else 0,
            repeat=maybe() and chance.random() < 0.3,
            untold=maybe() and chance.random() < 0.3,
            nameless=maybe() and chance.random() < 0.3,
            room=chance.choice((5, 12, 25, 50)) if maybe() and chance.random() < 0.3 else 100,
            grow=chance.randint(0, 4) if maybe() else 0,
            cut=chance.choice(CUTS) if chance.random() < 0.5 else "",
        )

    posts = chance.choice((chance.randint(0, 60), chance.randint(60, 260), chance.randint(260, 700)))
    story = Story(posts, tuple(odd() for _ in range(chance.randint(0, 14))), seed)
    if chance.random() < 0.2:
        wild = [replace(one, strays=3 * one.strays, cut="", repeat=False, untold=False) for one in story.odd]
        story = replace(story, odd=tuple(wild), strays=60)
    return replace(
        story,
        counted=chance.choice((None, 0, 0, 5, -5)),
        trailing=chance.random() < 0.3,
        steps=chance.random() < 0.5,
        bounds=() if story.strays > 20 else tuple(Bounds(*bound(chance)) for _ in range(chance.choice((0, 0, 1, 2, 6)))),
    )


def bound(chance: random.Random) -> tuple[int | None, int | None]:
    """`most` and `since`, one of them, both or neither."""
    most = chance.choice((None, 5, 7, 20, 21, 50, 102, 230, 310))
    return most, chance.choice((None, None, NOW - chance.randint(0, 400) * APART))

"""Searches without holes, whatever X's pages are like and whenever the run ends."""

from __future__ import annotations

import random

from netwar.coverage import Span, Stretch, join, uncovered
from netwar.records.ids import SNOWFLAKE_EPOCH, first_id
from netwar.search.reading import Wanted, read
from netwar.search.recent import Filled, reachable, window
from netwar.twitter.base import TransientError
from tests.randomly import SEED
from tests.search.simulated import NOW, Killed, SimulatedX

DAYS = 86_400_000
STORIES = 150


def posts(chance: random.Random, count: int) -> list[int]:
    return [first_id(NOW - chance.randrange(70_000, 5 * DAYS)) + chance.randrange(1 << 22) for _ in range(count)]


def test_whatever_happens_nothing_is_missing_that_is_told_to_be_complete() -> None:
    for story in range(STORIES):
        chance = random.Random(f"{SEED} {story}")
        x = SimulatedX(posts(chance, chance.choice([0, 1, 30, 400, 1_000])), chance)
        whole = Stretch(first_id(NOW - 6 * DAYS), first_id(NOW - 60_000) - 1)
        kept: set[int] = set()
        spans: tuple[Span, ...] = ()
        for _ in range(300):
            left = uncovered(whole, spans)
            if not left:
                break
            try:
                for found in read(x, Wanted("q", left[0].low, left[0].high), "brexit"):  # type: ignore[arg-type]
                    kept |= {int(post["id"]) for post in found.answer.page.posts}
                    if found.back:
                        parts = [(one, uncovered(Stretch(one.low, one.high), [found.back])) for one in spans]
                        spans = join(Span(part.low, part.high, 0) for one, each in parts for part in each)
                    spans = join((*spans, found.span)) if found.span else spans
                    lacking = [one for one in x.posts if one not in kept and any(s.low < one <= s.high for s in spans)]
                    assert not lacking, f"story {story}: told to be complete"
            except (Killed, TransientError):
                continue
        assert not uncovered(whole, spans), f"story {story} never ends"
        assert kept == set(x.posts)


def test_a_sound_search_buys_each_post_once() -> None:
    chance = random.Random(SEED)
    x = SimulatedX(posts(chance, 5_000), chance, odd=False, kills=0)
    for _ in read(x, Wanted("q", first_id(NOW - 6 * DAYS), first_id(NOW) - 1), "brexit"):  # type: ignore[arg-type]
        pass
    assert sorted(x.sold, reverse=True) == x.posts


def test_a_bound_that_grows_too_old_rises_and_what_lies_below_is_not_told_to_be_complete() -> None:
    chance = random.Random(SEED)
    old = [first_id(NOW - 7 * DAYS + second * 1_000) for second in range(1, 3_000)]
    x = SimulatedX(old, chance, odd=False, kills=0)
    spans = [found.span for found in read(x, Wanted("q", 0, first_id(NOW) - 1), "brexit") if found.span]  # type: ignore[arg-type]
    lowest = min(span.low for span in spans)
    assert first_id(NOW - 7 * DAYS) < lowest < first_id(NOW - 7 * DAYS + 300_000)
    assert {one for one in old if one > lowest} <= set(x.sold)


def test_a_time_is_filled_to_the_millisecond() -> None:
    for story in range(STORIES):
        chance = random.Random(f"{SEED} window {story}")
        crowded = [NOW - chance.randrange(100_000, 100_300) for _ in range(chance.choice([0, 5, 400, 900]))]
        x = SimulatedX([first_id(ms) + chance.randrange(1 << 22) for ms in crowded], chance)
        since, until = NOW - 100_250, NOW - 100_050
        left, kept = [Stretch(since, until)], set[int]()
        for _ in range(500):
            try:
                for filled in window(x, "q", left[-1].low, left[-1].high, index="brexit"):  # type: ignore[arg-type]
                    kept |= {int(post["id"]) for post in filled.answer.page.posts}
                    left = lacking(left, filled)
            except (Killed, TransientError):
                pass
            if not left:
                break
        assert not left
        assert {one for one in x.posts if since <= (one >> 22) + SNOWFLAKE_EPOCH < until} <= kept


def lacking(left: list[Stretch], filled: Filled) -> list[Stretch]:
    """What is left to fill after a page."""
    if filled.contradicted:
        left = [*left, filled.contradicted]
    if filled.complete:
        left = [part for one in left for part in uncovered(one, [Span(filled.complete.low, filled.complete.high, 0)])]
    return left


def test_what_recent_search_reaches_of_a_time() -> None:
    x = SimulatedX([], random.Random(SEED), odd=False)
    assert reachable(x, NOW - 2 * DAYS, NOW - DAYS) == Stretch(NOW - 2 * DAYS, NOW - DAYS)  # type: ignore[arg-type]
    some = reachable(x, 0, NOW + 1)  # type: ignore[arg-type]
    assert some is not None
    assert NOW - 7 * DAYS < some.low < NOW - 7 * DAYS + 120_001
    assert NOW - 61_000 < some.high < NOW - 59_000
    assert reachable(x, NOW - 9 * DAYS, NOW - 8 * DAYS) is None  # type: ignore[arg-type]

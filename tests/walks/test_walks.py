"""What pages prove, through thousands of runs that end anywhere."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.coverage import Record, Stretch
from netwar.errors import ServiceDown
from netwar.timelines.bounds import PAGE, SMALLEST_PAGE, UNBOUNDED, Bounds
from netwar.timelines.timeline import TimelineReader
from tests.randomly import SEED, randomly
from tests.walks.simulated import APART, CUTS, IN_DOUBT, LIMIT, ORDERS, USER, Memory, Odd, SimulatedX
from tests.walks.stories import Story, at_random, check, told

NOW = 1_700_000_000_000


odd = st.builds(
    Odd,
    keep=st.sampled_from((100, 50, 21, 12, 5, 1, 0)),
    order=st.sampled_from(ORDERS),
    strays=st.integers(0, 20),
    old=st.booleans(),
    place=st.sampled_from((100, 99, 50, 0)),
    doubles=st.integers(0, 5),
    repeat=st.booleans(),
    untold=st.booleans(),
    room=st.sampled_from((100, 100, 25, 5)),
    grow=st.integers(0, 4),
    cut=st.sampled_from(CUTS),
)
stories = st.builds(
    Story,
    posts=st.integers(0, 700),
    odd=st.lists(odd, max_size=12).map(tuple),
    seed=st.integers(0, 2**16),
    counted=st.sampled_from((None, 0, 5, -5)),
    trailing=st.booleans(),
    steps=st.booleans(),
)


@randomly()
@given(stories)
def test_whatever_ends_a_run_what_is_missing_is_known(story: Story) -> None:
    told(story)


def test_so_it_is_in_stories_at_random() -> None:
    """`python -m tests.walks --cases 100000` tells more of them."""
    for number in range(SEED, SEED + 150):
        told(at_random(number))


@randomly()
@given(st.integers(0, 180), st.lists(st.sampled_from(("", "written")), max_size=12))
def test_a_clean_cut_costs_at_most_twenty_posts_again(count: int, cuts: list[str]) -> None:
    x, _ = told(Story(count, tuple(Odd(cut=cut) for cut in cuts), SEED))
    assert x.served <= count + 20 * cuts.count("written")


def bounded(x: SimulatedX, memory: Memory, bounds: Bounds) -> bool:
    """A bounded run while X is plain; whether it left something for the sake of the bounds."""
    timeline = TimelineReader(x, memory.store, "story", USER, lambda page, progress: None, bounds)
    timeline.bring_up_to_date()
    check(x, memory)
    return timeline.bounded


def test_bounds_leave_a_gap_below_what_was_wished_for_and_nothing_else() -> None:
    for most in (5, 7, 20, 21, 99, 102, 204):
        x = SimulatedX(300, [], seed=1)
        memory = Memory(x, steps=False)
        assert bounded(x, memory, Bounds(most))
        assert memory.ids == set(x.truth[:most]), "no post more, and none is left out"
        assert [span.posts for span in memory.record("", USER).spans] == [most], "all that came is covered"
        assert len(memory.record("", USER).gaps) == 1
        served = x.served
        assert bounded(x, memory, Bounds(most))
        assert x.served == served, "what is covered is not asked for again"
        assert bounded(x, memory, Bounds(most + 50))
        assert len(memory.ids) == most + 50, "a wider bound goes on below"
        assert not bounded(x, memory, UNBOUNDED)
        assert memory.ids == set(x.truth)


def test_no_page_is_larger_than_the_bound_allows_nor_so_large_that_the_rest_would_be_too_small() -> None:
    for most in range(320):
        for fewer in (0, 1, 3, 99):  # than were asked for, on each page
            known, bounds = 0, Bounds(most)
            while size := bounds.page(known):
                assert SMALLEST_PAGE <= size <= min(PAGE, most - known)
                known += max(size - fewer, 1)
            assert most - known < SMALLEST_PAGE
            assert fewer or known == most or most < SMALLEST_PAGE


def test_where_x_ends_with_an_empty_page_all_within_the_bound_is_covered() -> None:
    x = SimulatedX(300, [], seed=1, trailing=True)
    memory = Memory(x, steps=False)
    assert bounded(x, memory, Bounds(50))
    assert [span.posts for span in memory.record("", USER).spans] == [50]


class Forgetful(SimulatedX):
    """An X that leaves out the oldest post of a stretch when it is asked for that a second time."""

    def _page(self, since: int, until: int | None, token: str | None, size: int, odd: Odd) -> tuple[list[int], str | None]:
        ids, further = super()._page(since, until, token, size, odd)
        return (ids[:-1], None) if self.asked == 2 else (ids, further)


def test_what_x_does_not_show_again_is_not_proved_by_the_bound() -> None:
    x = Forgetful(300, [], seed=1)
    memory = Memory(x, steps=False)
    assert bounded(x, memory, Bounds(50))
    assert len(memory.ids) == 50
    assert memory.record("", USER).gaps[-1].high >= x.truth[49]


def test_a_day_bounds_a_timeline_exactly() -> None:
    x = SimulatedX(150, [], seed=1)
    memory = Memory(x, steps=False)
    since = Bounds(since=NOW - 40 * APART)
    assert bounded(x, memory, since)
    assert memory.ids == {one for one in x.truth if one > since.floor}
    assert memory.record("", USER).gaps == (Stretch(0, since.floor),)
    assert not bounded(x, memory, Bounds(since=NOW - 500 * APART)) or memory.ids == set(x.truth)
    assert not bounded(x, memory, UNBOUNDED)
    assert memory.ids == set(x.truth)


def test_a_timeline_that_ends_within_its_bounds_is_whole() -> None:
    x = SimulatedX(30, [], seed=1)
    memory = Memory(x, steps=False)
    assert not bounded(x, memory, Bounds(most=100))
    assert memory.record("", USER).gaps == ()


def test_a_deep_timeline_is_whole_down_to_the_day_where_x_serves_what_is_older() -> None:
    x = SimulatedX(300, [], seed=1)
    memory = Memory(x, steps=False)
    with patch.multiple("netwar.timelines.timeline", DEPTH_IN_DOUBT=IN_DOUBT, DEPTH_BEYOND_DOUBT=LIMIT - 10):
        assert bounded(x, memory, since := Bounds(since=NOW - 250 * APART))
        assert (memory.record("", USER).gaps, memory.record("", USER).lost) == ((Stretch(0, since.floor),), ())


def test_a_deep_timeline_that_ends_above_the_day_has_lost_nothing() -> None:
    """X was asked about nothing older, and served as many posts as the profile counts."""
    x = SimulatedX(250, [], seed=1)
    memory = Memory(x, steps=False)
    with patch.multiple("netwar.timelines.timeline", DEPTH_IN_DOUBT=IN_DOUBT, DEPTH_BEYOND_DOUBT=LIMIT - 10):
        assert bounded(x, memory, since := Bounds(since=NOW - 400 * APART))
    assert memory.ids == set(x.truth)
    assert (memory.record("", USER).gaps, memory.record("", USER).lost) == ((Stretch(0, since.floor),), ())


class Unread(Memory):
    """A ledger that cannot be read once a page has come; documents can be written."""

    def record(self, index: str, user: str) -> Record:
        if self._x.asked:
            raise ServiceDown("the ledger is away")
        return super().record(index, user)


def test_a_page_is_kept_though_the_ledger_cannot_be_read_as_it_comes() -> None:
    """It is paid for; what it proves is not known then."""
    x = SimulatedX(30, (), SEED)
    memory = Unread(x, steps=False)
    timeline = TimelineReader(x, memory.store, "story", USER, lambda page, progress: None, UNBOUNDED)  # type: ignore[arg-type]
    with pytest.raises(ServiceDown):
        timeline.bring_up_to_date()
    assert memory.ids == {*x.truth}
    assert not Memory.record(memory, "story", USER).spans

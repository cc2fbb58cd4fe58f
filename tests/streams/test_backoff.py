"""Connecting again: X's series, and never more than it allows, whatever happens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwar.streams.backoff import CONNECTS, HEALTHY, WINDOW, BackOff, Trouble, until_allowed
from tests.randomly import randomly


def test_the_series_are_those_of_x() -> None:
    back_off = BackOff()
    assert [back_off.wait("network") for _ in range(4)] == [0, 0.25, 0.5, 0.75]
    assert [back_off.wait("network") for _ in range(100)][-1] == 16
    assert [back_off.wait("http") for _ in range(8)] == [5, 10, 20, 40, 80, 160, 320, 320]
    assert [back_off.wait("limited") for _ in range(3)] == [60, 120, 240]


def test_a_series_begins_anew_only_after_a_minute_of_life() -> None:
    back_off = BackOff()
    for _ in range(5):
        back_off.wait("network")
    back_off.lived(HEALTHY - 1)
    assert back_off.wait("network") == 1.25
    back_off.lived(HEALTHY)
    assert back_off.wait("network") == 0


@randomly(50)
@given(st.lists(st.tuples(st.sampled_from(["network", "http"]), st.integers(0, 90_000)), min_size=80, max_size=200))
def test_no_window_ever_sees_more_connects_than_x_allows(story: list[tuple[Trouble, int]]) -> None:
    back_off, now, connects = BackOff(), 0, list[int]()
    for trouble, lived in story:
        now += int(until_allowed(connects, now) * 1000)
        connects.append(now)
        back_off.lived(lived)
        now += lived + int(back_off.wait(trouble) * 1000)
    for first, last in zip(connects, connects[CONNECTS:], strict=False):
        assert last - first >= WINDOW


def test_connects_of_a_clock_that_was_far_ahead_do_not_count() -> None:
    assert until_allowed([10 * WINDOW] * CONNECTS, 0) == 0
    assert until_allowed([0] * CONNECTS, WINDOW) == 0
    assert until_allowed([0] * CONNECTS, 1000) > 899

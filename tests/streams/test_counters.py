"""Counts of a holder, which are told each second: those of the hour and the day are made once in ten."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwar.streams.counters import WIDTH, Counters
from tests.randomly import randomly


@randomly(100)
@given(steps=st.lists(st.tuples(st.sampled_from([0, 1, 9, 10, 61, 3599, 3600, 40_000, 86_400]), st.integers(0, 9)), max_size=30))
def test_posts_of_the_last_minute_hour_and_day_are_those_that_came_then(steps: list[tuple[int, int]]) -> None:
    now, came = 5, list[tuple[int, int]]()
    counters = Counters({}, lambda: now)
    for seconds, posts in steps:
        now += seconds
        counters.came({"cats": posts}, now)
        came.append((now // WIDTH, posts))
        told = counters.state("cats", "running")
        wanted = [sum(count for at, count in came if at > now // WIDTH - long // WIDTH) for long in (60, 3600, 86_400)]
        assert [told.minute, told.hour, told.day] == wanted
        assert told.posts == sum(count for _, count in came)

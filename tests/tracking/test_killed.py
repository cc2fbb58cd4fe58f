"""Tracking goes on whoever is killed, and wherever the next run is."""

from __future__ import annotations

from tests.redis_server import Redis
from tests.tracking.desk import Lists
from tests.tracking.killed import killed


def test_killed_again_and_again_on_two_hosts_nothing_is_missing_and_each_round_is_begun_once(lists: Lists, redis: Redis) -> None:
    story = killed(lists, redis, kills=10)
    assert story.begun()

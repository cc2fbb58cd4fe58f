"""Tracking goes on whoever is killed, and wherever the next run is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.redis_server import Redis
from tests.tracking.desk import Lists
from tests.tracking.killed import OFTEN, killed

pytestmark = pytest.mark.long


def test_on_two_hosts_nothing_is_missing_and_each_round_is_begun_once(observer_of: Callable[..., Lists], redis: Redis) -> None:
    story = killed(observer_of(OFTEN), redis, kills=10)
    assert story.rounds()

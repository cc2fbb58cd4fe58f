"""Captures whose holder is killed again and again: the short form of python -m tests.streams.killed."""

from __future__ import annotations

import pytest

from tests.desk import Desk, Sandbox
from tests.streams.hurrying import Killed
from tests.streams.killed import killed

pytestmark = pytest.mark.long


def test_what_is_missing_lies_in_gaps_however_often_the_holder_is_killed(desk: Desk, sandbox: Sandbox) -> None:
    desk.configure(sandbox.url, budget=100_000, maxcpu=100, maxmem=100)
    story = Killed(desk, sandbox)
    story.hurry(60)
    told = killed(story, 2, seconds=150, rate=1, last=60)
    assert told.recorded > 20

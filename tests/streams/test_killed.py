"""Captures whose holder is killed again and again: the short form of python -m tests.streams.killed."""

from __future__ import annotations

from tests.desk import Desk, Sandbox
from tests.streams.killed import SLACK, Killed, killed


def test_what_is_missing_lies_in_gaps_however_often_the_holder_is_killed(desk: Desk, sandbox: Sandbox) -> None:
    desk.configure(sandbox.url, budget=100_000, maxcpu=100, maxmem=100)
    story = Killed(desk, sandbox)
    story.hurry(60)
    told = killed(story, 2, seconds=2.5, rate=1)
    assert told["recorded"] > 20
    assert told["longest"] < SLACK + 1_500 * story.speed, "beside what the machine takes to do anything at all"

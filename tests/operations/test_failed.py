"""tw-failed: who was set aside is shown, tried again, or dropped."""

from __future__ import annotations

import json

from netwar.connections.runs import Run
from netwar.queues.base import MAX_FAILURES, UserFailed
from netwar.queues.sqlite import SqliteQueue
from tests.desk import Desk


def test_shown_tried_again_and_dropped(desk: Desk) -> None:
    desk.configure(data=desk.home / "data")
    queue = SqliteQueue(desk.home / "data/queues.sqlite", "work", Run(desk.home / "data/runs"))
    queue.put(["nasa", "11", "12", "13"])
    for _ in range(4 * MAX_FAILURES):
        claim = queue.take(1)
        assert claim
        with claim:
            raise UserFailed("X says\nno")
    queue.put(["99"])
    ended = desk.run("tw-failed", check=0)
    assert ended.stdout.splitlines()[:1] == ["11\t5 times: X says no"] or "nasa\t5 times: X says no" in ended.stdout
    assert "4 users of work were set aside" in ended.stderr
    told = [json.loads(line) for line in desk.run("tw-failed", "work", "nasa", "--json", check=0).stdout.splitlines()]
    assert told == [{"user": "nasa", "times": MAX_FAILURES, "reason": "X says no"}]
    assert "4 users of the queue work were set aside: tw-failed work" in desk.run("tw-status", check=1).stdout
    assert "1 user put on work again, 2 waiting" in desk.run("tw-failed", "work", "NASA", "--retry", check=0).stderr
    assert "not set aside: 99" in desk.run("tw-failed", "work", "99", "--drop", "--yes", check=1).stderr
    assert desk.run("tw-failed", "work", "--drop", check=2).stdout == "", "nobody can be asked here"
    assert desk.run("tw-failed", "work", "11", "--drop", "--yes", check=0).stdout == "dropped\t11\tX says no\n"
    assert "different things" in desk.run("tw-failed", "--retry", "--drop", check=2).stderr
    desk.run("tw-failed", "work", "--retry", check=0)
    assert (sorted(queue.waiting()), queue.failed()) == (["12", "13", "99", "nasa"], [])
    desk.run("tw-status", check=0)
    queue.close()

"""All queues and rosters at a glance, whatever keeps them."""

from __future__ import annotations

from contextlib import closing

from netwar.connections.runs import Run
from netwar.queues.base import MAX_FAILURES, UserFailed
from netwar.queues.overview import QueueState
from tests.contract.opening import SetClock, open_overview, open_queue, open_roster, redis_at


def test_names_counts_and_how_long_the_next_has_waited(where: str, run: Run, clock: SetClock) -> None:
    with closing(open_overview(where, clock)) as overview:
        assert (overview.queues(), overview.rosters()) == ([QueueState("usertest"), QueueState("work")], [])
    queue, weekly = (open_queue(where, run, name, clock) for name in ("work", "weekly"))
    open_roster(where, run, clock=clock).fresh(["7", "8"], "1", 5)
    if server := redis_at(where):
        from netwar.queues import redis_overview

        redis_overview.used(server, "weekly")
        redis_overview.tracked(server, "12", "brexit")
    queue.put(["1"])
    for _ in range(MAX_FAILURES):
        claim = queue.take(1)
        assert claim
        with claim:
            raise UserFailed("no")
    queue.put(["2", "3", "4"])
    claim = queue.take(1)
    assert claim
    assert claim.also("@2"), "who is one user still"
    weekly.put(["5"])
    clock.now += 90
    with closing(open_overview(where, clock)) as overview:
        found = {one.name: one for one in overview.queues()}
        assert sorted(found) == ["usertest", "weekly", "work"]
        assert (found["work"].waiting, found["work"].claimed, found["work"].failed) == (2, 1, 1)
        assert 89 <= found["work"].oldest <= 91
        assert found["weekly"].waiting == 1
        assert overview.rosters() == [("12", "brexit")]

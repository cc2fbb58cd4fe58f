"""Servers that go away under eight workers: nothing is lost, nothing is recorded twice, and queue, archive and meter agree."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers.fixtures import on
from tests.team.conftest import Team

WORLD = """
[world]
users = 40
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
prolific = 0
silent = 0
most_posts = 140

[[faults]]
endpoint = "/2/users/:id/tweets"
kind = "slow"
seconds = 1.5
times = 0
"""
OUTAGE = 30.0
RESTARTS = 10


def cron(team: Team, config: Path) -> list[int]:
    """What cron does, every five seconds instead of each minute: run it again until the queue is empty. How the runs ended."""
    statuses: list[int] = []
    while 0 not in statuses and len(statuses) < 60:
        time.sleep(5 if statuses else 0)
        ended = team.run("tw-idu3elk", "team", "-q", "--config", config, check=None)
        assert ended.status in (0, 69), ended
        statuses.append(ended.status)
    return statuses


@on("es953-sec")
def test_elasticsearch_is_away_for_half_a_minute_and_redis_is_killed_ten_times(team: Callable[..., Team]) -> None:
    one = team(WORLD)
    users = one.users()
    one.queue(user["id"] for user in users)
    configs = [one.account(one.desk.home / f"account{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        workers = [threads.submit(cron, one, config) for config in configs]
        while len(one.log()) < 24:
            time.sleep(0.1)
        one.server.kill()
        began = time.monotonic()
        for restart in range(RESTARTS):
            time.sleep(max(0, began + restart * OUTAGE / RESTARTS - time.monotonic()))
            one.redis.server.kill()
            one.redis.server.start()
        time.sleep(max(0, began + OUTAGE - time.monotonic()))
        one.server.start()
        told = [worker.result(240) for worker in workers]
    assert all(0 in statuses for statuses in told), told
    assert any(69 in statuses for statuses in told), "the outage was met"
    one.has_recorded_what_is_true("team")
    one.has_spooled_nothing()
    bill = one.bill()
    assert one.spent() == bill["micro"]
    pages = [(line["path"], line["parameters"].get("until_id"), line["parameters"].get("pagination_token")) for line in one.log()]
    first = [path for path, until, token in pages if path.endswith("/tweets") and not (until or token)]
    assert len(first) <= len(users) + 8 * RESTARTS, "hardly anybody was asked for twice"

"""Servers that go away under eight workers: nothing is lost, nothing is recorded twice, and queue, archive and meter agree."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.desk import BIN
from tests.servers.fixtures import on
from tests.team.conftest import Team

WORLD = """
[world]
users = 110
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
prolific = 0
silent = 0

[[faults]]
endpoint = "/2/users/:id/tweets"
kind = "slow"
seconds = 1.5
times = 0
"""
OUTAGE = 60.0
RESTARTS = 10

# What cron does, every three seconds instead of each minute: run it again until the queue is empty.
CRON = """
import subprocess, sys, time
while True:
    ended = subprocess.run(sys.argv[1:], stderr=subprocess.PIPE, text=True)
    print(ended.returncode, ended.stderr.strip().splitlines()[-1:], flush=True)
    if ended.returncode == 0:
        break
    assert ended.returncode == 69, ended.stderr
    time.sleep(3)
"""


def cron(team: Team, config: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CRON, sys.executable, str(BIN / "tw-idu3elk"), "team", "-q", "--config", str(config)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=team.desk.environment, cwd=team.desk.home, stdout=pipe, stderr=pipe, text=True)


@on("es953-sec")
def test_elasticsearch_is_away_for_a_minute_and_redis_is_killed_ten_times(team: Callable[..., Team]) -> None:
    one = team(WORLD)
    users = one.users()
    one.queue(user["id"] for user in users)
    workers = [cron(one, one.account(one.desk.home / f"account{number}")) for number in range(8)]
    while len(one.log()) < 24:
        time.sleep(0.1)
    one.server.kill()
    began = time.monotonic()
    for restart in range(RESTARTS):
        while time.monotonic() - began < restart * OUTAGE / RESTARTS:
            time.sleep(0.1)
        one.redis.server.kill()
        one.redis.server.start()
    while time.monotonic() - began < OUTAGE:
        time.sleep(0.1)
    one.server.start()
    told = [worker.communicate(timeout=240) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 8, told
    assert any("69" in said for said, _ in told), "the outage was met"
    one.has_recorded_what_is_true("team")
    one.has_spooled_nothing()
    bill = one.bill()
    assert one.spent() == bill["micro"]
    pages = [(line["path"], line["parameters"].get("until_id"), line["parameters"].get("pagination_token")) for line in one.log()]
    first = [path for path, until, token in pages if path.endswith("/tweets") and not (until or token)]
    assert len(first) <= len(users) + 8 * RESTARTS, "hardly anybody was asked for twice"

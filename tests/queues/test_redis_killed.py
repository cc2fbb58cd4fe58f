"""A Redis that is killed with -9 over and over under many workers: nobody is lost, nobody is handed out twice, no cent is off."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from netwar.config import Settings
from netwar.connections.redis import connect
from netwar.errors import ServiceDown
from tests.contract.opening import new_run, open_money, open_queue, place, processes
from tests.redis_server import RedisServer, free_port, short_folder
from tests.servers.fixtures import skip_without
from tests.shipped_redis import ShippedRedis, shipped_redis

DAY = date(2026, 11, 23)
POST = 5_000
BUDGET = 10**9

WORKER = """
import sys
from datetime import UTC, datetime
from contextlib import suppress
from netwar.errors import LeaseLost
from netwar.meter.base import Purpose
run = new_run(sys.argv[1])
queue, money = open_queue(sys.argv[1], run), open_money(sys.argv[1], run, 10**9)
print("ready", flush=True)
sys.stdin.readline()
for claim in claims(queue):
    with suppress(LeaseLost), claim:
        reservation = money.reserve(f"page of {claim.user}", {"post": 5}, Purpose("tw", "index"))
        claim.renew()
        posts = [("post", f"{claim.user}-{number}") for number in range(3)]
        money.settle(reservation, posts, datetime(2026, 11, 23, 12, tzinfo=UTC))
        print(claim.user, flush=True)
"""


@pytest.fixture
def durable() -> Iterator[ShippedRedis]:
    """The server of conf/redis."""
    with shipped_redis() as redis:
        yield redis


def test_it_is_killed_and_started_again_under_8_workers(durable: ShippedRedis, tmp_path: Path) -> None:
    where = place("redis-tls", tmp_path, durable, database=1)
    queue, money = open_queue(where, new_run(where)), open_money(where, new_run(where), BUDGET)
    everybody = [str(number) for number in range(200)]
    queue.put(everybody)
    with processes(8, WORKER, where) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        for left in (170, 135, 100, 65, 30):
            while len(queue) > left:
                time.sleep(0.002)
            durable.server.kill()
            durable.server.start()
        handed = [user for worker in workers for user in worker.end()]
    assert sorted(handed, key=int) == everybody
    assert (len(queue), queue.claimed(), queue.failed(), money.reserved()) == (0, [], [], 0)
    assert money.spent(DAY) == 3 * POST * len(everybody)
    [charge] = money.charges()
    assert (charge.objects, charge.free) == (3 * len(everybody), 0)


def test_what_a_server_reads_when_it_starts_is_waited_for(durable: ShippedRedis, tmp_path: Path) -> None:
    """It answers at once, and says that it is not ready yet."""
    where = place("redis-tls", tmp_path, durable, database=1)
    queue = open_queue(where, new_run(where))
    queue.put(str(number) for number in range(10**17, 10**17 + 100_000))
    for _ in range(3):
        durable.server.kill()
        durable.server.start(ready=False)
        assert len(queue) == 100_000
        durable.server.kill()
        durable.server.start(ready=False)
        connect(Settings(**durable.settings())).close()


class Watched(NamedTuple):
    """A master and its replica, and a Sentinel that watches them."""

    master: RedisServer
    replica: RedisServer
    sentinel: RedisServer


@pytest.fixture
def watched() -> Iterator[Watched]:
    skip_without("redis-tls")
    with ExitStack() as stack:

        def started(*lines: str, options: tuple[str, ...] = ()) -> RedisServer:
            server = RedisServer(stack.enter_context(short_folder()), *lines, options=options)
            stack.callback(server.kill)
            return server.start()

        master = started("appendonly yes", "repl-diskless-sync-delay 0")
        replica = started("appendonly yes", f"replicaof 127.0.0.1 {master.port}")
        rules = ("down-after-milliseconds netwar 300", "failover-timeout netwar 2000")
        monitor = f"sentinel monitor netwar 127.0.0.1 {master.port} 1"
        yield Watched(master, replica, started(monitor, *(f"sentinel {rule}" for rule in rules), options=("--sentinel",)))


def test_when_the_master_dies_the_work_goes_on_with_the_replica(
    watched: Watched, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What the replica had not heard of yet is done once more: nobody is lost."""
    url = f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{watched.sentinel.port}/netwar"
    (tmp_path / "redis.json").write_text(json.dumps({"redisurl": url}))
    where = f"redis:{tmp_path}"
    queue = open_queue(where, new_run(where))
    everybody = [str(number) for number in range(150)]
    with watched.sentinel.admin() as sentinel:
        while not sentinel.sentinel_slaves("netwar"):
            time.sleep(0.01)
    queue.put(everybody)
    assert not caplog.records, "a replica has them"
    with processes(4, WORKER, where) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        while len(queue) > 100:
            time.sleep(0.002)
        watched.master.kill()
        handed = [user for worker in workers for user in worker.end()]
    assert sorted(set(handed), key=int) == everybody
    assert len(handed) - len(everybody) <= 4 * len(workers)
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])
    queue.put(["alone"])
    assert "no replica has confirmed them" in caplog.records[-1].getMessage()
    with watched.replica.admin() as replica:
        assert replica.info("replication")["role"] == "master"


def test_a_master_that_no_sentinel_knows_is_told(watched: Watched) -> None:
    with pytest.raises(
        ServiceDown, match=r"Redis at other \(Sentinels .*\) does not answer \(no Sentinel knows a master of that name"
    ):
        connect(Settings(redisurl=f"redis+sentinel://127.0.0.1:{watched.sentinel.port}/other"))

"""The Redis of conf/redis keeps queue and spending when it is stopped, and when it is killed; nobody else comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import AuthenticationError

from netwar.config import Settings
from netwar.connections.redis import connect
from netwar.connections.runs import Run
from netwar.meter.base import Purpose
from netwar.meter.redis import RedisMoney, RedisWindows
from netwar.queues.base import UserFailed
from netwar.queues.redis import RedisQueue
from tests.contract.opening import claims
from tests.servers.redis_program import OLDEST, VALKEY
from tests.shipped_redis import ShippedRedis, packaged, shipped_redis

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
QUEUES = ("work", "usertest", "weekly")


@pytest.fixture(params=["Debian's", OLDEST, VALKEY])
def shipped(request: pytest.FixtureRequest) -> Iterator[ShippedRedis]:
    with shipped_redis(None if request.param == "Debian's" else packaged(request.param)) as running:
        yield running


def work(shipped: ShippedRedis, run: Run) -> None:
    """Leave something of everything there is: who waits, is worked on, failed; money spent and set aside; a rate window."""
    with closing(connect(Settings(**shipped.settings()))) as server:
        for name in QUEUES:
            queue = RedisQueue(server, name, run)
            queue.put(map(str, range(10)))
            for claim in claims(queue, limit=1):
                with claim:
                    pass
            for claim in claims(queue, size=9):  # until all are set aside
                with claim:
                    raise UserFailed("does not answer")
            queue.put(["nasa", "esa"])
            assert queue.take(1)
        money = RedisMoney(server, "app", run, 10**9)
        money.settle(money.reserve("a page", {"post": 5}, Purpose("tw", "index")), [("post", "1"), ("post", "2")], NOON)
        money.reserve("another", {"post": 5}, Purpose("tw", "index"))
        RedisWindows(server).update("token", "timeline", limit=900, remaining=7, reset=NOON.timestamp())


def seen(shipped: ShippedRedis, run: Run) -> list[Any]:
    """All of that."""
    with closing(connect(Settings(**shipped.settings()))) as server:
        queues = [RedisQueue(server, name, run) for name in QUEUES]
        money = RedisMoney(server, "app", run, 10**9)
        told = [(list(one.waiting()), [claim.user for claim in one.claimed()], one.failed()) for one in queues]
        return [told, money.spent(NOON.date()), money.reserved(), money.charges(), len(RedisWindows(server).windows("token")[0])]


def test_it_keeps_everything_however_it_ends(shipped: ShippedRedis, tmp_path: Path) -> None:
    run = Run(tmp_path / "runs")
    work(shipped, run)
    before = seen(shipped, run)
    (waiting, claimed, failed), *_ = before[0]
    assert (waiting, claimed, len(failed), before[1]) == (["esa"], ["nasa"], 9, 10_000)
    for end in (shipped.server.process.stop, shipped.server.kill):
        end()
        shipped.server.start()
        assert seen(shipped, run) == before, shipped.log
    with shipped.server.admin() as admin:
        admin.bgrewriteaof()
        while admin.info("persistence")["aof_rewrite_in_progress"] or admin.info("persistence")["aof_rewrite_scheduled"]:
            pass
    work(shipped, run)
    before = seen(shipped, run)
    shipped.server.kill()
    shipped.server.start()
    assert seen(shipped, run) == before, "steps that stand behind what was rewritten"
    assert "NOPERM" not in shipped.log
    run.end()


def test_a_stranger_is_asked_for_a_password_before_and_after(shipped: ShippedRedis) -> None:
    for _ in range(2):
        for user, password in ((None, None), ("default", ""), ("default", "default"), ("netwar", ""), ("netwar-ro", "CHANGE-ME")):
            with shipped.server.client() as stranger, pytest.raises(AuthenticationError):
                stranger.execute_command(*(("AUTH", user, password) if user else ("PING",)))
        shipped.server.kill()
        shipped.server.start()

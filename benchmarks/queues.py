#!/usr/bin/env python3
"""Queue and meter, SQLite beside Redis: how long a long list takes to put, and how many steps a second there are.

    python -m benchmarks.queues [--users 1000000] [--steps 2000]

A redis-server is started with the settings of conf/redis (each step on the disk before it is acknowledged, as in SQLite), and
with appendfsync everysec for comparison; without one installed only SQLite is measured. A claim is taken, renewed and done; a
page is reserved and settled with 300 objects. Back ends take turns, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from netwar.config import Settings
from netwar.connections.redis import Server, connect
from netwar.connections.runs import Run
from netwar.errors import ServiceDown
from netwar.meter.base import Money, Purpose
from netwar.meter.redis import RedisMoney
from netwar.meter.sqlite import SqliteMoney
from netwar.queues.base import Queue
from netwar.queues.redis import RedisQueue
from netwar.queues.sqlite import SqliteQueue

DURABLE = ["appendonly yes", 'save ""', "maxmemory-policy noeviction"]
BUDGET = 10**15
AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
TURNS = 10


@contextmanager
def redis(fsync: str) -> Iterator[Server]:
    """A server on a socket of its own."""
    with tempfile.TemporaryDirectory(prefix="tw-", dir="/tmp") as folder:
        lines = [*DURABLE, "port 0", f"unixsocket {folder}/s", f"dir {folder}", f"appendfsync {fsync}"]
        (conf := Path(folder, "redis.conf")).write_text("\n".join(lines) + "\n")
        with subprocess.Popen(["redis-server", str(conf)], stdout=subprocess.DEVNULL) as process:
            try:
                yield started(Settings(redishost=f"{folder}/s"))
            finally:
                process.kill()


def started(settings: Settings) -> Server:
    """A connection to a server that is about to be there."""
    until = time.monotonic() + 10
    while True:
        try:
            return connect(settings)
        except ServiceDown:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def seconds(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def claims(queue: Queue, count: int) -> None:
    for _ in range(count):
        claim = queue.take(1)
        assert claim
        with claim:
            claim.renew()


def pages(money: Money, count: int, began: int) -> None:
    for page in range(began, began + count):
        reservation = money.reserve(f"page {page}", {"post": 300}, Purpose("benchmark", "none"))
        money.settle(reservation, [("post", str(10**18 + 300 * page + number)) for number in range(300)], AT)


@dataclass(frozen=True)
class BackEnd:
    """Where queue and meter are, and how much room they take, in bytes."""

    name: str
    queue: Queue
    money: Money
    size: Callable[[], int]

    def put(self, users: list[str]) -> None:
        self.queue.put(users)

    def list(self) -> None:
        assert sum(1 for _ in self.queue.waiting()) == len(self.queue)


def back_ends(stack: ExitStack) -> Iterator[BackEnd]:
    """SQLite, and Redis where it is installed."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    run = Run(folder / "runs")
    file = folder / "queues.sqlite"
    money = SqliteMoney(folder / "meter.sqlite", "app", run, BUDGET)
    yield BackEnd("SQLite", SqliteQueue(file, "work", run), money, lambda: file.stat().st_size)
    if not shutil.which("redis-server"):
        print("redis-server is not installed: only SQLite is measured", file=sys.stderr)
        return
    for fsync in ("always", "everysec"):
        server = stack.enter_context(redis(fsync))
        size = partial(memory, server)
        yield BackEnd(f"Redis, {fsync}", RedisQueue(server, "work", run), RedisMoney(server, "app", run, BUDGET), size)


def memory(server: Server) -> int:
    return int(server.info("memory")["used_memory"])


def measured(ends: list[BackEnd], users: int, steps: int) -> Iterator[tuple[str, list[str]]]:
    """Rows of the table."""
    ids = [str(10**18 + 7_919 * number) for number in range(users)]
    yield f"put {users:,} users, s", [f"{seconds(partial(end.put, ids)):.1f}" for end in ends]
    yield "what they take, MB", [f"{end.size() / 1e6:,.0f}" for end in ends]
    yield "put them again, s", [f"{seconds(partial(end.put, ids)):.1f}" for end in ends]
    yield "list them, s", [f"{seconds(end.list):.1f}" for end in ends]
    claimed, paid = [0.0 for _ in ends], [0.0 for _ in ends]
    for turn in range(TURNS):
        for at, end in enumerate(ends):
            claimed[at] += seconds(partial(claims, end.queue, steps // TURNS))
            paid[at] += seconds(partial(pages, end.money, steps // TURNS, turn * steps))
    yield "claims taken, renewed and done, /s", [f"{steps / took:,.0f}" for took in claimed]
    yield "pages reserved and settled, /s", [f"{steps / took:,.0f}" for took in paid]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=2_000)
    options = parser.parse_args()
    with ExitStack() as stack:
        ends = list(back_ends(stack))
        print(f"{'':<38}" + "".join(f"{end.name:>18}" for end in ends))
        for what, figures in measured(ends, options.users, options.steps):
            print(f"{what:<38}" + "".join(f"{figure:>18}" for figure in figures), flush=True)


if __name__ == "__main__":
    main()

"""The back ends of queue, captures and meter, opened alike here and in the processes that a test starts.

`where` is "KIND:ADDRESS", such as sqlite:/tmp/x: a back end and a place of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from netwar.board.base import Board
from netwar.captures.base import Captures
from netwar.connections.runs import Run
from netwar.meter.base import Apps, Money, Windows
from netwar.queues.base import Claim, Queue
from netwar.queues.overview import Overview
from netwar.queues.roster import Roster
from tests import forked

if TYPE_CHECKING:
    from netwar.connections.redis import Server
    from tests.redis_server import Redis
    from tests.shipped_redis import ShippedRedis

ROOT = Path(__file__).parent.parent.parent
DATABASES = count(1)
NOW = 1_800_000_000.0  # by the clock of tests that set it

Clock = Callable[[], float]


class SetClock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def place(kind: str, folder: Path, redis: Redis | ShippedRedis | None = None, database: int | None = None) -> str:
    """A place for a back end of this kind: with Redis, a fresh database, or one that hosts share."""
    if redis:
        settings = redis.settings(kind, next(DATABASES) if database is None else database)
        (folder / "redis.json").write_text(json.dumps(settings, default=str))
    return f"{kind}:{folder}"


def new_run(where: str) -> Run:
    """A run as a process of its own would have it."""
    return Run(_folder(where) / "runs")


def open_queue(where: str, run: Run, name: str = "work", clock: Clock | None = None) -> Queue:
    if server := redis_at(where):
        from netwar.queues.redis import RedisQueue

        return RedisQueue(server, name, run, clock)
    from netwar.queues.sqlite import SqliteQueue

    return SqliteQueue(_folder(where) / "queues.sqlite", name, run, clock)


def open_roster(where: str, run: Run, observer: str = "12", index: str = "brexit", clock: Clock | None = None) -> Roster:
    if server := redis_at(where):
        from netwar.queues.redis_roster import RedisRoster

        return RedisRoster(server, observer, index, run, clock)
    from netwar.queues.sqlite_roster import SqliteRoster

    return SqliteRoster(_folder(where) / "queues.sqlite", observer, index, run, clock)


def open_captures(where: str, run: Run, app: str = "app", clock: Clock | None = None) -> Captures:
    if server := redis_at(where):
        from netwar.captures.redis import RedisCaptures

        return RedisCaptures(server, app, run, clock)
    from netwar.captures.sqlite import SqliteCaptures

    return SqliteCaptures(_folder(where) / "streams.sqlite", app, run, clock)


def open_board(where: str, clock: Clock | None = None) -> Board:
    if server := redis_at(where):
        from netwar.board.redis import RedisBoard

        return RedisBoard(server, clock)
    from netwar.board.sqlite import SqliteBoard

    return SqliteBoard(_folder(where) / "board.sqlite", clock)


def open_overview(where: str, clock: Clock | None = None) -> Overview:
    if server := redis_at(where):
        from netwar.queues.redis_overview import RedisOverview

        return RedisOverview(server, clock)
    from netwar.queues.sqlite_overview import SqliteOverview

    return SqliteOverview(_folder(where) / "queues.sqlite", clock)


def claims(queue: Queue, limit: int | None = None, size: int = 1) -> Iterator[Claim]:
    """Claims until nobody waits or `limit` users were handed out."""
    handed = 0
    while limit is None or handed < limit:
        claim = queue.take(size if limit is None else min(size, limit - handed))
        if claim is None:
            return
        handed += len(claim.users)
        yield claim


def open_money(where: str, run: Run, budget: int, app: str = "app", clock: Clock | None = None, config: str = "") -> Money:
    if server := redis_at(where):
        from netwar.meter.redis import RedisMoney

        return RedisMoney(server, app, run, budget, clock, config=config)
    from netwar.meter.sqlite import SqliteMoney

    return SqliteMoney(_folder(where) / "meter.sqlite", app, run, budget, clock, config=config)


def open_apps(where: str) -> Apps:
    if server := redis_at(where):
        from netwar.meter.redis import RedisApps

        return RedisApps(server)
    from netwar.meter.sqlite import SqliteApps

    return SqliteApps(_folder(where) / "meter.sqlite")


def open_windows(where: str, clock: Clock | None = None) -> Windows:
    if server := redis_at(where):
        from netwar.meter.redis import RedisWindows

        return RedisWindows(server, clock)
    from netwar.meter.sqlite import SqliteWindows

    return SqliteWindows(_folder(where) / "meter.sqlite", clock)


@cache
def redis_at(where: str) -> Server | None:
    """One connection for each place and process."""
    if not where.startswith("redis"):
        return None
    from netwar.config import Settings
    from netwar.connections.redis import connect

    written = json.loads((_folder(where) / "redis.json").read_text())
    if "redisca" in written:
        written["redisca"] = Path(written["redisca"])
    return connect(Settings(**written))


def _folder(where: str) -> Path:
    return Path(where.partition(":")[2])


class Process:
    """A Python process that a test talks to by lines."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen

    def says(self) -> str:
        """The next line of its output."""
        assert self.popen.stdout
        return self.popen.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it read a line."""
        assert self.popen.stdin
        self.popen.stdin.write("go\n")
        self.popen.stdin.flush()

    def kill(self) -> None:
        """kill -9"""
        self.popen.kill()
        self.popen.wait()

    def end(self) -> list[str]:
        """The rest of its output once it has ended well."""
        out, err = self.popen.communicate(timeout=120)
        assert self.popen.returncode == 0, err
        return out.splitlines()


@contextmanager
def processes(count: int, script: str, *args: Any, under: Sequence[str] = ()) -> Iterator[list[Process]]:
    """Start a script several times, with `args` as sys.argv[1:], in forks, or `under` a command that runs another one;
    whatever is left of them is killed at the end."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with ExitStack() as stack:
        file = Path(stack.enter_context(TemporaryDirectory())) / "script.py"
        file.write_text("from tests.contract.opening import *\n" + script)
        command = [str(file), *map(str, args)]
        started = []
        for _ in range(count):
            popen = _under(under, command, environment) if under else forked.Popen(command, environment, ROOT)
            stack.enter_context(popen)
            stack.callback(popen.kill)
            started.append(Process(popen))
        yield started


def _under(under: Sequence[str], command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    whole = [*under, sys.executable, *command]
    return subprocess.Popen(whole, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)

"""Two hosts that share a Redis and an archive, with three processes that record: one holds the connection, two wait."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import redis

from tests.desk import Desk
from tests.redis_server import RedisServer
from tests.servers import redis_program
from tests.streams.hurrying import Killed

HURRIED = Path(__file__).with_name("hurried.c")
AWAY = 600  # seconds of the sandbox for which the archive takes nothing
RESTART = 20  # those for which Redis is away


class HurriedRedis:
    """A Redis whose clock is as fast as the story's: leases run by it."""

    def __init__(self, story: Killed, folder: Path) -> None:
        library, program = folder / "hurried.so", folder / "hurried-redis"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, HURRIED], check=True)
        told = f"HURRIED_SINCE={story.since} HURRIED_SPEED={story.speed} LD_PRELOAD={library}"
        program.write_text(f'#!/bin/sh\nexec env {told} {redis_program.find()} "$@"\n')
        program.chmod(0o755)
        lines = ('save ""', "appendonly yes", "appendfsync everysec")
        self.server = RedisServer(folder, *lines, program=program)

    def start(self) -> None:
        self.server.start()

    def stop(self) -> None:
        """The clean way."""
        with self.server.admin() as admin, suppress(redis.RedisError):
            admin.shutdown()
        self.server.kill()


@contextmanager
def hurried_redis(story: Killed) -> Iterator[HurriedRedis]:
    with TemporaryDirectory(prefix="tw-redis-", dir="/tmp") as folder:
        made = HurriedRedis(story, Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.server.kill()


class Hosts:
    """The desks, and who records there. Who ends is begun anew, as a supervisor would."""

    def __init__(self, story: Killed, redis: HurriedRedis, other: Desk) -> None:
        self._story, self._redis = story, redis
        self._places = [story.desk, story.desk, other]
        self._working: list[BaseProcess] = []
        self._locks: list[sqlite3.Connection] = []
        self._unlock = self._restart = self._away = 0
        self.crashed = 0

    @classmethod
    @contextmanager
    def of(cls, story: Killed, redis: HurriedRedis, other: Path, settings: dict[str, Any]) -> Iterator[Hosts]:
        """Two hosts with one archive, whose processes end with the block."""
        other.mkdir()
        desk = Desk(other)
        settings = {**settings, "redishost": "127.0.0.1", "redisport": redis.server.port}
        first = story.desk.configure(story.sandbox.url, **settings)
        (other / ".twitter").touch(mode=0o600)
        (other / ".twitter").write_text(first.read_text())
        data = ".local/share/netwar"
        (other / data).mkdir(parents=True)
        (story.desk.home / data / "archive").mkdir(parents=True)
        (other / data / "archive").symlink_to(story.desk.home / data / "archive")
        hosts = cls(story, redis, desk)
        try:
            yield hosts
        finally:
            for one in hosts._working:
                one.kill()
                one.join()

    def staff(self) -> None:
        self._working = [self._story.record(desk) for desk in self._places]

    def wait(self, seconds: float) -> None:
        """So many seconds of the sandbox, in which what ended is begun anew, and what was away comes back."""
        until = self._story.now + seconds * 1000
        while self._story.now < until:
            self._tend()
            time.sleep(0.1)

    def kill_holder(self) -> None:
        """kill -9, once somebody holds and is connected."""
        while (number := self._holding()) is None:
            self.wait(1)
        self._story.deaths.append(self._story.now)
        self._working[number].kill()
        self._working[number].join()
        self._story.kills += 1
        self._working[number] = self._story.record(self._places[number])

    def stop_redis(self) -> None:
        self._take_away(self._redis.stop)

    def kill_redis(self) -> None:
        self._take_away(self._redis.server.kill)

    def _take_away(self, stop: Callable[[], None]) -> None:
        self._away = self._story.now
        stop()
        self._restart = self._story.now + RESTART * 1000

    def lock_archive(self) -> None:
        """Somebody holds its files locked."""
        for file in (self._story.desk.home / ".local/share/netwar/archive").glob("*.sqlite"):
            lock = sqlite3.connect(file, isolation_level=None, timeout=60)
            lock.execute("BEGIN IMMEDIATE")
            self._locks.append(lock)
        assert self._locks
        self._unlock = self._story.now + AWAY * 1000

    def finish(self, seconds: float) -> None:
        """Everything is well again for a while, then all end; what waits on each host is written."""
        self.wait(max(seconds, (self._unlock - self._story.now) / 1000 + 60 if self._unlock else 0))
        for one in self._working:
            one.terminate()
            one.join(60)
        for desk in dict.fromkeys(self._places):
            with self._story.held(desk):
                time.sleep(60 / self._story.speed + 5)

    def _holding(self) -> int | None:
        """Which of the processes holds the connection, and is connected."""
        if self._restart:
            return None
        with self._redis.server.admin() as admin:
            [key, *_] = [*admin.scan_iter("tw:stream:*:state")] or [b""]
            told = str(admin.hgetall(key)) if key else ""
        standing = [one for one in self._story.connections() if not one["closed"] and not one["gone"]]
        pids = [number for number, one in enumerate(self._working) if f'"pid":{one.pid}' in told.replace(" ", "")]
        return pids[0] if pids and standing else None

    def _tend(self) -> None:
        if self._restart and self._story.now >= self._restart:
            self._redis.start()
            self._story.outages.append((self._away, self._story.now))
            self._restart = 0
        if self._unlock and self._story.now >= self._unlock:
            for lock in self._locks:
                lock.close()
            self._locks.clear()
            self._unlock = 0
        for number, one in enumerate(self._working):
            if not one.is_alive():
                self.crashed += 1
                self._working[number] = self._story.record(self._places[number])

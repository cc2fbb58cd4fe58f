"""Where queue, meter and archive are: in files, or in servers as they are shipped, which can be struck and come back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Protocol

import redis

from netwar.config import Settings
from tests import redis_conf
from tests.redis_conf import PASSWORD
from tests.redis_server import short_folder
from tests.servers import redis_program, starting
from tests.servers.certificates import certificates
from tests.servers.elastic import ElasticServer
from tests.servers.processes import Launch, Process, give
from tests.servers.starting import free_port

ALL = ("files", "redis", "redis+es654-sg", "redis+es953")


class Struck(Protocol):
    """A server that can be ended, and started again."""

    def start(self) -> object: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


class ShippedRedis:
    """Redis with conf/redis as it stands: only places, ports and passwords are filled in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self._signed = certificates()
        (folder / "netwar.acl").write_text(redis_conf.rights())
        (folder / "redis.conf").write_text(f"{redis_conf.settings(folder, self.port, self._signed)}dir {folder}\n")
        self._process: Process | None = None

    @property
    def settings(self) -> dict[str, object]:
        """The lines of a host's /etc/netwar/netwar.conf, as docs/redis.md has them."""
        address = {"redishost": "localhost", "redisport": self.port, "redisca": self._signed.ca}
        return {**address, "redisuser": "netwar", "redispass": PASSWORD}

    def start(self) -> None:
        give(self._folder)
        program = redis_program.find(with_tls=True)
        assert program
        self._process = Process(Launch((program, self._folder / "redis.conf"), self._folder))
        until = time.monotonic() + 60
        while not self._answers():
            assert self._process.alive, self._process.last_words()
            assert time.monotonic() < until, self._process.last_words()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _client(self) -> redis.Redis:
        known = str(self._signed.ca)
        return redis.Redis("localhost", self.port, username="netwar", password=PASSWORD, protocol=2, ssl=True, ssl_ca_certs=known)

    def in_step(self, app: str, offset: float) -> None:
        """Let days pass for the meter of an app: Redis's own clock cannot be moved, so how far X's is ahead of it is."""
        with self._client() as client:
            client.set(f"tw:money:{Settings(consumer_key=app).app}:ahead", f"{offset:.6f}")

    def stop(self) -> None:
        if self._process and self._process.alive:
            self._process.stop()

    def kill(self) -> None:
        if self._process and self._process.alive:
            self._process.kill()

    def pause(self) -> None:
        assert self._process
        self._process.pause()

    def resume(self) -> None:
        assert self._process
        self._process.resume()


class Stores:
    """What `--stores` names, running until it is closed; `given` is a server of somebody else's, used in place of a new one."""

    def __init__(self, names: str, given: ElasticServer | None = None) -> None:
        self._closing = ExitStack()
        self._given = given
        self.redis: ShippedRedis | None = None
        self.elastic: ElasticServer | None = None
        self.servers: list[tuple[str, Struck]] = []
        kinds = [] if names == "files" else names.split("+")
        for kind in kinds:
            if reason := starting.why_not("redis-tls" if kind == "redis" else kind):
                raise SystemExit(f"soak: {reason}")
        try:
            self._start(kinds)
        except BaseException:
            self._closing.close()
            raise

    def _start(self, kinds: list[str]) -> None:
        for kind in kinds:
            if kind == "redis":
                self.redis = ShippedRedis(self._closing.enter_context(short_folder()))
                self._closing.callback(self.redis.kill)
                self.redis.start()
                self.servers.append((kind, self.redis))
            else:
                server = self._given or self._closing.enter_context(starting.start(kind))
                assert isinstance(server, ElasticServer)
                repository = {"type": "fs", "settings": {"location": str(server.snapshots)}}  # that the crontab names
                server.ask("PUT", "/_snapshot/backup", repository)
                self.elastic = server
                self.servers.append((kind, server))

    @property
    def settings(self) -> dict[str, object]:
        """What every host's /etc/netwar/netwar.conf says of them."""
        found = dict(self.redis.settings) if self.redis else {}
        if (server := self.elastic) is not None:
            found |= {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
        return {key: value for key, value in found.items() if value is not None}

    @property
    def secrets(self) -> set[str]:
        return {str(value) for key, value in self.settings.items() if key.endswith("pass")}

    def drawn(self, chance: Random) -> tuple[str, Callable[[], None], Callable[[], object]]:
        """A server that is to be struck: in words, what strikes it, and what brings it back."""
        name, server = chance.choice(self.servers)
        how = chance.choice(("kill", "kill", "stop", "pause"))
        told = {"kill": "is killed", "stop": "is stopped", "pause": "hangs"}[how]
        return f"{name} {told}", getattr(server, how), server.resume if how == "pause" else server.start

    def close(self) -> None:
        self._closing.close()

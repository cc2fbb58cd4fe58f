"""One Redis that can be reached in every way there is, also by who has no password; and servers to kill.

It stands on tests.servers, which has a server of one kind for each test; here, one server for plain and TLS connections alike,
with a database for each test, makes hundreds of small tests quick. What conf/redis makes is tests.shipped_redis.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from tests import redis_conf
from tests.lossy import LossyWay
from tests.redis_conf import PASSWORD
from tests.servers import redis_program
from tests.servers.certificates import Certificates, certificates
from tests.servers.fixtures import skip_without
from tests.servers.processes import Launch, Process, give
from tests.servers.starting import free_port


class RedisServer:
    """A server with its files in a folder, which may be started again and again; `lines` are its settings."""

    def __init__(self, folder: Path, *lines: str, options: Sequence[str] = (), program: Path | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
        self._program = program
        self._process: Process | None = None
        whole = ["bind 127.0.0.1", *lines, f"port {self.port}", f"dir {folder}"]
        (folder / "redis.conf").write_text("\n".join(whole) + "\n")

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    @property
    def process(self) -> Process:
        assert self._process
        return self._process

    def admin(self) -> redis.Redis:
        """A client that may do everything; close it after use."""
        return redis.Redis(port=self.port, protocol=2)

    def start(self, *, ready: bool = True) -> RedisServer:
        """Start it, and return when it has read its data, or as soon as it says that it is reading them."""
        give(self.folder)
        program = self._program or redis_program.find(with_tls=True)
        assert program
        self._process = Process(Launch((program, self.folder / "redis.conf", *self._options), self.folder))
        until = time.monotonic() + 30
        with self.admin() as admin:
            while True:
                try:
                    admin.ping()
                    return self
                except redis.BusyLoadingError:
                    if not ready:
                        return self
                except redis.RedisError:
                    if not self._process.alive or time.monotonic() > until:
                        self.kill()
                        raise AssertionError(self._process.last_words()) from None
                time.sleep(0.01)

    def kill(self) -> None:
        """kill -9; also what ends it for good: TERM waits for replicas, and for what is about to be written."""
        if self._process:
            self._process.kill()


@dataclass(frozen=True)
class Redis:
    """A server, and all the ways to it: TCP, a socket, TLS as a user with few rights, a network that loses their answers."""

    server: RedisServer
    tls_port: int
    certificates: Certificates
    lossy: LossyWay

    @property
    def ca(self) -> Path:
        return self.certificates.ca

    def tls_url(self, user: str = "netwar", password: str = PASSWORD) -> str:
        return f"rediss://{user}:{quote(password, safe='')}@localhost:{self.tls_port}"

    def settings(self, kind: str = "redis", db: int = 0) -> dict[str, object]:
        """The keys of a configuration that lead to it."""
        if kind == "redis-tls":
            return {"redisurl": f"{self.tls_url()}/{db}", "redisca": self.ca}
        if kind == "redis-socket":
            return {"redishost": str(self.server.socket), "redisdb": db}
        plain = {"redishost": "127.0.0.1", "redisport": self.server.port, "redisdb": db}
        if kind == "redis-lossy":
            return plain | {"redisport": self.lossy.port, "redisuser": "netwar", "redispass": PASSWORD}
        return plain


@contextmanager
def running_redis(*lines: str) -> Iterator[Redis]:
    """A server that forgets, ended with the block; users have the rights of conf/redis, and who shows no password has all."""
    skip_without("redis-tls")
    with short_folder() as folder:
        signed, tls_port = certificates(), free_port()
        (folder / "netwar.acl").write_text(redis_conf.rights().replace("user default off resetpass", "user default on nopass"))
        server = RedisServer(folder, *_light(folder, tls_port, signed), 'save ""', "databases 5000", *lines)
        lossy = LossyWay(server.port)
        try:
            yield Redis(server.start(), tls_port, signed, lossy)
        finally:
            lossy.close()
            server.kill()


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name, of which the system takes 107 letters."""
    with tempfile.TemporaryDirectory(prefix="tw-redis-", dir="/tmp") as name:
        yield Path(name)


def _light(folder: Path, tls_port: int, signed: Certificates) -> list[str]:
    """The lines of conf/redis/netwar.conf but for those that a test may need otherwise."""
    heavy = ("#", "appendonly", "appendfsync", "save", "maxmemory", "bind")
    lines = redis_conf.settings(folder, tls_port, signed).splitlines()
    return [line for line in lines if not line.startswith(heavy)]

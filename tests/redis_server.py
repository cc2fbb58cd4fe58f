"""One Redis that can be reached in every way there is, with the rights and the settings of conf/redis; and servers to kill.

It stands on tests.servers, which has a server of one kind for each test; here, one server for plain and TLS connections alike,
with a database for each test, makes hundreds of small tests quick.
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

from tests.lossy import LossyWay
from tests.servers import redis_program
from tests.servers.certificates import Certificates, certificates
from tests.servers.fixtures import skip_without
from tests.servers.processes import Launch, Process, give
from tests.servers.starting import free_port
from tests.servers.users import AWKWARD

SHIPPED = Path(__file__).parent.parent / "conf" / "redis"
PASSWORD = "writes" + AWKWARD
READER_PASSWORD = "looks" + AWKWARD


class RedisServer:
    """A server with its files in a folder, which may be started again and again; `lines` are its settings."""

    def __init__(self, folder: Path, *lines: str, options: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self._options = options
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
        program = redis_program.find(with_tls=True)
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
                    assert self._process.alive, self._process.last_words()
                    assert time.monotonic() < until, self._process.last_words()
                time.sleep(0.01)

    def kill(self) -> None:
        """kill -9; also what ends it for good: TERM waits for replicas, and for what is about to be written."""
        if self._process and self._process.alive:
            self._process.kill()


@dataclass(frozen=True)
class Redis:
    """A server, and all the ways to it: TCP, a socket, TLS as a user with few rights, a network that loses answers."""

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
        port = self.lossy.port if kind == "redis-lossy" else self.server.port
        return {"redishost": "127.0.0.1", "redisport": port, "redisdb": db}


@contextmanager
def running_redis(*lines: str, shipped: bool = False) -> Iterator[Redis]:
    """A server with the rights of conf/redis, ended with the block; `shipped`: with its settings too."""
    skip_without("redis-tls")
    with short_folder() as folder:
        signed, tls_port = certificates(), free_port()
        settings = shipped_settings(folder, signed, tls_port)
        if not shipped:
            durable = ("appendonly", "appendfsync", "save", "maxmemory", "bind")
            settings = ['save ""', *(line for line in settings if not line.startswith(durable))]
        server = RedisServer(folder, *settings, "databases 5000", *lines)
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


def shipped_settings(folder: Path, signed: Certificates, tls_port: int) -> list[str]:
    """The lines of conf/redis/netwar.conf, with the files and the port of the tests'."""
    places = {
        "/etc/redis/tls/server.crt": str(signed.node),
        "/etc/redis/tls/server.key": str(signed.node_key),
        "/etc/redis/tls/ca.crt": str(signed.ca),
        "/etc/redis/netwar.acl": str(shipped_rights(folder)),
        "/run/redis/netwar.sock": f"{folder}/s",
        "tls-port 6379": f"tls-port {tls_port}",
    }
    lines = [line for line in (SHIPPED / "netwar.conf").read_text().splitlines() if not line.startswith("#")]
    for there, here in places.items():
        assert sum(there in line for line in lines) == 1, there
        lines = [line.replace(there, here) for line in lines]
    return lines


def shipped_rights(folder: Path) -> Path:
    """conf/redis/netwar.acl with passwords of the tests'; the default user, whom it turns off, may do everything."""
    text = (SHIPPED / "netwar.acl").read_text()
    text = text.replace(">CHANGE-ME-TOO", f">{READER_PASSWORD}").replace(">CHANGE-ME", f">{PASSWORD}")
    (path := folder / "users.acl").write_text(text.replace("user default off", "user default on nopass ~* &* +@all"))
    return path

"""The Redis that conf/redis makes, as an operator gets it by docs/redis.md: only paths, the port and the passwords are filled in.

A program without TLS gets a loopback port in place of the lines about TLS. An administrator is added, as the document allows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.redis_conf import PASSWORDS, rights, settings
from tests.redis_server import RedisServer, short_folder
from tests.servers import redis_program
from tests.servers.certificates import certificates
from tests.servers.fixtures import missing, skip_without

DEBIANS = Path("/etc/redis/redis.conf")


class ShippedServer(RedisServer):
    """Debian's own redis.conf, where there is one that we may read, with our file included at its end."""

    def __init__(self, folder: Path, program: Path | None = None) -> None:
        self.tls = None if program else certificates()
        super().__init__(folder, options=("--supervised", "no", "--daemonize", "no"), program=program)  # as Debian's unit does
        (folder / "netwar.conf").write_text(settings(folder, self.port, self.tls))
        (folder / "netwar.acl").write_text(rights())
        lines = DEBIANS.read_text().splitlines() if self.tls and os.access(DEBIANS, os.R_OK) else []
        lines = [line for line in lines if not line.startswith(("dir ", "pidfile ", "logfile "))]
        lines += [f"dir {folder}", f"logfile {folder}/redis.log", f"include {folder}/netwar.conf"]
        (folder / "redis.conf").write_text("\n".join(lines) + "\n")

    def client(self, user: str | None = None) -> redis.Redis:
        """A client over the socket, as one of the users or as nobody; close it after use."""
        way: Any = {"username": user, "password": PASSWORDS[user]} if user else {}
        return redis.Redis(unix_socket_path=str(self.socket), retry=Retry(NoBackoff(), 0), protocol=2, **way)

    def admin(self) -> redis.Redis:
        return self.client("admin")


@dataclass(frozen=True)
class ShippedRedis:
    """The server, and the ways to it."""

    server: ShippedServer

    @property
    def ca(self) -> Path:
        assert self.server.tls
        return self.server.tls.ca

    def settings(self, kind: str = "", db: int = 0, user: str = "netwar") -> dict[str, object]:
        """The keys of a configuration that lead to it; `kind` may be redis-socket."""
        known: dict[str, object] = {"redisuser": user, "redispass": PASSWORDS[user], "redisdb": db}
        if kind == "redis-socket":
            return known | {"redishost": str(self.server.socket)}
        if self.server.tls:
            return known | {"redishost": "localhost", "redisport": self.server.port, "redisca": self.ca}
        return known | {"redishost": "127.0.0.1", "redisport": self.server.port}

    @property
    def log(self) -> str:
        """What the server has logged since it was made."""
        return (self.server.folder / "redis.log").read_text(errors="replace")


@contextmanager
def shipped_redis(program: Path | None = None) -> Iterator[ShippedRedis]:
    """A running one, ended with the block: the machine's own Redis with TLS, or another program without."""
    if program is None:
        skip_without("redis-tls")
    with short_folder() as folder:
        server = ShippedServer(folder, program)
        try:
            server.start()
            yield ShippedRedis(server)
        finally:
            server.kill()


def packaged(name: str) -> Path:
    """A program that `make servers` fetches; the test is skipped, or fails, without."""
    return redis_program.packaged(name) or missing(f"{name} is not here yet: run `make servers`")

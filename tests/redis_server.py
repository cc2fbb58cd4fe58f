"""Redis servers of a test's own: started on a free port and a socket, killed, started again, and stopped by their process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from tests.lossy import LossyWay

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "conf" / "redis"
PASSWORD = "pass/word@of#tests"
READER_PASSWORD = "only:looking"


def required() -> None:
    """Skip the test where there is no Redis; fail instead where servers must be there."""
    if not shutil.which("redis-server"):
        if os.environ.get("NETWAR_REQUIRE_SERVERS") == "1":
            pytest.fail("redis-server is not installed, and NETWAR_REQUIRE_SERVERS=1 asks for it")
        pytest.skip("redis-server is not installed: sudo apt-get install redis-server")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """A redis-server with its files in a folder. Lines of configuration may be added before it starts."""

    def __init__(self, folder: Path, *lines: str, options: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = free_port()
        self.socket = folder / "s"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._conf = folder / "redis.conf"
        self._conf.write_text("\n".join(["bind 127.0.0.1", *lines, f"port {self.port}", f"dir {folder}"]) + "\n")

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def admin(self) -> redis.Redis:
        """A client that may do everything; the test closes it."""
        return redis.Redis(port=self.port, protocol=2)

    def start(self, *, ready: bool = True) -> RedisServer:
        """Start it, and return when it has read its data, or as soon as it listens."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", str(self._conf), *self._options], stdout=log, stderr=log, cwd=self.folder
            )
        until = time.monotonic() + 20
        with self.admin() as admin:
            while True:
                try:
                    admin.ping()
                    return self
                except redis.BusyLoadingError:
                    if not ready:
                        return self
                except redis.RedisError:
                    assert self._process.poll() is None, (self.folder / "log").read_text()
                    assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.01)

    def kill(self) -> None:
        """kill -9"""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it for good; unlike TERM, that cannot be put off by what it is about to write."""
        if self._process and self._process.poll() is None:
            self.kill()


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name, of which the system takes 107 letters."""
    with tempfile.TemporaryDirectory(prefix="tw-redis-", dir="/tmp") as name:
        yield Path(name)


def shipped_acl(folder: Path) -> str:
    """The line of configuration that brings the rights of conf/redis with passwords of the tests'; the default user may all."""
    text = (SHIPPED / "netwar.acl").read_text()
    text = text.replace(">CHANGE-ME-TOO", f">{READER_PASSWORD}").replace(">CHANGE-ME", f">{PASSWORD}")
    (folder / "users.acl").write_text(text.replace("user default off", "user default on nopass ~* &* +@all"))
    return f"aclfile {folder}/users.acl"


def shipped_settings(folder: Path, tls: Tls) -> list[str]:
    """The lines of conf/redis/netwar.conf, with the files and the port of the tests'."""
    places = {
        "/etc/redis/tls/server.crt": f"{folder}/server.crt",
        "/etc/redis/tls/server.key": f"{folder}/server.key",
        "/etc/redis/tls/ca.crt": str(tls.ca),
        "/etc/redis/netwar.acl": f"{folder}/users.acl",
        "/run/redis/netwar.sock": f"{folder}/s",
        "tls-port 6379": f"tls-port {tls.port}",
    }
    lines = [line for line in (SHIPPED / "netwar.conf").read_text().splitlines() if not line.startswith("#")]
    for shipped, here in places.items():
        assert sum(shipped in line for line in lines) == 1, shipped
        lines = [line.replace(shipped, here) for line in lines]
    return lines


class Tls:
    """A CA of its own, and a certificate for localhost, as files in a folder."""

    def __init__(self, folder: Path) -> None:
        import trustme

        self.ca, self.port = folder / "ca.pem", free_port()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca))
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        certificate.private_key_pem.write_to_path(str(folder / "server.key"))
        certificate.cert_chain_pems[0].write_to_path(str(folder / "server.crt"))
        self.lines = (
            f"tls-port {self.port}",
            f"tls-cert-file {folder}/server.crt",
            f"tls-key-file {folder}/server.key",
            f"tls-ca-cert-file {self.ca}",
            "tls-auth-clients no",
        )

    def url(self, user: str = "netwar", password: str = PASSWORD) -> str:
        return f"rediss://{user}:{quote(password, safe='')}@localhost:{self.port}"


@dataclass(frozen=True)
class Redis:
    """A server that can be reached in every way: TCP, a socket, TLS with few rights, a network that loses answers."""

    server: RedisServer
    tls: Tls
    lossy: LossyWay

    def settings(self, kind: str = "redis", db: int = 0) -> dict[str, object]:
        """The keys of a configuration that lead to it."""
        if kind == "redis-tls":
            return {"redisurl": f"{self.tls.url()}/{db}", "redisca": self.tls.ca}
        if kind == "redis-socket":
            return {"redishost": str(self.server.socket), "redisdb": db}
        port = self.lossy.port if kind == "redis-lossy" else self.server.port
        return {"redishost": "127.0.0.1", "redisport": port, "redisdb": db}


@contextmanager
def running_redis(*lines: str, shipped: bool = False) -> Iterator[Redis]:
    """A server with the rights of conf/redis, stopped with the block; `shipped`: with its settings too."""
    required()
    with short_folder() as folder:
        tls = Tls(folder)
        acl = shipped_acl(folder)
        own = shipped_settings(folder, tls) if shipped else ('save ""', f"unixsocket {folder}/s", acl, *tls.lines)
        server = RedisServer(folder, *own, "databases 5000", *lines)
        lossy = LossyWay(server.port)
        try:
            yield Redis(server.start(), tls, lossy)
        finally:
            lossy.close()
            server.stop()

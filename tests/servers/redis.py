"""Redis: how it is started, asked and wiped."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers import places, redis_program
from tests.servers.certificates import certificates
from tests.servers.kinds import Kind
from tests.servers.processes import Launch
from tests.servers.server import Server
from tests.servers.users import ADMIN, READER, RECORDER, User, new_users

if TYPE_CHECKING:
    from redis import Redis

DURABLE = {"save": '""', "appendonly": "yes", "appendfsync": "always"}
"""With less, kill -9 loses what was acknowledged while the disk was busy."""

SHIPPED = places.ROOT / "conf" / "redis" / "netwar.acl"
SHIPS_AS = {RECORDER: "netwar", READER: "netwar-ro"}
"""Who of the lab has whose rights."""


@dataclass
class RedisServer(Server):
    """`socket` is where it listens besides its port."""

    @property
    def url(self) -> str:
        return f"{'rediss' if self.of.secured else 'redis'}://127.0.0.1:{self.port}/0"

    @property
    def socket(self) -> Path:
        return self.folder / "socket"

    def connect(self, user: str = ADMIN) -> Redis:
        """A client; close it after use."""
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0), "socket_timeout": 10}
        if known := self.users.get(user):
            options |= {"username": known.name, "password": known.password, "ssl_ca_certs": str(self.ca)}
        return Redis.from_url(self.url, **options)

    def answer(self) -> str | None:
        from redis.exceptions import BusyLoadingError, ConnectionError

        try:
            with self.connect() as client:
                return str(client.info("server")["redis_version"])
        except (BusyLoadingError, ConnectionError):
            return None

    def wipe(self) -> None:
        with self.connect() as client:
            client.flushall()
            client.script_flush()


def prepare(kind: Kind, folder: Path, port: int, conf: Path | None = None, acl: Path | None = None, **more: str) -> RedisServer:
    """A server that can be started. `conf` is read first, `more` last; the passwords of the users in `acl` become the lab's."""
    program = redis_program.find(with_tls=kind.secured)
    assert program
    users = new_users() if kind.secured else {}
    signed = certificates() if kind.secured else None
    if signed:
        shutil.copytree(signed.folder, folder / "certificates")
        users |= _write_users(folder / "users.acl", users, acl)
    settings = {
        "bind": "127.0.0.1",
        "port": "0" if kind.secured else str(port),
        "unixsocket": "socket",  # in the folder; as a whole path it may be longer than sockets allow
        "dir": str(folder),
        "daemonize": "no",
        "logfile": '""',
        **({} if conf else DURABLE),
        **(_tls(folder / "certificates", folder / "users.acl", port) if kind.secured else {}),
        **more,
    }
    included = conf.read_text() if conf else ""
    (folder / "redis.conf").write_text(included + "\n" + "".join(f"{key} {value}\n" for key, value in settings.items()))
    return RedisServer(kind, port, folder, Launch((program, folder / "redis.conf"), folder), users, signed, patience=20)


def _tls(folder: Path, acl: Path, port: int) -> dict[str, str]:
    return {
        "tls-port": str(port),
        "tls-cert-file": str(folder / "node.pem"),
        "tls-key-file": str(folder / "node-key.pem"),
        "tls-ca-cert-file": str(folder / "ca.pem"),
        "tls-auth-clients": "no",
        "aclfile": str(acl),
    }


def _write_users(target: Path, users: dict[str, User], acl: Path | None) -> dict[str, User]:
    """The lab's users with the rights that conf/redis gives, and those of an ACL file, who get the recorder's password; returns
    the latter. The default user is the file's, else the shipped one."""
    shipped, brought = _rules(SHIPPED), _rules(acl) if acl else {}
    given = {name: User(name, users[RECORDER].password) for name in brought if name != "default"}
    rules = {name: shipped[theirs] for name, theirs in SHIPS_AS.items()} | {ADMIN: "~* &* +@all"} | brought
    lines = [f"user default {brought.get('default', shipped['default'])}"]
    lines += [f"user {user.name} on >{user.password} {rules[user.name]}" for user in (users | given).values()]
    target.write_text("\n".join(lines) + "\n")
    return given


def _rules(acl: Path) -> dict[str, str]:
    """What each user of an ACL file may, without their passwords; of the default user the whole line."""
    found = {}
    for line in acl.read_text().splitlines():
        _, name, *rules = line.split()
        kept = [rule for rule in rules if not rule.startswith((">", "#")) and rule not in ("on", "nopass", "resetpass")]
        found[name] = " ".join(rules if name == "default" else kept)
    return found

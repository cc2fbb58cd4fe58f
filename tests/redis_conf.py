"""The files of conf/redis with the tests' paths, port and passwords in them, and all else as it is shipped."""

from __future__ import annotations

from pathlib import Path

from tests.servers.certificates import Certificates
from tests.servers.users import AWKWARD

SHIPPED = Path(__file__).parent.parent / "conf" / "redis"
PASSWORD, READER_PASSWORD, ADMIN_PASSWORD = (word + AWKWARD for word in ("writes", "looks", "administers"))
PASSWORDS = {"netwar": PASSWORD, "netwar-ro": READER_PASSWORD, "admin": ADMIN_PASSWORD}


def settings(folder: Path, port: int, tls: Certificates | None) -> str:
    """conf/redis/netwar.conf with the tests' paths and port; comments are left as they are."""
    places = {"/etc/redis/netwar.acl": f"{folder}/netwar.acl", "/run/redis/netwar.sock": f"{folder}/s"}
    if tls:
        places |= {"/etc/redis/tls/server.crt": str(tls.node), "/etc/redis/tls/server.key": str(tls.node_key)}
        places |= {"/etc/redis/tls/ca.crt": str(tls.ca), "tls-port 6379": f"tls-port {port}"}
    else:
        places["port 0"] = f"port {port}"
    lines = (SHIPPED / "netwar.conf").read_text().splitlines()
    lines = [line for line in lines if tls or not line.startswith("tls-")]
    for there, here in places.items():
        [at] = [at for at, line in enumerate(lines) if there in line and not line.startswith("#")]
        lines[at] = lines[at].replace(there, here)
    return "\n".join(lines) + "\n"


def rights() -> str:
    """conf/redis/netwar.acl with passwords, put where docs/redis.md says, and an administrator."""
    text = (SHIPPED / "netwar.acl").read_text()
    for user in ("netwar", "netwar-ro"):
        before = f"user {user} on resetpass "
        assert text.count(before) == 1, user
        text = text.replace(before, f"{before}>{PASSWORDS[user]} ")
    return text + f"user admin on >{ADMIN_PASSWORD} ~* &* +@all\n"

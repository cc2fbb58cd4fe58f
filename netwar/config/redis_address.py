"""Where Redis is: `redisurl`, or the single keys `redishost`, `redisport` and so on.

    redis://HOST:PORT/DB                                 plain
    rediss://USER:PASSWORD@HOST:PORT/DB                  TLS
    unix://USER:PASSWORD@/run/redis/redis.sock?db=DB     a socket of this machine
    redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB      the master that Sentinels name; rediss+sentinel:// with TLS

All but the host, the socket or the Sentinels may be left out. TLS is always verified, against `ssl_ca_certs=FILE` in the
address's query, else `redisca`, else the system's certificates. Sentinels that want a password of their own have it in the
query: `sentinel_user=…&sentinel_password=…`. What an address leaves out is taken from the single keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from netwar.config.loopback import loopback

PORT, SENTINEL_PORT = 6379, 26379
SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
KNOWN = {"db", "ssl_ca_certs", "ssl_cert_reqs", "ssl_check_hostname", "sentinel_user", "sentinel_password"}
UNVERIFIED = {"ssl_cert_reqs": "required", "ssl_check_hostname": "true"}


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """How to reach Redis: `hosts` (one, or the Sentinels that know the master called `service`), or `socket`."""

    hosts: tuple[tuple[str, int], ...] = ()
    socket: str | None = None
    service: str | None = None
    tls: bool = False
    ca: Path | None = None
    user: str | None = None
    password: str | None = None
    db: int | None = None
    sentinel_user: str | None = None
    sentinel_password: str | None = None

    def __str__(self) -> str:
        """As it is told to people: without user and password."""
        where = self.socket or ", ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        return f"{self.service} (Sentinels {where})" if self.service else where

    def __repr__(self) -> str:
        return f"<RedisAddress {self}>"

    def exposed_at(self, host: str) -> bool:
        """Would a password go to this host in clear? Sentinels may name a master on another host than theirs."""
        return bool(self.passwords) and not self.tls and not loopback(host)

    @property
    def passwords(self) -> tuple[str, ...]:
        """What must never be shown."""
        return tuple(filter(None, (self.password, self.sentinel_password)))


def parsed(url: str) -> RedisAddress:
    """The address that `redisurl` writes. Raises ValueError with the rest of a sentence; it never shows the address itself."""
    parts = _split(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"must begin with {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if parts.fragment or parts.netloc.count("@") > 1:
        raise ValueError("has a # or a second @ in it: in a user or a password write # as %23, @ as %40, / as %2F")
    query = _query(parts)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    address, db = _place(parts)
    db = query.get("db") if db is None else db
    return replace(
        address,
        tls=parts.scheme.startswith("rediss"),
        ca=Path(query["ssl_ca_certs"]) if "ssl_ca_certs" in query else None,
        user=unquote(user) or None,
        password=unquote(password) or None,
        db=None if db is None else _number(db),
        sentinel_user=query.get("sentinel_user"),
        sentinel_password=query.get("sentinel_password"),
    )


def _split(url: str) -> SplitResult:
    """The parts of an address. Newer Pythons' urlsplit() takes no list of hosts of which one is in brackets."""
    scheme, _, rest = url.partition("://")
    netloc = re.match(r"[^/?#]*", rest)
    assert netloc
    if netloc[0].count("[") != netloc[0].count("]"):
        raise ValueError("is no address: see example.conf")
    parts = urlsplit(f"//host{rest[netloc.end() :]}")
    return parts._replace(scheme=scheme.lower(), netloc=netloc[0])


def of(
    url: str | None, host: str | None, port: int, *, ca: Path | None, user: str | None, password: str | None, db: int
) -> RedisAddress | None:
    """The address that the keys of the configuration name, `redisurl` before the single ones; None if none names a host.

    Raises ValueError where they are at odds, and for a password that would go to another host in clear.
    """
    if url:
        address = parsed(url)
        if ca and not address.tls and not address.socket:
            secure = "rediss+sentinel://" if address.service else "rediss://"
            raise ValueError(f"redisca is set, and redisurl asks for no TLS: let it begin with {secure}, or remove redisca")
    elif host is None:
        return None
    elif host.startswith("/"):
        address = RedisAddress(socket=host)
    else:
        address = RedisAddress(hosts=((host, port),), tls=ca is not None)
    address = replace(
        address,
        ca=address.ca or ca,
        user=address.user or user,
        password=address.password or password,
        db=db if address.db is None else address.db,
    )
    if exposed := next((name for name, _ in address.hosts if address.exposed_at(name)), None):
        raise ValueError(in_clear(exposed))
    return address


def in_clear(host: str) -> str:
    """The sentence about a password that is not sent to a host."""
    return (
        f"everybody on the way to {host} could read the password for Redis: use TLS (redisca, or rediss:// in redisurl), "
        "or reach it through a tunnel that ends on this machine"
    )


def _place(parts: SplitResult) -> tuple[RedisAddress, str | None]:
    """The socket, the host or the Sentinels of an address, and the database that stands behind them."""
    hosts, path = parts.netloc.rpartition("@")[2], [unquote(part) for part in parts.path.split("/") if part]
    if parts.scheme == "unix":
        if hosts or not path:
            raise ValueError("must be unix:// and the whole path of a socket: unix:///run/redis/redis.sock")
        return RedisAddress(socket=unquote(parts.path)), None
    if parts.scheme.endswith("+sentinel"):
        if not path:
            raise ValueError("must name the master after the Sentinels: redis+sentinel://HOST:PORT,HOST:PORT/SERVICE")
        address = RedisAddress(tuple(_host(host, SENTINEL_PORT) for host in hosts.split(",")), service=path.pop(0))
    else:
        if "," in hosts:
            raise ValueError("names several hosts: only Sentinels may be several (redis+sentinel://)")
        address = RedisAddress((_host(hosts, PORT),))
    if len(path) > 1:
        raise ValueError("has more behind the host than the number of a database (/ in a password is written %2F)")
    return address, path[0] if path else None


def _query(parts: SplitResult) -> dict[str, str]:
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    if query.keys() - KNOWN:
        known = ", ".join(sorted(KNOWN))
        raise ValueError(f"has in its query what is not known here: only {known} (? in a password is written %3F)")
    for name, only in UNVERIFIED.items():
        if query.get(name, only).lower() != only:
            raise ValueError(f"asks for TLS that is not verified ({name}): remove that, and name the CA in redisca")
    return query


def _host(text: str, default: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port or default
    except ValueError:
        host, port = None, 0
    if not host:
        raise ValueError("must name a host, and may name its port: redis://HOST:6379 (/ in a password is written %2F)")
    return host, port


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise ValueError("names a database that is no number")
    return int(text)

"""What Redis and the way to it say, as sentences that tell what to do."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    ClusterError,
    ConnectionError,
    InvalidResponse,
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
)
from redis.sentinel import MasterNotFoundError

from netwar.config.redis_address import RedisAddress
from netwar.connections.tls import untrusted
from netwar.errors import ConfigError, NetwarError, ServiceDown

ACL = "give it the rights that conf/redis/netwar.acl has, and ~NAME for each queue NAME that is not there yet"
NO_SENTINEL = "is no Sentinel: name where Sentinels listen, usually at port 26379"
OLD = "is too old, or has commands taken away: Redis 6.2 or newer is needed, or Valkey"
REFUSED = (AuthenticationError, AuthenticationWrongNumberOfArgsError, AuthorizationError)
CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)  # the server has gone, in the middle of TLS
CLUSTER = (ClusterError, MovedError)

# What has no class of its own at redis-py, by words of the server: the error, and the end of its sentence.
BY_WORDS: dict[str, tuple[type[NetwarError], str]] = {
    "WRONGTYPE": (
        ConfigError,
        "has something of another kind under a key that is needed: name another queue, or redisdb",
    ),
    "MISCONF": (ServiceDown, "cannot write to its disk: make room there; nothing acknowledged is lost"),
    "NOREPLICAS": (ServiceDown, "takes no writes, because too few of its replicas answer: start them and run again"),
    "DENIED": (
        ConfigError,
        "accepts nobody from another host without a password (protected mode): see docs/redis.md",
    ),
    "command 'SENTINEL'": (ConfigError, NO_SENTINEL),
    "command `SENTINEL`": (ConfigError, NO_SENTINEL),
    "nknown command": (ConfigError, OLD),
    "nknown Redis command": (ConfigError, OLD),
    "DB index is out of range": (ConfigError, "has fewer databases than redisdb says: name a lower one"),
}


def unreachable(address: RedisAddress, trouble: str | BaseException) -> ServiceDown:
    """The sentence for a server that is not there."""
    why = trouble if isinstance(trouble, str) else hindrance(trouble, address)
    return ServiceDown(f"Redis at {address} does not answer ({why}): start it, or correct redishost or redisurl")


def refusing(address: RedisAddress, error: RedisError) -> ServiceDown:
    """The sentence for a server, or a proxy before it, that takes no command at all."""
    return ServiceDown(f"Redis at {address} has nothing but an error to say ({error}): see its log, or correct redishost")


def hindrance(error: BaseException, address: RedisAddress) -> str:
    """Why no answer came, as part of a sentence."""
    for cause in _causes(error):
        if isinstance(cause, MasterNotFoundError):
            return "no Sentinel knows a master of that name which answers"
        if "handshake operation timed out" in str(cause):
            return "TLS is not spoken there, or too slowly"
        if isinstance(cause, ConnectionResetError) or "closed by server" in str(cause):
            return "it closes the connection" + ("" if address.tls else "; if it wants TLS, set redisca")
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error).rstrip(".")


def passing(error: RedisError, address: RedisAddress) -> bool:
    """May the same command work in a moment, on a new connection?"""
    replaced = address.service is not None and _is_replica(error)  # Sentinels know the new master by then
    return isinstance(error, (ConnectionError, TimeoutError, MasterDownError)) or str(error).startswith("BUSY ") or replaced


def told(error: RedisError, address: RedisAddress) -> NetwarError | None:
    """What is wrong for good; None for what may pass by itself, and for what only a bug brings."""
    said, redis = str(error), f"Redis at {address}"
    if isinstance(error, REFUSED):
        return ConfigError(f"{redis} does not accept the user and password ({said.rstrip('.')}): correct redisuser and redispass")
    if isinstance(error, NoPermissionError) or "user executing the script can't" in said:
        return ConfigError(f"{redis} forbids {address.user or 'the default user'} what is needed ({said.rstrip('.')}): {ACL}")
    if isinstance(error, OutOfMemoryError) or "OOM command not allowed" in said:
        return ServiceDown(f"{redis} has no memory left (maxmemory): give it more, and run again; nothing acknowledged is lost")
    if _is_replica(error) and not passing(error, address):
        return ServiceDown(f"{redis} is a replica, which takes no writes: name the master, or the Sentinels that know it")
    if isinstance(error, CLUSTER) and not passing(error, address):
        return ConfigError(f"{redis} is part of a cluster, which is not supported: name a single server, or Sentinels")
    if isinstance(error, InvalidResponse):
        return ConfigError(f"what listens at {address} is no Redis: correct redishost and redisport, or redisurl")
    for words, (kind, sentence) in BY_WORDS.items():
        if words in said:
            return kind(f"{redis} {sentence}")
    return _about_tls(error, address)


def _is_replica(error: RedisError) -> bool:
    """Servers before 7 put what they say of a script's command into a sentence of their own, which redis-py has no class for."""
    return isinstance(error, ReadOnlyError) or "READONLY You can't write" in str(error)


def _about_tls(error: BaseException, address: RedisAddress) -> NetwarError | None:
    """What is wrong with certificates, or with speaking TLS where the other side does not, or the other way round."""
    redis = f"Redis at {address}"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return untrusted(redis, cause.verify_message, "redisca")
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, CUT):
            why = cause.reason or str(cause)
            return ConfigError(f"{redis} does not speak TLS with us ({why}): correct the port, or remove redisca")
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

"""Connecting to Redis: told at once when it is not there, and waited for when it goes away in the middle of a run.

A command whose answer was lost on the way is sent again, so whatever is sent must be safe to run twice.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from netwar.connections import redis_library  # isort: skip  # noqa: F401  (before all else of it)
import walrus
from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool

from netwar.config import Settings
from netwar.config.redis_address import RedisAddress, in_clear
from netwar.connections import probe
from netwar.connections.redis_bounded import Local, Master, Plain, Secure, SecureMaster
from netwar.connections.redis_errors import hindrance, passing, refusing, told, unreachable
from netwar.connections.tls import context
from netwar.errors import ConfigError

log = logging.getLogger("netwar.redis")

PROBE_SECONDS = 0.25
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
PATIENCE = 60.0
LONGEST_PAUSE = 1.0
REPLICA_MS = 1_000
UNSAID_SECONDS = 1.0  # shorter absences are no news

CLOCK_SECONDS = 60.0
QUICK_SECONDS = 1.0
APART_SECONDS = 60.0


def connect(settings: Settings, *, patience: float | None = None) -> Server:
    """The Redis that the configuration names, which is waited for when it goes away: a minute, or `patience` seconds.

    Raises ServiceDown within 0.3 s if nothing listens there, and ConfigError if it does not accept the password or its
    certificate is not to be trusted.
    """
    address = settings.redis
    if address is None:
        raise ConfigError(f"{settings.path} names no Redis: set redishost or redisurl under [STREAM]")
    server = Server(address, patience)
    if address.hosts and (trouble := probe.hindrance(address.hosts, PROBE_SECONDS)):
        raise unreachable(address, trouble)
    try:
        server.ping()
    except ResponseError as error:  # no bug of ours can bring one there
        server.close()
        raise refusing(address, error) from error
    except BaseException:
        server.close()
        raise
    return server


class Server(walrus.Database):  # type: ignore[misc]  # walrus has no types
    """A walrus database that waits for a server that restarts, and says in a sentence what is wrong.

    Every command raises ServiceDown (not there for a minute, out of memory, its disk full) or ConfigError (password, rights,
    certificate); an answer that only a bug can bring is raised as redis-py has it.
    """

    def __init__(self, address: RedisAddress, patience: float | None = None) -> None:
        self.address = address
        self.clock = Clock(self)
        self._most, self._patience = PATIENCE if patience is None else patience, 0.0  # until it has answered once
        self._away: float | None = None  # since when it does not answer
        self._said = False
        self._sentinels, pool = _pool(address)
        super().__init__(connection_pool=pool, script_dir=False)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Send a command, again and again while the server is away."""
        return self._insist(lambda: super(Server, self).execute_command(*args, **options))

    def all_of(self, commands: Iterable[Sequence[Any]]) -> list[Any]:
        """The answers to many commands, which are sent together: the network is waited for once. They are no transaction."""
        asked = [*commands]
        return list(self._insist(lambda: self._together(asked)))

    def _together(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        with self.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = pipeline.execute(raise_on_error=False)
        if refused := next((answer for answer in answers if isinstance(answer, RedisError)), None):
            raise refused
        return answers

    def _insist(self, ask: Callable[[], Any]) -> Any:
        """Ask again and again while the server is away."""
        while True:
            try:
                answer = ask()
            except RedisError as error:
                if sentence := told(error, self.address):
                    raise sentence from error
                if not passing(error, self.address):
                    raise
                self._pause(error)
            except BaseException:  # a signal: the answer under way must not be taken for that of the next command
                self._hang_up()
                raise
            else:
                self._patience = self._most
                self._back()
                return answer

    def replicated(self) -> bool:
        """Whether a replica has what was written, within a second, where Sentinels may put it in the master's place."""
        return not self.address.service or self.wait(1, REPLICA_MS) > 0

    def close(self) -> None:
        """Close all connections, but for those on which other threads wait for an answer just now."""
        self._hang_up()
        for sentinel in self._sentinels:
            sentinel.close()

    def _pause(self, error: RedisError) -> None:
        """Wait a little before the next attempt. Raises ServiceDown when that has gone on for long enough."""
        now = time.monotonic()
        self._away = self._away or now
        waited, patience = now - self._away, PATIENCE if isinstance(error, BusyLoadingError) else self._patience
        if waited >= patience:
            self._patience = 0.0  # what comes next, such as putting claims back, is tried once
            self._back()
            raise unreachable(self.address, error) from error
        if waited > UNSAID_SECONDS and not self._said:
            self._said = True
            why = hindrance(error, self.address)
            log.warning("Redis at %s does not answer (%s): waiting for it, up to %.0f s", self.address, why, patience)
        self._hang_up()
        time.sleep(min(LONGEST_PAUSE, 0.01 + waited / 2) * random.uniform(0.5, 1))

    def _hang_up(self) -> None:
        """Close every connection that nobody uses: one's own is given back by then. A socket that is closed under a thread that
        reads from it is no error of Redis's to the library: that thread would die of it."""
        self.connection_pool.disconnect(inuse_connections=False)

    def _back(self) -> None:
        self._away, self._said = None, False


def _pool(address: RedisAddress) -> tuple[list[Redis], ConnectionPool]:
    """The Sentinels to ask, if any, and connections that try once: waiting is the server's business."""
    once: dict[str, Any] = {"retry": Retry(NoBackoff(), 0), "socket_timeout": ANSWER_SECONDS, "protocol": 2, "driver_info": None}
    way: dict[str, Any] = {"username": address.user, "password": address.password, "db": address.db or 0, **once}
    if address.socket:
        return [], ConnectionPool(connection_class=Local, path=address.socket, **way)
    network: dict[str, Any] = {"socket_connect_timeout": CONNECT_SECONDS, "socket_keepalive": True}
    if address.tls:
        network |= {"checked": context(address.ca, "redisca")}
    if address.service:
        login = {"username": address.sentinel_user, "password": address.sentinel_password}
        asked: Any = _Sentinels(address, {**once, **network, **login})
        way |= {"connection_class": SecureMaster if address.tls else Master}
        pool: Any = SentinelConnectionPool(address.service, asked, **way, **network)  # type: ignore[no-untyped-call]
        return asked.sentinels, pool
    host, port = address.hosts[0]
    kind = Secure if address.tls else Plain
    return [], ConnectionPool(connection_class=kind, host=host, port=port, **way, **network)


class _Sentinels(Sentinel):
    """Sentinels whose master is not called where a password would go to it in clear."""

    def __init__(self, address: RedisAddress, way: dict[str, Any]) -> None:
        super().__init__(())  # type: ignore[no-untyped-call]
        kind = Secure if address.tls else Plain
        pools = [ConnectionPool(connection_class=kind, host=host, port=port, **way) for host, port in address.hosts]
        self.sentinels = [Redis(connection_pool=pool) for pool in pools]
        self._address = address

    def discover_master(self, service_name: str) -> tuple[str, int]:
        try:
            host, port = super().discover_master(service_name)  # type: ignore[no-untyped-call]
        except MasterNotFoundError:
            self._check_certificates()
            raise
        if self._address.exposed_at(host):
            raise ConfigError(in_clear(host))
        return host, port

    def _check_certificates(self) -> None:
        """Say what is wrong with a Sentinel's certificate: the library takes one that is not trusted for one that is away."""
        for sentinel in self.sentinels if self._address.tls else ():
            try:
                sentinel.ping()
            except RedisError as error:
                if sentence := told(error, self._address):
                    raise sentence from error


class Clock:
    """The server's clock, in seconds since 1970: hosts whose own clocks differ agree on leases and days by it.

    It is asked once a minute; in between a steady clock counts on from there.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._asked = float("-inf")
        self._beyond_steady = 0.0
        self._told = False

    def __call__(self) -> float:
        if time.monotonic() - self._asked > CLOCK_SECONDS:
            self._ask()
        return time.monotonic() + self._beyond_steady

    @property
    def ahead(self) -> float:
        """By how many seconds it is ahead of ours."""
        return self() - time.time()

    def _ask(self) -> None:
        for _ in range(3):
            before = time.monotonic()
            seconds, micros = self._server.time()
            self._asked = time.monotonic()
            if (took := self._asked - before) < QUICK_SECONDS:  # else it was waited for
                break
        self._beyond_steady = seconds + micros / 1e6 - self._asked + took / 2
        apart = abs(self._asked + self._beyond_steady - time.time())
        if apart > APART_SECONDS and not self._told:
            self._told = True
            where = self._server.address
            log.warning("the clock of this host and that of Redis at %s are %.0f s apart: set the wrong one", where, apart)

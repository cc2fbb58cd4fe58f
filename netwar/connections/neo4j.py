"""One way to talk to Neo4j 3.5 to 2026: which of them answers is found out by asking.

The driver waits for an answer as long as a server takes. One that was stopped, or hangs, takes for ever; so each step is taken by
a thread of its own, and a server that is silent for some seconds is asked by another connection whether it is there at all.
"""

from __future__ import annotations

import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from netwar.config import Settings
from netwar.config.loopback import loopback
from netwar.connections import tls
from netwar.connections.neo4j_errors import lost, translated
from netwar.errors import ConfigError, NetwarError, ServiceDown

if TYPE_CHECKING:
    from neo4j import Driver, ManagedTransaction

T = TypeVar("T")

SILENT_SECONDS = 4.0  # until it is looked whether a server is there
THERE_SECONDS = 3.0  # for it to greet
RETRY_SECONDS = 2.0  # what passes by itself, such as two who lock each other out, is tried again for so long
GREETING = bytes.fromhex("6060b017 00000003 00000000 00000000 00000000")  # Bolt's own, for version 3
OLDEST = (3, 5)
CHUNK = 10_000  # rows fetched at once
HANGS = "takes connections and does not answer: look whether it was stopped, or has run out of memory"


class Database:
    """A server that has answered, as `version` says: two numbers. Every method raises ServiceDown, ConfigError, NetwarError."""

    def __init__(self, driver: Driver, place: tuple[str, int], user: str, secured: ssl.SSLContext | None) -> None:
        self._driver, self._place, self._secured = driver, place, secured
        self.user = user
        told = self.rows("CALL dbms.components() YIELD versions RETURN versions[0]")[0][0]
        numbers = re.match(r"(\d{1,4})\.(\d{1,2})", str(told))
        self.version = (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)
        if self.version < OLDEST:
            raise ConfigError(f"{self} is too old: Neo4j 3.5 or newer is needed")

    def __str__(self) -> str:
        host, port = self._place
        return f"Neo4j at {host}:{port}"

    def rows(self, query: str, **parameters: Any) -> list[list[Any]]:
        """All rows of an answer."""
        return self.write(lambda step: [list(record.values()) for record in step.run(query, parameters)])

    def write(self, work: Callable[[ManagedTransaction], T]) -> T:
        """Do something in one transaction, which is tried again as a whole where two lock each other out."""

        def step() -> T:
            with self._driver.session() as session:
                return session.execute_write(work)

        return self._bounded(step)

    def do(self, query: str) -> None:
        """Change the schema, for which there is a transaction of its own."""

        def step() -> None:
            with self._driver.session() as session:
                session.run(query).consume()

        self._bounded(step)

    def stream(self, query: str, **parameters: Any) -> Iterator[list[Any]]:
        """The rows of an answer of any length, some thousands in memory at a time."""
        session = self._driver.session(fetch_size=CHUNK)
        try:
            result = self._bounded(lambda: session.run(query, parameters))
            while some := self._bounded(lambda: [list(record.values()) for record in islice(result, CHUNK)]):
                yield from some
        finally:
            with suppress(NetwarError):
                self._bounded(session.close)

    def close(self) -> None:
        """Let go of the connections."""
        with suppress(NetwarError):
            self._bounded(self._driver.close)

    def _bounded(self, step: Callable[[], T]) -> T:
        """Take a step; while it gives no answer see whether the server is there. Raises ServiceDown where it is not."""
        done: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

        def run() -> None:
            try:
                done.put((step(), None))
            except BaseException as error:
                done.put((None, error))

        Thread(target=run, daemon=True).start()
        while True:
            try:
                result, error = done.get(timeout=SILENT_SECONDS)
            except Empty:
                self._see()
                continue
            if error is not None:
                with translated(str(self), self.user):
                    raise error
            return result  # type: ignore[return-value]

    def _see(self) -> None:
        """Raise ServiceDown unless it answers to a greeting, on a connection of its own."""
        try:
            _greeted(self._place, self._secured, THERE_SECONDS)
        except TimeoutError as error:
            raise ServiceDown(f"{self} {HANGS}") from error
        except OSError as error:
            raise lost(str(self), error) from error


def connect(settings: Settings) -> Database:
    """The server that `neo4j` names, asked who it is.

    Raises ServiceDown if it does not answer, ConfigError for a wrong password, a certificate that is not trusted, and for a
    password that would travel openly.
    """
    parts = urlsplit(settings.neo4j or "")
    place, is_secured = (parts.hostname or "", parts.port or 0), bool(settings.neo4jca) or parts.scheme == "bolt+s"
    if settings.neo4jpass and not is_secured and not loopback(place[0]):
        raise ConfigError(
            f"everybody on the way to {place[0]} could read the password for Neo4j: use TLS (neo4jca, or bolt+s:// in neo4j), or "
            "reach it through a tunnel that ends on this machine"
        )
    checked = tls.context(settings.neo4jca, "neo4jca") if is_secured else None
    _look(place, checked)
    user = settings.neo4juser or ("neo4j" if settings.neo4jpass else "nobody")
    auth = (user, settings.neo4jpass) if settings.neo4jpass else None
    driver = _driver(place, auth, checked)
    try:
        return Database(driver, place, user, checked)
    except BaseException:
        driver.close()
        raise


def _driver(place: tuple[str, int], auth: tuple[str, str] | None, checked: ssl.SSLContext | None) -> Driver:
    from neo4j import GraphDatabase

    logging.getLogger("neo4j").setLevel(logging.CRITICAL)  # it tells what is raised as well, and hints about queries
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    secured: dict[str, Any] = {"ssl_context": checked} if checked else {}
    return GraphDatabase.driver(
        f"bolt://{host}:{place[1]}",
        auth=auth,
        connection_timeout=SILENT_SECONDS,
        max_transaction_retry_time=RETRY_SECONDS,
        telemetry_disabled=True,
        **secured,
    )


def _greeted(place: tuple[str, int], checked: ssl.SSLContext | None, seconds: float) -> bytes:
    """The first bytes that a server answers to a greeting; none where it ends the connection. Raises OSError."""
    with socket.create_connection(place, timeout=seconds) as plain:
        if checked is None:
            plain.sendall(GREETING)
            return plain.recv(4)
        with checked.wrap_socket(plain, server_hostname=place[0]) as wrapped:
            wrapped.sendall(GREETING)
            return wrapped.recv(4)


def _look(place: tuple[str, int], checked: ssl.SSLContext | None) -> None:
    """See that somebody answers, and with which certificate; nothing is sent but a greeting."""
    where = f"{place[0]}:{place[1]}"
    try:
        first = _greeted(place, checked, SILENT_SECONDS)
    except ssl.SSLCertVerificationError as error:
        raise tls.untrusted(where, error.verify_message, "neo4jca") from error
    except (ssl.SSLError, ConnectionResetError) as error:
        spoken = "does not speak TLS: write bolt://, and no neo4jca" if checked else "ended the connection: does it ask for TLS?"
        raise ConfigError(f"Neo4j at {where} {spoken}") from error
    except TimeoutError as error:
        raise ServiceDown(f"Neo4j at {where} {HANGS}") from error
    except OSError as error:
        raise ServiceDown(f"Neo4j at {where} does not answer: {error.strerror or error} (neo4j in the configuration)") from error
    if first.startswith(b"HTTP"):
        raise ConfigError(
            f"{where} is the page of Neo4j for browsers: write the port of Bolt, which is 7687 if nobody changed it"
        )
    if not first:
        raise ConfigError(f"Neo4j at {where} ended the connection: if it asks for TLS, name its CA as neo4jca")

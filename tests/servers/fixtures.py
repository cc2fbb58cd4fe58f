"""Real servers for tests: started when first asked for, clean for each test, ended with the run.

    @on("es953", "es654-sg")
    def test_something(server: Server) -> None: ...

    @on_one_of("es953", "es654-sg")  # what it proves is ours alone, and the same on both
    def test_something_else(server: Server) -> None: ...

A fixture with kinds among its parameters gets the server of one by `servers(kind)`.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from operator import methodcaller
from typing import Any, NoReturn

import pytest
from _pytest.outcomes import Skipped

from tests.randomly import SEED
from tests.servers.kinds import HEAVY_KINDS, KINDS
from tests.servers.neo4j import AS_SHIPPED
from tests.servers.server import Server
from tests.servers.starting import start, why_not
from tests.servers.trouble import CannotStart

REQUIRED = "NETWAR_REQUIRE_SERVERS"
"""With this in the environment a server that cannot be had is a failure, not a skip."""

EVERY_KIND = "NETWAR_EVERY_KIND"
"""With this in the environment a test runs on every kind that it names, also where one of them would do (`one_of`)."""


def on(*kinds: str) -> pytest.MarkDecorator:
    """Run a test on these kinds of servers, one after the other: its parameter `server` is one of them."""
    return pytest.mark.parametrize("server", kinds, indirect=True)


def on_one_of(*kinds: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run a test on one of these kinds of servers (`one_of`): its parameter `server` is that one."""

    def drawn(test: Callable[..., None]) -> Callable[..., None]:
        marked: Callable[..., None] = on(*one_of(kinds, test.__qualname__))(test)
        return marked

    return drawn


def one_of(kinds: Sequence[str], purpose: str) -> Sequence[str]:
    """One of these kinds of servers, drawn anew with each seed, for what has to be seen on a server, and is ours on all alike.

    What one answers differently from another, and what is another code or another file of conf/, is tried on each kind.
    """
    if os.environ.get(EVERY_KIND):
        return kinds
    return [random.Random(f"{SEED} {purpose}").choice(kinds)]


class NotHere(Skipped):
    """A test is skipped for want of a server."""


def skip_without(kind: str) -> None:
    """Skip the test if this kind of server cannot be had here, or fail it where servers are required."""
    if reason := why_not(kind):
        missing(reason)


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a server, or fail it where servers are required."""
    if os.environ.get(REQUIRED):
        pytest.fail(reason, pytrace=False)
    raise NotHere(reason)


def tell_once(report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """Let pytest's summary have one line for a server that is missing, not one for each test."""
    if call.excinfo and isinstance(call.excinfo.value, NotHere):
        report.longrepr = (__file__, 1, f"Skipped: {call.excinfo.value}")


class Servers:
    """The servers of this process, one of each kind, and one of the Elasticsearch family at a time."""

    def __init__(self) -> None:
        self._running: dict[str, Server] = {}
        self._broken: dict[str, str] = {}

    def __call__(self, kind: str, wipe: Callable[[Any], None] = methodcaller("wipe")) -> Server:
        """A clean server of this kind. Skips the test if it cannot be had here, or fails it where servers are required."""
        skip_without(kind)
        if kind in self._broken:
            pytest.fail(self._broken[kind], pytrace=False)
        return self._clean(kind, wipe) or self._started(kind)

    def make_room(self) -> None:
        """Stop the server of the Elasticsearch family: a test is about to start one of its own."""
        for kind in self._running.keys() & set(HEAVY_KINDS):
            self._running[kind].stop()

    def drop(self, kind: str) -> None:
        """Let the next test have a new one: what this one has been told cannot be wiped."""
        self._running.pop(kind).close()

    def close(self) -> None:
        while self._running:
            self._running.popitem()[1].close()

    def _clean(self, kind: str, wipe: Callable[[Any], None]) -> Server | None:
        """The one that runs, started anew if need be; None if there is none, or the last test left it beyond repair."""
        server = self._running.get(kind)
        if not server:
            return None
        try:
            server.resume() if server.alive else server.start()
            wipe(server)
        except Exception:
            self._running.pop(kind).close()
            return None
        return server

    def _started(self, kind: str) -> Server:
        if not KINDS[kind].is_redis:
            for other in self._running.keys() & set(HEAVY_KINDS):
                self._running.pop(other).close()
        try:
            self._running[kind] = start(kind, **AS_SHIPPED.get(kind, {}))
        except CannotStart as error:
            self._broken[kind] = str(error)
            pytest.fail(str(error), pytrace=False)
        return self._running[kind]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """`servers(kind)` is a clean server of that kind, the same one for all tests of this process."""
    running = Servers()
    yield running
    running.close()


@pytest.fixture
def server(servers: Servers, request: pytest.FixtureRequest) -> Server:
    """A clean server, of the kinds that `@on` names."""
    return servers(request.param)


@pytest.fixture
def new_server(servers: Servers) -> Iterator[Callable[..., Server]]:
    """Start servers of this test's own, with options as for `start`; of the Elasticsearch family one, and others beside it,
    or beside the one that all tests share."""
    with ExitStack() as stack:

        def new(kind: str, **options: Any) -> Server:
            skip_without(kind)
            if "beside" not in options:
                servers.make_room()
            return stack.enter_context(start(kind, **options))

        yield new

"""A team's desk: a sandbox to ask, queue and meter in Redis over TLS, the archive in a server of the Elasticsearch family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.elastic.store import ElasticArchive
from netwar.archive.spool import Spool
from tests import clusters
from tests.desk import Desk, Sandbox
from tests.operator import Observer, Operator
from tests.servers.elastic import ElasticServer
from tests.servers.server import Server
from tests.shipped_redis import ShippedRedis, shipped_redis

REACHABLE = 3_200


@dataclass
class Team(Operator):
    """An operator of a team; `stores` are the settings that lead to its servers."""

    server: ElasticServer
    redis: ShippedRedis
    stores: dict[str, object]

    def account(self, path: Path, **settings: object) -> Path:
        """A configuration with keys of its own for the same app and the same servers."""
        known = {**self.stores, "budget": 10_000, "maxcpu": 100, "maxmem": 100, **settings}
        return self.desk.configure(self.sandbox.url, path=path, **known)

    def archive(self) -> closing[ElasticArchive]:
        return closing(clusters.opened(self.desk.home / ".twitter", self.desk.home))

    def has_recorded_what_is_true(self, index: str) -> None:
        """Every tweet that X served of every user is there; what it does not reach is known to be lost; nobody waits."""
        users = self.users()
        with self.archive() as archive:
            kept = clusters.from_timelines(archive, f"tw{index}")
            records = archive.records_of(f"tw{index}", [user["id"] for user in users])
            for user in users:
                truth, record = self.truth(user["id"]), records[user["id"]]
                assert kept[user["id"]] == set(truth[:REACHABLE]), user
                assert record.gaps == ()
                assert bool(record.lost) == (len(truth) > REACHABLE)
                assert record.outcome == ("empty" if not truth else "partial" if record.lost else "complete")
        work = self.work()
        assert (work["waiting"], work["claimed"], work["failed"]) == (0, [], [])

    def has_spooled_nothing(self, *folders: Path) -> None:
        for folder in folders or (self.desk.home / ".local/share/netwar",):
            assert Spool(folder / "spool").waiting() == 0


@pytest.fixture
def durable() -> Iterator[ShippedRedis]:
    """The Redis of conf/redis, for a test that kills it."""
    with shipped_redis() as redis:
        yield redis


class Observers(Team, Observer):
    """A team that records profiles and followers."""


@pytest.fixture
def stores(server: Server, durable: ShippedRedis) -> dict[str, object]:
    """The settings that lead to the servers, as the recorder."""
    elastic = {"elksg": server.url, "elksguser": server.user, "elksgpass": server.password, "elksgca": server.ca}
    return {key: value for key, value in elastic.items() if value} | durable.settings(db=1)


@pytest.fixture
def sitting(
    desk: Desk,
    server: Server,
    durable: ShippedRedis,
    stores: dict[str, object],
    new_sandbox: Callable[..., Sandbox],
    tmp_path: Path,
) -> Callable[..., Any]:
    """Start a sandbox with a scenario and options, and sign in there; what comes is of the class that is named first."""
    assert isinstance(server, ElasticServer)

    def begin(made: type[Team], scenario: str = "", *options: str | Path, **settings: Any) -> Team:
        (file := tmp_path / "scenario.toml").write_text(scenario)
        one = made(desk, new_sandbox("--scenario", file, *options), server, durable, stores)
        one.account(desk.home / ".twitter", **settings)
        return one

    return begin


@pytest.fixture
def team(sitting: Callable[..., Team]) -> Callable[..., Team]:
    """A team that records timelines."""
    return partial(sitting, Team)


@pytest.fixture
def observer(sitting: Callable[..., Observers]) -> Callable[..., Observers]:
    """What the tests of profiles and followers begin with."""
    return partial(sitting, Observers)

"""Where the operator of a story about backups keeps things: what a judge sees there, and how it is made empty for a restore."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from netwar.archive.base import Within
from netwar.archive.sqlite.store import SqliteArchive
from netwar.cli.services import Services
from netwar.coverage import Record
from tests.servers.elastic import ElasticServer
from tests.shipped_redis import ShippedRedis, shipped_redis

ALL = ("files", "redis+es953")
REPOSITORY = "nightly"


class Files:
    """All of it in the data folder, which is the configuration's name without .conf."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}

    def emptied(self) -> dict[str, Any]:
        """Settings of a place where nothing is: each restore has a data folder of its own."""
        return {}

    def let_leases_end(self) -> None:
        """Let ten minutes pass for the claims that came back; in files they are free at once."""

    def kept(self, config: Path, index: str, user: str) -> set[int]:
        """The ids of a user's own tweets that a timeline brought."""
        file = config.with_suffix("") / "archive" / f"{index}.sqlite"
        if not file.exists():  # nothing was recorded yet
            return set()
        query = "SELECT id FROM tweets WHERE user_id = ? AND via = 'timeline'"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            return {row[0] for row in db.execute(query, [int(user)])}

    def record(self, config: Path, index: str, user: str) -> Record:
        """What the ledger says of a user."""
        data = config.with_suffix("")
        with closing(SqliteArchive(data / "archive", data / "dead-letters", looks=True)) as archive:
            return archive.record(f"tw{index}", user)

    def spent(self, config: Path) -> int:
        """Micro-dollars that the meter has booked, or holds to be in doubt."""
        with closing(sqlite3.connect(f"file:{config.with_suffix('')}/meter.sqlite?mode=ro", uri=True)) as db:
            sums = "SELECT (SELECT coalesce(sum(micro), 0) FROM charges) + (SELECT coalesce(sum(micro), 0) FROM reservations)"
            return int(db.execute(sums).fetchone()[0])


class Both(Files):
    """Redis as it is shipped, and Elasticsearch. Restores come into the second database, and into indices that are gone."""

    def __init__(self, redis: ShippedRedis, elastic: ElasticServer) -> None:
        self._redis, self._elastic = redis, elastic
        self.settings = {**redis.settings(), "elksg": elastic.url}
        repository = {"type": "fs", "settings": {"location": str(elastic.snapshots / uuid4().hex)}}
        elastic.ask("PUT", f"/_snapshot/{REPOSITORY}", repository)
        with redis.server.admin() as may:
            may.execute_command("ACL", "SETUSER", "netwar", "+restore")

    def emptied(self) -> dict[str, Any]:
        for index in self._elastic.ask("GET", "/_cat/indices/t*?format=json"):
            self._elastic.ask("DELETE", f"/{index['index']}")
        with self._redis.server.admin() as may:
            may.execute_command("SELECT", 1)
            may.flushdb()
        return {**self.settings, **self._redis.settings(db=1)}

    def let_leases_end(self) -> None:
        with self._redis.server.admin() as may:
            may.execute_command("SELECT", 1)
            for token in may.zrange("tw:work:leases", 0, -1):
                may.zadd("tw:work:leases", {token: 1})

    def kept(self, config: Path, index: str, user: str) -> set[int]:
        with self._services(config) as services:
            found = services.archive.find(f"tw{index}", Within(user))
            return {int(str(one["id"])) for one in found if one["netwar"]["via"] == "timeline"}  # type: ignore[index,call-overload]

    def record(self, config: Path, index: str, user: str) -> Record:
        with self._services(config) as services:
            return services.archive.record(f"tw{index}", user)

    def spent(self, config: Path) -> int:
        with self._services(config) as services:
            money = services.money
            return sum(charge.micro for charge in money.charges()) + money.doubtful() + money.reserved()

    @contextmanager
    def _services(self, config: Path) -> Iterator[Services]:
        with closing(Services("judge", config)) as services:
            services.looks = True
            yield services


@contextmanager
def opened(names: str) -> Iterator[Files]:
    """The stores of this name, one of ALL, with their servers."""
    from tests.servers import start

    with ExitStack() as stack:
        if names == "files":
            yield Files()
        else:
            redis, elastic = stack.enter_context(shipped_redis()), stack.enter_context(start(names.partition("+")[2]))
            assert isinstance(elastic, ElasticServer)
            yield Both(redis, elastic)

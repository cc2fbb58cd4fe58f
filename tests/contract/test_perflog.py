"""What every perflog does, whatever keeps it; and that what the recorder of 2019 left is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netwar.board.base import KEPT_DAYS, Entry, PerfLog
from netwar.board.perflog_elastic import BESIDE, INDEX, ElasticPerfLog
from netwar.board.perflog_sqlite import SqlitePerfLog
from netwar.connections.elastic import Cluster, connect
from tests import clusters
from tests.servers.elastic import ElasticServer
from tests.servers.fixtures import Servers, on

NOW = datetime.now(UTC)
ONE = Entry("alpha", "op", "nasa", "moved house", NOW.isoformat(timespec="milliseconds"))
RUN = {"program": "tw-idu3elk", "subject": "work", "counts": {"tweets": 120}, "dollars": 0.6, "seconds": 1.5, "status": 0}


def at(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="milliseconds")


@pytest.fixture(params=["sqlite", *clusters.KINDS])
def perflog(request: pytest.FixtureRequest, tmp_path: Path, servers: Servers) -> Iterator[PerfLog]:
    if request.param == "sqlite":
        with closing(SqlitePerfLog(tmp_path / "perflog.sqlite")) as opened:
            yield opened
        return
    with closing(connect(clusters.settings(servers(request.param)))) as cluster:
        yield Refreshed(cluster)


class Refreshed(ElasticPerfLog):
    """One whose entries can be found at once."""

    def append(self, entry: Entry) -> None:
        super().append(entry)
        self._cluster.ask("POST", f"/{self._index}/_refresh")


def test_entries_come_back_in_the_order_of_time_and_old_ones_go(perflog: PerfLog) -> None:
    assert perflog.last(10) == []
    perflog.append(replace(ONE, event="too old", date=at(KEPT_DAYS + 1)))
    for days, event in ((3, "first"), (1, "Übergröße 🎉"), (2, "second")):
        perflog.append(replace(ONE, event=event, date=at(days), run=RUN))
    fresh = type(perflog)(perflog._cluster) if isinstance(perflog, ElasticPerfLog) else perflog
    fresh.append(ONE)
    deadline = time.monotonic() + 30
    while len(found := perflog.last(10)) > 4 and time.monotonic() < deadline:
        time.sleep(0.2)  # a cluster removes old ones by itself
        if isinstance(perflog, ElasticPerfLog):
            perflog._cluster.ask("POST", f"/{INDEX}/_refresh")
    assert [entry.event for entry in found] == ["first", "second", "Übergröße 🎉", "moved house"]
    assert (found[0].run, found[-1].run) == (RUN, {})
    assert (found[-1].host, found[-1].shell, found[-1].screen_name) == ("alpha", "op", "nasa")
    assert [entry.event for entry in perflog.last(1)] == ["moved house"]


@on("es654", "es953")
def test_what_the_recorder_of_2019_left_is_read_and_not_written_into(server: ElasticServer) -> None:
    with closing(connect(clusters.settings(server))) as cluster:
        old = {"host": "old", "shell": "op", "screen_name": "nasa", "event": "begun"}
        for number, date in enumerate(("Wed Sep 04 13:51:55 +0000 2019", "Tue Sep 03 10:00:00 +0000 2019")):
            path = f"/{INDEX}/{'perfdata' if cluster.typed else '_doc'}/{number}"
            _put(cluster, path, {**old, "date": date})
        cluster.ask("POST", f"/{INDEX}/_refresh")
        perflog = Refreshed(cluster)
        perflog.append(ONE)
        told = [(entry.host, entry.date[:10]) for entry in perflog.last(10)]
        assert told == [("old", "2019-09-03"), ("old", "2019-09-04"), ("alpha", ONE.date[:10])]
        assert [entry.host for entry in perflog.last(2)] == ["old", "alpha"]
        assert set(perflog._mappings()) == {INDEX, BESIDE}


def _put(cluster: Cluster, path: str, body: object) -> None:
    cluster.ask("PUT", path, body)

"""The back ends of the archive, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from operator import methodcaller
from pathlib import Path

import pytest

from netwar.archive.base import Archive
from netwar.archive.winning import XTime, unknown
from netwar.connections.runs import Run
from tests import clusters
from tests.contract.opening import NOW, SetClock, new_run, place
from tests.servers.elastic import TEMPLATES
from tests.servers.fixtures import Servers

ARCHIVES = ["sqlite", *clusters.KINDS]


def opened_archive(kind: str, folder: Path, now: XTime = unknown) -> Archive:
    """An archive of this kind, with its data in a folder or in the server that runs for this test. `now` tells X's time."""
    if kind == "sqlite":
        from netwar.archive.sqlite.store import SqliteArchive

        return SqliteArchive(folder / "archive", folder / "dead-letters", now)
    return clusters.opened(clusters.remembered(kind), folder, now)


def emptied(kind: str, servers: Servers, configuration: Path) -> None:
    """Let a server of this kind run, with nothing in it, for `opened_archive` to open; its configuration is written there."""
    clusters.remember(kind, clusters.configured(servers(kind, methodcaller("wipe", but=TEMPLATES)), configuration))


@pytest.fixture(params=ARCHIVES)
def archive_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive(archive_kind: str, tmp_path: Path, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A new archive; its dead letters are in tmp_path / "dead-letters"."""
    if archive_kind != "sqlite":
        emptied(archive_kind, servers, tmp_path_factory.mktemp("cluster") / "conf")
    with closing(opened_archive(archive_kind, tmp_path)) as opened:
        yield opened


@pytest.fixture
def where(tmp_path: Path) -> str:
    """A fresh place for queue and meter, in files."""
    return place("sqlite", tmp_path)


@pytest.fixture
def clock() -> SetClock:
    """The clock of what is opened, which stands until it is set."""
    return SetClock(NOW)


@pytest.fixture
def run(where: str) -> Run:
    return new_run(where)

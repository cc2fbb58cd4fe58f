"""The back ends of the archive, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netwar.archive.base import Archive
from tests import clusters

API = "https://api.x.com"
ARCHIVES = ["sqlite", *clusters.KINDS]


def opened_archive(kind: str, folder: Path) -> Archive:
    """An archive of this kind whose data is in a folder, or in a server that one test has for itself."""
    from netwar.archive.elastic.store import ElasticArchive
    from netwar.archive.sqlite.store import SqliteArchive
    from netwar.connections.elastic import connect

    if kind == "sqlite":
        return SqliteArchive(folder / "archive", folder / "dead-letters")
    return ElasticArchive(connect(clusters.settings(kind)), folder / "dead-letters", API)


@pytest.fixture(params=ARCHIVES)
def archive_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive(archive_kind: str, tmp_path: Path) -> Iterator[Archive]:
    """A new archive; its dead letters are in tmp_path / "dead-letters"."""
    if archive_kind == "sqlite":
        opened = opened_archive(archive_kind, tmp_path)
        yield opened
        opened.close()
        return
    from netwar.archive.elastic.store import ElasticArchive

    with clusters.emptied(archive_kind) as cluster:
        yield ElasticArchive(cluster, tmp_path / "dead-letters", API)

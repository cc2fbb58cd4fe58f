"""An archive in a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.elastic.store import ElasticArchive
from netwar.connections.elastic import Cluster, connect
from netwar.records.documents import Document
from tests import clusters
from tests.servers.elastic import ElasticServer

NOW = 1_795_000_000_000


@pytest.fixture
def cluster(server: ElasticServer) -> Iterator[Cluster]:
    """A connection of the recorder's own."""
    opened = connect(clusters.settings(server))
    yield opened
    opened.close()


@pytest.fixture
def opened(server: ElasticServer, tmp_path: Path) -> Iterator[Callable[..., ElasticArchive]]:
    """Open the archive as the recorder, or as another user; each time as another process would."""
    with ExitStack() as stack:

        def open_as(user: str | None = None, api: str = clusters.API) -> ElasticArchive:
            archive = ElasticArchive(connect(clusters.settings(server, user)), tmp_path / "dead-letters", api)
            stack.callback(archive.close)
            return archive

        yield open_as


@pytest.fixture
def archive(opened: Callable[..., ElasticArchive]) -> ElasticArchive:
    return opened()


def tweet(id: int, text: str = "hello", **more: Any) -> Document:
    return Document("twbrexit", str(id), {"id": str(id), "text": text, "author_id": "7", **more}, True, NOW)

"""A desk whose archive holds tweets of users who interact."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from tests.desk import Desk
from tests.interactions import corpus
from tests.randomly import SEED


@pytest.fixture
def archive(desk: Desk) -> Iterator[SqliteArchive]:
    data = desk.home / ".local/share/netwar"
    data.mkdir(parents=True)
    with closing(SqliteArchive(data / "archive", data / "dead-letters")) as archive:
        yield archive


@pytest.fixture
def bodies(archive: SqliteArchive) -> list[corpus.Body]:
    """The tweets in `brexit`."""
    made = corpus.tweets(300, SEED)
    corpus.keep(archive, "brexit", made, corpus.profiles())
    return made


@pytest.fixture
def out(desk: Desk) -> Path:
    return desk.home / "brexit.gexf"

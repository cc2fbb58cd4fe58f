"""The back ends of the archive, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netwar.archive.base import Archive
from tests.contract.opening import KINDS, place

ARCHIVES = ["sqlite"]


def opened_archive(kind: str, folder: Path) -> Archive:
    """An archive of this kind whose data is in (or named after) a folder."""
    from netwar.archive.sqlite.store import SqliteArchive

    assert kind == "sqlite"
    return SqliteArchive(folder / "archive", folder / "dead-letters")


@pytest.fixture(params=ARCHIVES)
def archive_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def archive(archive_kind: str, tmp_path: Path) -> Iterator[Archive]:
    """A new archive; its dead letters are in tmp_path / "dead-letters"."""
    opened = opened_archive(archive_kind, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(params=KINDS)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh place for queue and meter, with each back end there is."""
    kind = str(request.param)
    return place(kind, tmp_path, request.getfixturevalue("redis") if kind.startswith("redis") else None)

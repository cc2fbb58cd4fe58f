"""An archive for the logs of lists, and those who watch lists into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.base import Archive, Store
from netwar.archive.spool import Spool
from netwar.lists.watch import Watch
from tests.contract.conftest import opened_archive
from tests.lists.shown import OWNER, ShownX


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with closing(opened_archive("sqlite", tmp_path)) as opened:
        yield opened


@pytest.fixture
def watching(archive: Archive, tmp_path: Path) -> Iterator[Callable[..., Watch]]:
    """Watch the lists that an X shows into `twx`."""
    with closing(Spool(tmp_path / "spool")) as spool:
        yield lambda x, **more: Watch(x, Store(archive, spool), OWNER, more.pop("index", "x"), **more)


def looked(watch: Watch, x: ShownX, times: int = 1, apart: float = 60) -> list[object]:
    """Relist some times; what was told."""
    from netwar.errors import NetwarError

    told: list[object] = []
    for _ in range(times):
        x.wait(apart)
        try:
            told += list(watch.relist())
        except NetwarError as error:
            told.append(error)
    return told

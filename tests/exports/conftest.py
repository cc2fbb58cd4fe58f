"""A desk with an archive of made-up tweets, for exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from netwar.archive.sqlite.store import SqliteArchive
from tests.desk import Desk, Ended
from tests.exports.made import Pages, fill, rename

PAGES = 21  # two batches of an export, and some more
FEW = 4  # of the index `few`, for what is the same however many there are


@dataclass(frozen=True)
class Exporting:
    """Somebody who exports the index `made`, or `few`."""

    desk: Desk

    @property
    def data(self) -> Path:
        return self.desk.home / ".local" / "share" / "netwar"

    def run(self, name: str, *args: object, **more: Any) -> Ended:
        return self.desk.run(name, *map(str, args), **{"check": 0, **more})

    def path(self, name: str) -> Path:
        return self.desk.home / name

    def lines(self, *args: object, program: str = "tw-dumptweets", index: str = "made") -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.run(program, index, *args).stdout.split("\n")[:-1]]

    @contextmanager
    def archive(self) -> Iterator[SqliteArchive]:
        with closing(SqliteArchive(self.data / "archive", self.data / "dead-letters")) as archive:
            yield archive

    def documents(self, index: str = "twmade") -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = orjson.loads(_documents(self, index))
        return found

    def select(self, query: str, *values: object, index: str = "made") -> list[Any]:
        import sqlite3

        with closing(sqlite3.connect(f"file:{self.data}/archive/{index}.sqlite?mode=ro", uri=True)) as db:
            return db.execute(query, values).fetchall()


@cache
def _documents(exporting: Exporting, index: str) -> bytes:
    with exporting.archive() as archive:
        return orjson.dumps({body["id"]: body for body in archive.scan(index)})


@pytest.fixture(scope="session")
def exporting(tmp_path_factory: pytest.TempPathFactory) -> Exporting:
    """All tests of a run share it: they only read the archive."""
    home = tmp_path_factory.mktemp("exporting") / "home"
    home.mkdir()
    desk = Desk(home)
    desk.configure()
    one = Exporting(desk)
    with one.archive() as archive:
        for index, pages in (("made", PAGES), ("few", FEW)):
            fill(archive, made := Pages(1), pages, index)
            rename(archive, made, 30, index)
    return one

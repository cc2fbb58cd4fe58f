"""All that an archive in files has, to the byte, with the versions of documents."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from netwar.archive.sqlite.store import SqliteArchive
from tests.copying.archives import whole
from tests.desk import Desk

ARCHIVE = ".local/share/netwar/archive"


def all_of(desk: Desk, name: str, folder: str = ARCHIVE) -> dict[str, Any]:
    """Documents, what profiles said before, coverage and notes of a name, and the versions."""
    path = desk.home / folder
    with closing(SqliteArchive(path, desk.home / "dead")) as archive:
        return whole(archive, name) | versions(path / f"{name}.sqlite")


def versions(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return {
            f"{table} {id} version": version
            for table in ("tweet", "profile")
            for id, version in db.execute(f"SELECT id, version FROM {table}")
        }

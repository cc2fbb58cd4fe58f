"""A new database is whole from its first moment."""

from __future__ import annotations

import pkgutil
import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

import netwar
from netwar.connections import sqlite
from netwar.connections import sqlite_schema as schema
from netwar.connections.sqlite_files import opened

MODULES = (import_module(module.name) for module in pkgutil.walk_packages(netwar.__path__, "netwar."))
LAYOUTS = {tuple(scripts) for scripts in (getattr(module, "MIGRATIONS", ()) for module in MODULES) if scripts}


def in_it(path: Path) -> list[object]:
    """All that a database says of itself."""
    with closing(sqlite3.connect(path)) as shell:
        asked = ("user_version", "journal_mode", "page_size", "encoding", "auto_vacuum", "integrity_check")
        return [*(shell.execute(f"PRAGMA {what}").fetchall() for what in asked), *shell.iterdump()]


def test_it_is_what_its_scripts_make_one_by_one(tmp_path: Path) -> None:
    assert len(LAYOUTS) >= 6
    for number, scripts in enumerate(LAYOUTS):
        new, grown = tmp_path / f"new-{number}" / "x.sqlite", tmp_path / f"grown-{number}" / "x.sqlite"
        grown.parent.mkdir()
        with closing(opened(grown, 1)) as connection, sqlite.transaction(connection):
            schema.bring_up_to_date(connection, scripts)
        sqlite.connect(new, scripts).close()
        assert in_it(new) == in_it(grown)
        assert [path.name for path in new.parent.iterdir()] == ["x.sqlite"], "there was nothing to keep a copy of"


def test_who_is_killed_right_after_it_was_made_leaves_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqlite, "_bring_up_to_date", killed)
    with pytest.raises(KeyboardInterrupt):
        sqlite.connect(tmp_path / "x.sqlite", ["CREATE TABLE t (a);", "CREATE TABLE u (a);"])
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as shell:
        assert shell.execute("PRAGMA user_version").fetchone() == (2,)
        assert [name for (name,) in shell.execute("SELECT name FROM sqlite_master ORDER BY name")] == ["t", "u"]

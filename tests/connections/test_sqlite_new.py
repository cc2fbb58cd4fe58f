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
from netwar.connections.sqlite_beside import check_nothing_left
from netwar.connections.sqlite_files import opened
from netwar.connections.sqlite_looking import look
from netwar.errors import ServiceDown
from tests.desk import Desk
from tests.rows import rows


def layouts() -> set[tuple[str, ...]]:
    """The scripts of each kind of database."""
    modules = (import_module(module.name) for module in pkgutil.walk_packages(netwar.__path__, "netwar."))
    return {tuple(module.MIGRATIONS) for module in modules if hasattr(module, "MIGRATIONS")}


def in_it(path: Path) -> list[object]:
    """All that a database says of itself."""
    with closing(sqlite3.connect(path)) as shell:
        asked = ("user_version", "journal_mode", "page_size", "encoding", "auto_vacuum", "integrity_check")
        return [*(shell.execute(f"PRAGMA {what}").fetchall() for what in asked), *shell.iterdump()]


def test_it_is_what_its_scripts_make_one_by_one(tmp_path: Path) -> None:
    known = layouts()
    assert len(known) >= 6
    for number, scripts in enumerate(known):
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


def log_of(path: Path) -> bytes:
    """The log of a database in which something was changed, and which was not closed."""
    with closing(sqlite3.connect(path)) as shell:
        shell.execute("CREATE TABLE noted (what)")
        shell.execute("INSERT INTO noted VALUES ('former')")
        shell.commit()
        return path.with_name(path.name + "-wal").read_bytes()


@rows("ending", ["-wal", "-journal"])
def test_what_a_database_that_is_gone_has_left_gets_into_no_new_one(tmp_path: Path, ending: str) -> None:
    scripts, path = ["CREATE TABLE t (a);"], tmp_path / "x.sqlite"
    sqlite.connect(path, scripts).close()
    left = path.with_name(path.name + ending)
    left.write_bytes(log_of(path))
    path.unlink()
    content = left.read_bytes()
    for way in (sqlite.connect, look):
        with pytest.raises(ServiceDown, match=rf"x\.sqlite{ending} belongs to a database that is gone: put that back beside it"):
            way(path, scripts)
    assert [file.name for file in tmp_path.iterdir()] == [left.name]
    assert left.read_bytes() == content, "it may have the newest of what was recorded"
    left.write_bytes(b"")
    sqlite.connect(path, scripts).close()
    assert in_it(path)[0] == [(1,)]


def test_what_another_process_has_just_made_is_not_taken_for_left(tmp_path: Path) -> None:
    with closing(sqlite.connect(tmp_path / "x.sqlite", ["CREATE TABLE t (a);"])) as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        assert (tmp_path / "x.sqlite-wal").stat().st_size
        check_nothing_left(tmp_path / "x.sqlite")


def test_a_program_says_so_and_goes_on_once_it_is_whole_again(desk: Desk) -> None:
    desk.configure(None, data=desk.home / "data", **dict.fromkeys(("consumer_key", "consumer_secret", "bearer_token"), "x"))
    desk.run("tw-quser2work", "-", input="nasa\n", check=0)
    queues = desk.home / "data" / "queues.sqlite"
    log = log_of(queues)
    queues.rename(desk.home / "aside.sqlite")
    queues.with_name("queues.sqlite-wal").write_bytes(log)
    ended = desk.run("tw-quser2work", "-", input="esa\n", check=69)
    assert "queues.sqlite-wal belongs to a database that is gone" in ended.stderr
    (desk.home / "aside.sqlite").rename(queues)
    desk.run("tw-quser2work", "-", input="esa\n", check=0)
    assert "2" in desk.run("tw-showwork", check=0).stdout

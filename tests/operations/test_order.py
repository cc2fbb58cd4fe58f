"""In which order things are copied: nothing in a backup says that something is recorded which is not in it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.connections.runs import Run
from netwar.meter.base import Purpose
from netwar.meter.sqlite import SqliteMoney
from netwar.meter.sqlite_mending import restore_meter
from netwar.operations import backup, copying
from netwar.operations.elastic_backup import Snapshots
from netwar.operations.manifest import Part
from netwar.queues.sqlite import SqliteQueue
from netwar.queues.sqlite_restoring import restore_queues

DATABASES = ("queues.sqlite", "archive/a.sqlite", "due.sqlite", "streams.sqlite", "graph/a.sqlite", "meter.sqlite")
TEXTS = ("spool/pages.jsonl", "spool.7/pages.jsonl", "streams/app/journal", "dead-letters", "exports.jsonl")


def write(data: Path, moment: int) -> None:
    """Everything says what time it is."""
    for name in DATABASES:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(data / name)) as db:
            db.execute("CREATE TABLE IF NOT EXISTS t (moment)")
            db.execute("DELETE FROM t")
            db.execute("INSERT INTO t VALUES (?)", (moment,))
            db.commit()
    for name in TEXTS:
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text(str(moment))


def test_what_claims_is_older_than_what_it_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything changes between two copies: each copy tells at which moment it was made."""
    data, copied, moment = tmp_path / "data", copying.copied, 0

    def slow(path: Path, data: Path, folder: Path) -> Part | None:
        nonlocal moment
        part, moment = copied(path, data, folder), moment + 1
        write(data, moment)
        return part

    monkeypatch.setattr(backup, "copied", slow)
    write(data, moment)
    (tmp_path / "place").mkdir()
    folder, _, _ = backup.taken(backup.Source(data, "https://api.x.com"), tmp_path / "place")

    def at(name: str) -> int:
        if name in TEXTS:
            return int((folder / "data" / name).read_text())
        with closing(sqlite3.connect(folder / "data" / name)) as db:
            return int(db.execute("SELECT moment FROM t").fetchone()[0])

    archive = at("archive/a.sqlite")
    assert max(map(at, ("queues.sqlite", "spool/pages.jsonl", "spool.7/pages.jsonl", "streams/app/journal"))) < archive
    assert archive < min(map(at, ("dead-letters", "streams.sqlite", "due.sqlite")))
    assert at("due.sqlite") < at("graph/a.sqlite")
    assert at("meter.sqlite") == max(map(at, DATABASES + TEXTS))


class Server:
    """An Elasticsearch that takes every snapshot, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ask(self, method: str, path: str, body: Any = None, **_more: Any) -> Any:
        if method == "GET":
            return {"snapshots": [{"state": "SUCCESS", "indices": []}]} if "/netwar" in path else {"nightly": {}}
        self.asked.append((path.split("?")[0], body["indices"]))
        return {}


def test_coverage_has_a_snapshot_of_its_own_before_the_documents() -> None:
    server, snapshots = (server := Server()), Snapshots(server, None)
    snapshots.before(Path(), "netwar-1")
    snapshots.archive(Path(), "netwar-1")
    Snapshots(server, "nightly").archive(Path(), "netwar-1")  # another host's, or one that was killed, of the same second
    (first, ledgers), (second, documents), *others = server.asked
    assert re.fullmatch("/_snapshot/nightly/netwar-1-[0-9a-f]{6}-tc", first)
    assert second == first.removesuffix("-tc")
    assert {first, second}.isdisjoint(path for path, _ in others), "no server takes a name twice"
    assert ledgers == "tc*"
    assert "tc" not in documents


def test_what_runs_held_is_nobodys_after_a_restore(tmp_path: Path) -> None:
    """Whoever was claimed waits, in the old turn; what was reserved is in doubt, beside the budget of today."""
    run = Run(tmp_path / "runs")
    with closing(SqliteQueue(tmp_path / "queues.sqlite", "work", run)) as queue:
        queue.put(["1", "2", "@three"])
        assert (claim := queue.take(1))
        assert [*claim.users] == ["1"]
    assert restore_queues(tmp_path / "queues.sqlite") == 1
    with closing(SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "others"))) as queue:
        assert (claim := queue.take(3))
        assert [*claim.users] == ["1", "2", "@three"]
    path = tmp_path / "meter.sqlite"
    with closing(SqliteMoney(path, "app", run, 9_000_000)) as money:
        money.reserve("page", {"post": 100}, Purpose("tw-idu3elk", "brexit"))
    restore_meter(path, "app", 2_000_000)
    with closing(SqliteMoney(path, "app", run, 9_000_000)) as money:
        balance = money.balance()
        assert (balance.spent, balance.reserved, balance.doubtful) == (0, 0, 2_500_000)
    run.end()

"""A write transaction is whole or nothing, whatever ends it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.outbox import DueFile, SqliteOutbox
from netwar.archive.sqlite.store import SqliteArchive
from netwar.board.base import Entry, RunState
from netwar.board.perflog_sqlite import SqlitePerfLog
from netwar.board.sqlite import SqliteBoard
from netwar.captures.sqlite import SqliteCaptures
from netwar.connections.runs import Run
from netwar.connections.sqlite import transaction
from netwar.errors import Moved
from netwar.graph.sqlite import SqliteGraph
from netwar.meter.base import Purpose
from netwar.meter.sqlite import SqliteApps, SqliteMoney, SqliteWindows
from netwar.queues.sqlite import SqliteQueue
from netwar.queues.sqlite_roster import SqliteRoster
from netwar.records.documents import Document
from tests.moving import moved_away, put_back
from tests.rows import rows


class Interrupted(sqlite3.Connection):
    """A signal comes just as BEGIN has been done."""

    times = 1

    def execute(self, sql, *args):  # type: ignore[no-untyped-def]
        done = super().execute(sql, *args)
        if sql.startswith("BEGIN") and self.times:
            self.times -= 1
            raise KeyboardInterrupt
        return done


def test_a_signal_as_it_begins_leaves_none_open() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None, factory=Interrupted)
    with pytest.raises(KeyboardInterrupt), transaction(connection):
        raise AssertionError("not reached")
    assert not connection.in_transaction
    with transaction(connection) as writing:
        writing.execute("CREATE TABLE t (x)")
    connection.close()


RUN = RunState("1", "alpha", "tw-idu3elk", "c0")
ENTRY = Entry("alpha", "me", "nasa", "said", "2026-03-01T00:00:00Z")
DOCUMENT = Document("twcats", "1", {"id": "1"}, True, 1_795_000_000_000)

# Each kind of store: how it is opened, given its file and a run, and a step that writes.
STORES: list[tuple[str, Callable[[Path, Run], Any], Callable[[Any], object]]] = [
    ("queues.sqlite", lambda path, run: SqliteQueue(path, "work", run), lambda it: it.put(["1"])),
    ("queues.sqlite", lambda path, run: SqliteRoster(path, "1", "cats", run), lambda it: it.turn(os.urandom(4).hex(), 0)),
    ("meter.sqlite", lambda path, run: SqliteMoney(path, "app", run, 10**9), lambda it: it.reserve("r", {"post": 1}, PURPOSE)),
    ("meter.sqlite", lambda path, _: SqliteApps(path), lambda it: it.record("token", "app")),
    ("meter.sqlite", lambda path, _: SqliteWindows(path), lambda it: it.block_until("token", "here", 1e9)),
    ("board.sqlite", lambda path, _: SqliteBoard(path), lambda it: it.say(RUN)),
    ("perflog.sqlite", lambda path, _: SqlitePerfLog(path), lambda it: it.append(ENTRY)),
    ("streams.sqlite", lambda path, run: SqliteCaptures(path, "app", run), lambda it: it.hold("alpha", 1, "cats", 1)),
    ("streams.sqlite", lambda path, run: SqliteCaptures(path, "app", run), lambda it: it.captures()),
    ("cats.sqlite", lambda path, _: SqliteGraph(path.parent), lambda it: it.move("cats", 1)),
    ("cats.sqlite", lambda path, _: SqliteArchive(path.parent, path.parent / "dead"), lambda it: it.write([DOCUMENT])),
    ("due.sqlite", lambda path, _: SqliteOutbox(DueFile(path)), lambda it: it.add("twcats", ["1"])),
]
PURPOSE = Purpose("tw-idu3elk", "cats")


@rows(("name", "opened", "step"), STORES)
def test_a_file_that_is_moved_away_is_written_no_more(
    tmp_path: Path, name: str, opened: Callable[[Path, Run], Any], step: Callable[[Any], object]
) -> None:
    """SQLite goes on in it: whoever looks where it was finds nothing of that."""
    file, store = tmp_path / name, opened(tmp_path / name, Run(tmp_path / "runs"))
    step(store)
    away = moved_away(file)
    before = content(away)
    for _ in range(2):
        with pytest.raises(Moved, match="was moved away or removed while it was used: put it, or a copy, there and run again"):
            step(store)
    assert not file.exists(), "somebody is about to put something there"
    file.touch()
    with pytest.raises(Moved, match="was moved away, and another file is in its place"):
        step(store)
    assert content(away) == before
    file.unlink()
    put_back(file)
    step(store)
    (getattr(store, "close", None) or store._files.close)()


def content(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return [*db.iterdump()]

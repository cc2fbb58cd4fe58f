"""What only the embedded queue has to show."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwar.connections.runs import Run
from netwar.connections.sqlite import connect
from netwar.errors import ConfigError, ServiceDown
from netwar.queues import sqlite
from netwar.queues.sqlite import SqliteQueue
from netwar.queues.sqlite_file import MIGRATIONS
from netwar.queues.sqlite_roster import SqliteRoster
from tests.contract.opening import claims


@pytest.fixture
def queue(tmp_path: Path) -> SqliteQueue:
    return SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs"))


def test_a_long_list_is_put_in_constant_memory(queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHUNK", 5_000)

    def most(users: Iterator[str]) -> int:
        tracemalloc.start()
        queue.put(users)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert most(str(number) for number in range(50_000, 100_000)) < most(str(number) for number in range(10_000)) * 1.2
    assert len(queue) == 60_000
    assert len(set(queue.waiting())) == 60_000


def test_what_was_put_before_an_interruption_is_kept(queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "CHUNK", 10)

    def users() -> Iterator[str]:
        yield from map(str, range(25))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.put(users())
    assert len(queue) == 20


def test_short_lists_keep_their_order(queue: SqliteQueue) -> None:
    users = ["9", "1", "zeta", "alpha", "@5"]
    queue.put(users)
    assert list(queue.waiting()) == users
    assert [claim.user for claim in claims(queue)] == users


def test_somebody_may_claim_while_the_waiting_are_listed(queue: SqliteQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BATCH_SIZE", 2)
    queue.put(map(str, range(10)))
    seen = []
    for user in queue.waiting():
        seen.append(user)
        queue.take(1)
    assert seen == list(map(str, range(10)))
    assert len(queue.claimed()) == 10


def test_the_run_has_no_file_before_it_holds_something(queue: SqliteQueue, tmp_path: Path) -> None:
    assert queue.take(1) is None
    assert not (tmp_path / "runs").exists()
    queue.put(["1"])
    queue.take(1)
    assert len(list((tmp_path / "runs").glob("*.run"))) == 1


def test_the_file_of_a_dead_run_is_removed_with_its_last_claim(queue: SqliteQueue, tmp_path: Path) -> None:
    queue.put(["1"])
    dead = Run(tmp_path / "runs")
    SqliteQueue(tmp_path / "queues.sqlite", "work", dead).take(1)
    file = next((tmp_path / "runs").glob("*.run"))
    dead.end()
    file.touch()  # as kill -9 leaves it
    assert queue.take(1) is not None
    assert not file.exists()


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "queues.sqlite").write_text("x" * 5000)
    with pytest.raises(ServiceDown, match=r"queues\.sqlite is damaged.*: tw-mend .*queues\.sqlite  rebuilds it"):
        SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs"))


def test_what_another_program_put_there_is_told_and_can_be_mended_away(queue: SqliteQueue, tmp_path: Path) -> None:
    queue.put(["1"])
    put = "INSERT INTO entries (queue, user, state, queued) VALUES ('work', ?, 'waiting', ?)"
    for row in ((b"\xff\0", 5.0), ("2", "soon")):
        queue._db.execute(put, row)
        for use in (lambda: queue.take(9), lambda: [*queue.waiting(), queue.take(9)]):
            with pytest.raises(ServiceDown, match=r"damaged.*: tw-mend .*queues\.sqlite  rebuilds it"):
                use()
        queue._db.execute("DELETE FROM entries WHERE queued = ?", row[1:])
    assert (claim := queue.take(9)) is not None
    assert claim.users == ["1"]


def test_a_file_of_a_newer_program_is_refused(queue: SqliteQueue, tmp_path: Path) -> None:
    queue._db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigError, match="newer version"):
        SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs"))


def test_a_file_that_was_there_before_rosters_is_brought_up_to_date(tmp_path: Path) -> None:
    path, run = tmp_path / "queues.sqlite", Run(tmp_path / "runs")
    with closing(connect(path, MIGRATIONS[:3])) as old:
        old.execute("INSERT INTO entries (queue, user, state, queued) VALUES ('work', '1', 'waiting', 5.0)")
    with closing(SqliteRoster(path, "12", "brexit", run)) as roster:
        assert roster.fresh(["2"], "7", 1) == ["2"]
    with closing(SqliteQueue(path, "work", run)) as queue:
        assert list(queue.waiting()) == ["1"]
        assert queue._db.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)

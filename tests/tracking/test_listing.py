"""What the roster is told of lists: also what a run that was killed could not tell it, and nothing that nobody has seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.runs import Run
from netwar.lists.membership import ListLog, ListState
from netwar.lists.watch import Relisted
from netwar.queues.sqlite_roster import SqliteRoster
from netwar.tracking.listing import Listing

LIST = "77"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead")) as archive:
        yield archive


@pytest.fixture
def roster(tmp_path: Path) -> Iterator[SqliteRoster]:
    run = Run(tmp_path / "runs")
    with closing(SqliteRoster(tmp_path / "queues.sqlite", "1", "a", run)) as roster:
        yield roster
    run.end()


class Watched:
    """What was read of one list, by its log."""

    def __init__(self, archive: SqliteArchive) -> None:
        self.kept = ListLog(archive, "twa", LIST)

    def log(self, list_id: str) -> ListLog:
        return self.kept

    def relist(self) -> Iterator[Relisted]:
        yield Relisted(LIST, None, ListState(), frozenset(self.kept.members()))

    def forget(self, list_id: str, at: int) -> list[str]:
        return self.kept.remove(self.kept.members(), at)


def listing(watch: Any, roster: SqliteRoster, archive: SqliteArchive) -> Listing:
    return Listing(watch, roster, archive, "a", "observer (1)")


def test_who_left_before_a_run_was_killed_leaves_with_the_next_one(archive: SqliteArchive, roster: SqliteRoster) -> None:
    watch = Watched(archive)
    watch.kept.add(["1", "2"], 1_000)
    listing(watch, roster, archive).relist()
    watch.kept.remove(["2"], 2_000)  # and here it is killed
    listing(watch, roster, archive).relist()
    assert [member.user for member in roster.members()] == ["1"]


def test_whom_another_host_has_seen_come_stays(archive: SqliteArchive, roster: SqliteRoster) -> None:
    watch = Watched(archive)
    watch.kept.add(["1"], 1_000)
    roster.fresh(["1", "5"], LIST, 2_000)  # with an archive of its own
    listing(watch, roster, archive).relist()
    assert [member.user for member in roster.members()] == ["1", "5"]


def test_who_is_forgotten_by_halves_is_forgotten_wholly(archive: SqliteArchive, roster: SqliteRoster) -> None:
    watch = Watched(archive)
    watch.kept.add(["1", "2"], 1_000)
    listing(watch, roster, archive).relist()
    watch.forget(LIST, 2_000)  # killed before the roster was told
    assert listing(watch, roster, archive).forget(LIST, 3_000) == 2
    assert len(roster) == 0

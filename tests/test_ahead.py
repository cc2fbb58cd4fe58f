"""What was dated ahead of X's clock, by a host whose own was, is neither fresh nor the last word."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from netwar.archive.base import Store
from netwar.archive.spool import Spool
from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.runs import Run
from netwar.coverage import Record
from netwar.follows.enumeration import stale
from netwar.profiles.status import changes, conclude, standing
from netwar.profiles.worker import ProfileWorker
from netwar.queues.base import Claim
from netwar.queues.sqlite import SqliteQueue
from netwar.records.documents import USERTEST, Document
from netwar.records.pages import Page
from netwar.sandbox.world.clock import iso
from netwar.timelines.resolver import ScreenNameResolver
from netwar.twitter.base import Answer
from netwar.work.loop import since_queued

MONTHS = 90 * 86_400_000
NOW = time.time_ns() // 1_000_000 // 1_000 * 1_000


def profile(at: int) -> dict[str, object]:
    return {"id": "1", "username": "ahead", "netwar": {"retrieved": iso(at)}}


def test_what_x_says_of_a_user_now_is_the_last_word(tmp_path: Path) -> None:
    suspended = Record("1", outcome="suspended", asked=NOW)
    assert standing(suspended, profile(NOW + MONTHS)) == "suspended"
    assert standing(suspended, profile(NOW + 1_000)) == "open"
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive:
        conclude(archive, USERTEST, "1", "gone", NOW + MONTHS)
        conclude(archive, USERTEST, "1", "suspended", NOW)
        assert archive.record(USERTEST, "1").outcome == "suspended"
        conclude(archive, USERTEST, "1", "gone", NOW - 1_000)
        assert archive.record(USERTEST, "1").outcome == "suspended"
        assert [(one.at, one.standing) for one in changes(archive, USERTEST, "1")] == [
            (NOW + MONTHS, "gone"),
            (NOW, "suspended"),
        ]


def test_a_profile_of_the_future_is_not_fresh(tmp_path: Path) -> None:
    with closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive:
        archive.write(
            [Document(USERTEST, id, {**profile(at), "id": id}, True, at) for id, at in (("1", NOW + MONTHS), ("2", NOW))]
        )
        assert stale(archive, ["1", "2", "3"], NOW - 1_000, NOW) == ["1", "3"]


class X:
    """Shows the user `ahead` as they are now, and counts how often it is asked."""

    account, dialect, asked = "me", "post", 0

    def now(self) -> int:
        return NOW

    def users(self, values: list[str], *, index: str) -> Answer:
        self.asked += 1
        return Answer(Page(users=[{"id": "1", "username": "ahead"}]), NOW, 0, len(values), NOW)

    names = users


def test_nor_does_it_keep_x_from_being_asked(tmp_path: Path) -> None:
    x = X()
    with (
        closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters", x.now)) as archive,
        closing(SqliteQueue(tmp_path / "queues.sqlite", USERTEST, Run(tmp_path / "runs"))) as queue,
    ):
        store = Store(archive, Spool(tmp_path / "spool"))
        for index in (USERTEST, "tubrexit"):
            archive.write([Document(index, "1", profile(NOW + MONTHS), True, NOW + MONTHS)])
        queue.put(["1"])
        ProfileWorker(queue, x, store, fresh=NOW - MONTHS).run(wait=False)  # type: ignore[arg-type]
        assert (x.asked, len(queue)) == (1, 0)
        assert ScreenNameResolver(x, store, "brexit").find("ahead", [], 0).id == "1"  # type: ignore[arg-type]
        assert x.asked == 2


@pytest.mark.parametrize("ours", [0, MONTHS, -MONTHS])
def test_how_long_a_user_has_waited_does_not_depend_on_what_our_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: int
) -> None:
    """Queued ten seconds ago, by a clock that is right or wrong by months."""
    monkeypatch.setattr(time, "time", lambda: (NOW + ours) / 1_000)
    with closing(SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs"))) as queue:
        claim = Claim(queue, "token", ["1"], time.time() - 10)
        assert since_queued(claim, NOW - 5_000, NOW)
        assert not since_queued(claim, NOW - 15_000, NOW)
        assert not since_queued(claim, NOW + MONTHS, NOW)

"""Claims that a run holds for long, since one of their users has to wait for others to fill a look-up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from netwar.archive.base import Store
from netwar.archive.spool import Spool
from netwar.archive.sqlite.store import SqliteArchive
from netwar.connections.runs import Run
from netwar.errors import OutOfCredit
from netwar.profiles.worker import ProfileWorker
from netwar.queues.base import MAX_FAILURES, Queue, UserFailed
from netwar.queues.sqlite import SqliteQueue
from netwar.records.pages import Page
from netwar.twitter.base import Answer
from netwar.work import claim_batch
from tests.contract.opening import SetClock

pytestmark = pytest.mark.long

LOOK_UP_SECONDS = 70
SILENT = "7"


class SlowX:
    """An X that takes its time for each look-up, and says nothing of one user."""

    account, dialect = "me", "post"

    def __init__(self, clock: SetClock, queue: Queue) -> None:
        self.look_ups = 0
        self._clock = clock
        self._queue = queue

    def now(self) -> int:
        return int(self._clock.now * 1000)

    def users(self, ids: Sequence[str], *, index: str) -> Answer:
        return self._shown({id: f"user{id}" for id in ids if id != SILENT}, len(ids))

    def names(self, names: Sequence[str], *, index: str) -> Answer:
        return self._shown({name.removeprefix("user"): name for name in names}, len(names))

    def _shown(self, users: dict[str, str], asked: int) -> Answer:
        self.look_ups += 1
        self._clock.now += LOOK_UP_SECONDS
        assert all(held.until > self._clock.now for held in self._queue.claimed()), "another run may have them"
        profiles = [{"id": id, "username": name} for id, name in users.items()]
        return Answer(Page(users=profiles), self.now(), 0, asked, self.now())


class PoorX(SlowX):
    """An X whose credit is used up when it is asked for names."""

    def names(self, names: Sequence[str], *, index: str) -> Answer:
        raise OutOfCredit("no credit left")


def test_who_goes_back_with_their_claim_is_not_done(tmp_path: Path) -> None:
    clock = SetClock(time.time())
    with (
        closing(SqliteQueue(tmp_path / "queues.sqlite", "usertest", Run(tmp_path / "runs"), clock)) as queue,
        closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive,
    ):
        queue.put([*map(str, range(1_000, 1_099)), "user1099"])
        x = PoorX(clock, queue)
        worker = ProfileWorker(queue, x, Store(archive, Spool(tmp_path / "spool")), fresh=x.now())  # type: ignore[arg-type]
        with pytest.raises(OutOfCredit):
            worker.run(wait=False)
        assert (worker.summary.read, worker.summary.users, len(queue)) == (99, 0, 100)


def test_they_are_renewed_and_no_failure_is_forgotten_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SetClock(began := time.time())
    monkeypatch.setattr(claim_batch, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + clock.now - began))
    with (
        closing(SqliteQueue(tmp_path / "queues.sqlite", "usertest", Run(tmp_path / "runs"), clock)) as queue,
        closing(SqliteArchive(tmp_path / "archive", tmp_path / "dead-letters")) as archive,
    ):
        queue.put([SILENT])
        for _ in range(MAX_FAILURES - 1):
            claim = queue.take(1)
            assert claim
            with claim:
                raise UserFailed("X said nothing")
        queue.put(f"user{number}" if number % 100 == 50 else str(number) for number in range(1_000, 2_400))
        x = SlowX(clock, queue)
        worker = ProfileWorker(queue, x, Store(archive, Spool(tmp_path / "spool")), fresh=x.now())  # type: ignore[arg-type]
        worker.run(wait=False)
        assert x.look_ups * LOOK_UP_SECONDS > 900, "longer than a lease"
        assert archive.count("usertest") == 1_400
        assert [failed.user for failed in queue.failed()] == [SILENT]
        assert (len(queue), queue.claimed()) == (0, [])

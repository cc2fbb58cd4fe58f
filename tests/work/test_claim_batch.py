"""Claims that are held until all of their users are answered: who is counted, who is put back, who fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from netwar.connections.runs import Run
from netwar.queues.sqlite import SqliteQueue
from netwar.work.claim_batch import ClaimBatch


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SqliteQueue]:
    queue = SqliteQueue(tmp_path / "queues.sqlite", "usertest", Run(tmp_path / "runs"))
    queue.put(["1", "2", "nasa", "@5"])
    yield queue
    queue.close()


def held(claims: ClaimBatch, queue: SqliteQueue, *sizes: int) -> None:
    for size in sizes:
        claim = queue.take(size)
        assert claim is not None
        claims.hold(claim)


def test_users_are_done_when_the_last_of_their_claim_is_answered(queue: SqliteQueue) -> None:
    with ClaimBatch() as claims:
        held(claims, queue, 3, 1)
        assert (list(claims.ids), list(claims.names), claims.users) == (["1", "2"], ["nasa", "@5"], 4)
        assert [claims.answered(user) for user in ("1", "nasa", "77", "@5", "1")] == [0, 0, 0, 1, 0]
        assert (claims.unanswered, claims.users, len(queue.claimed())) == (1, 3, 3)
        assert claims.answered("2") == 3
        assert queue.claimed() == []
    assert (len(queue), queue.failed()) == (0, [])


def test_who_was_claimed_with_a_silent_user_waits_again_and_counts_once(queue: SqliteQueue) -> None:
    with ClaimBatch() as claims:
        held(claims, queue, 2, 2)
        claims.silent("2")
        assert [claims.answered(user) for user in ("1", "@5")] == [0, 0]
        assert claims.users == 3
        assert claims.put_back() == 2
        assert (len(claims), claims.users) == (0, 0)
    assert (list(queue.waiting()), queue.claimed(), queue.failed()) == (["1", "2", "nasa", "@5"], [], [])


def test_whatever_ends_a_batch_puts_back_who_is_held(queue: SqliteQueue) -> None:
    with suppress(KeyboardInterrupt), ClaimBatch() as claims:
        held(claims, queue, 1, 3)
        assert claims.answered("1") == 1
        claims.answered("2")
        raise KeyboardInterrupt
    assert (sorted(queue.waiting()), queue.claimed(), queue.failed()) == (["2", "@5", "nasa"], [], [])

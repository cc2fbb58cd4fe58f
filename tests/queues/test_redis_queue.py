"""What only the queue in Redis has to show: it stays a set that people can look at and add to, and many hosts share it."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwar.connections.redis import Server
from netwar.errors import ConfigError
from netwar.queues import redis as implementation
from netwar.queues.base import MAX_FAILURES, Claim, Queue, UserFailed
from tests.contract.opening import SetClock, claims, new_run, open_queue, place, redis_at
from tests.redis_server import Redis
from tests.rows import rows

NOW = 1_800_000_000.0


@pytest.fixture
def where(redis: Redis, tmp_path: Path) -> str:
    return place("redis", tmp_path, redis)


@pytest.fixture
def db(where: str) -> Server:
    """The same database, as somebody with redis-cli has it."""
    server = redis_at(where)
    assert server is not None
    return server


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def queue(where: str, clock: SetClock) -> Queue:
    return open_queue(where, new_run(where), clock=clock)


def taken(queue: Queue, size: int = 1) -> Claim:
    claim = queue.take(size)
    assert claim is not None
    return claim


def test_lists_keep_their_order_and_who_is_put_back_goes_behind(queue: Queue) -> None:
    users = ["9", "1", "zeta", "alpha", "@5"]
    queue.put(users)
    queue.put(["2", "9"])
    assert list(queue.waiting()) == [*users, "2"]
    with pytest.raises(KeyError), taken(queue, 2):
        raise KeyError
    assert list(queue.waiting()) == ["zeta", "alpha", "@5", "2", "9", "1"]
    assert [claim.user for claim in claims(queue)] == ["zeta", "alpha", "@5", "2", "9", "1"]


def test_lists_keep_their_order_at_any_moment(queue: Queue, clock: SetClock) -> None:
    """Turns lie a millionth of a second apart, which is near what a float can hold."""
    for moment in range(50):
        clock.now = NOW + moment + moment * 1.3e-7
        users = [str(number) for number in range(30)]
        queue.put(users)
        assert list(queue.waiting()) == users
        queue.clear()


def test_the_name_itself_is_the_set_of_those_who_wait(queue: Queue, db: Server) -> None:
    queue.put(["1", "bbc"])
    assert db.smembers("work") == {b"1", b"bbc"}
    with taken(queue):
        assert db.scard("work") == 1
    assert db.smembers("work") == {b"bbc"}
    beside = [key for key in db.scan_iter("*") if not key.startswith(b"tw:answer:")]
    assert sorted(beside) == [b"tw:work:turns", b"work"]


def test_who_is_added_by_hand_waits_behind_the_others(queue: Queue, db: Server, clock: SetClock) -> None:
    queue.put(["1", "2"])
    db.sadd("work", "byhand")
    assert (len(queue), sorted(queue.waiting())) == (3, ["1", "2", "byhand"])
    claims = [taken(queue) for _ in range(3)]
    assert [claim.user for claim in claims] == ["1", "2", "byhand"]
    assert claims[2].queued == pytest.approx(NOW, abs=0.01), "when it was first seen"
    with claims[2]:
        pass
    assert len(queue.claimed()) == 2


def test_a_queue_that_is_filled_by_hand_alone_works_too(queue: Queue, db: Server) -> None:
    users = {str(number) for number in range(3_000)}
    db.sadd("work", *users)
    assert sorted(queue.waiting()) == sorted(users)
    assert len(list(queue.waiting(limit=10))) == 10
    handed = [user for claim in claims(queue, size=100) for user in claim.users]
    assert sorted(handed) == sorted(users)


def test_who_is_added_by_hand_gets_a_turn_though_others_are_put_all_the_time(queue: Queue, db: Server) -> None:
    queue.put(map(str, range(50)))
    db.sadd("work", "byhand")
    for number in range(100, 200):
        queue.put([str(number)])
        claim = taken(queue)
        if claim.user == "byhand":
            return
    pytest.fail("it never came to its turn")


def test_who_is_removed_by_hand_is_not_handed_out(queue: Queue, db: Server) -> None:
    queue.put(map(str, range(10)))
    db.srem("work", "0", "2", "3")
    assert list(queue.waiting()) == ["1", "4", "5", "6", "7", "8", "9"]
    assert taken(queue, 2).users == ["1", "4"]
    db.delete("work")
    assert queue.take(1) is None
    queue.put(["5"])
    assert taken(queue).user == "5"
    assert queue.take(1) is None


def test_who_is_put_again_after_a_removal_by_hand_waits_from_then_on(queue: Queue, db: Server, clock: SetClock) -> None:
    queue.put(["1"])
    db.srem("work", "1")
    clock.now += 100
    assert queue.put(["1"]) == 1
    assert taken(queue).queued == pytest.approx(NOW + 100, abs=0.01)


def test_a_claimed_user_who_is_added_by_hand_is_not_handed_out_a_second_time(queue: Queue, db: Server) -> None:
    queue.put(["1"])
    claim = taken(queue)
    db.sadd("work", "1")
    assert queue.take(1) is None
    assert len(queue) == 0
    claim.renew()


def test_a_failed_user_who_is_added_by_hand_has_a_clean_slate(queue: Queue, db: Server) -> None:
    queue.put(["1"])
    for _ in range(MAX_FAILURES):
        with taken(queue):
            raise UserFailed("no")
    db.sadd("work", "1")
    with taken(queue):
        raise UserFailed("no")
    assert (queue.failed(), len(queue)) == ([], 1)


@rows("entry", ["@NASA", "NASA", "https://x.com/NASA", " nasa ", b"\xef\xbb\xbfnasa".decode()[1:] + "\t"])
def test_other_spellings_are_put_right_when_their_turn_comes(queue: Queue, db: Server, entry: str) -> None:
    db.flushdb()
    db.sadd("work", entry, "@123", "44196397")
    assert sorted(queue.waiting()) == ["44196397", "@123", "nasa"]
    claim = taken(queue, 3)
    assert sorted(claim.users) == ["44196397", "@123", "nasa"]
    assert sorted(held.user for held in queue.claimed()) == ["44196397", "@123", "nasa"]
    with pytest.raises(KeyError), claim:
        raise KeyError
    assert db.smembers("work") == {b"44196397", b"@123", b"nasa"}


def test_two_spellings_of_one_user_are_handed_out_once(queue: Queue, db: Server) -> None:
    queue.put(["nasa"])
    db.sadd("work", "NASA", "@nasa")
    assert [user for claim in claims(queue) for user in claim.users] == ["nasa"]
    assert (len(queue), len(queue.claimed())) == (0, 1)


@rows("entry", [b"no such user!", b"1.5E+18", b"\xff\xfe", b"x" * 16, b""])
def test_what_names_no_user_is_set_aside_with_the_reason_and_stops_nobody(queue: Queue, db: Server, entry: bytes) -> None:
    db.flushdb()
    db.sadd("work", entry, "1")
    assert list(queue.waiting()) == ["1"]
    assert [user for claim in claims(queue, size=2) for user in claim.users] == ["1"]
    [failed] = queue.failed()
    assert failed.user.encode(errors="surrogateescape") == entry
    assert failed.reason
    assert len(queue) == 0


def test_a_key_of_another_kind_is_told(queue: Queue, db: Server) -> None:
    db.lpush("work", "1")
    for step in (lambda: queue.put(["2"]), lambda: len(queue), lambda: queue.take(1)):
        with pytest.raises(ConfigError, match="has something of another kind under a key that is needed"):
            step()


def test_a_long_list_is_put_in_constant_memory(queue: Queue) -> None:
    def most(users: Iterator[str]) -> int:
        tracemalloc.start()
        queue.put(users)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    few = most(str(number) for number in range(10**17, 10**17 + 10_000))
    assert most(str(number) for number in range(10**18, 10**18 + 50_000)) < few * 1.2
    assert len(queue) == 60_000
    assert len(set(queue.waiting())) == 60_000


def test_what_was_put_before_an_interruption_is_kept(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementation, "CHUNK", 10)

    def users() -> Iterator[str]:
        yield from map(str, range(25))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        queue.put(users())
    assert len(queue) == 20


def test_somebody_may_claim_while_the_waiting_are_listed(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(implementation, "BATCH_SIZE", 2)
    queue.put(map(str, range(10)))
    seen = []
    for user in queue.waiting():
        seen.append(user)
        queue.take(1)
    assert seen == list(map(str, range(len(seen))))
    assert len(queue.claimed()) == len(seen) >= 5


def test_who_has_waited_for_the_server_frees_nobody_whom_others_have_claimed_meanwhile(where: str) -> None:
    """A step that is sent again until the server is back tells the time at which it was sent first."""
    quick, late = (open_queue(where, new_run(where), clock=clock) for clock in (time.time, lambda: time.time() - 5))
    quick.put(["1", "2"])
    claim = taken(quick)
    assert {*claim.users, *taken(late).users} == {"1", "2"}
    assert late.take(1) is None
    claim.renew()


def test_a_wiped_queue_leaves_nothing_behind_but_answers_that_are_forgotten_by_themselves(queue: Queue, db: Server) -> None:
    queue.put(["1", "2", "3"])
    taken(queue).also("4")
    with taken(queue):
        raise UserFailed("no")
    queue.clear()
    assert all(key.startswith(b"tw:answer:") and 0 < db.ttl(key) <= 180 for key in db.scan_iter("*"))

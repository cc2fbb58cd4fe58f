"""What a roster has to show where the network is whole: long lists, and runs that are killed before each of their commands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from netwar.queues import redis_roster
from netwar.queues.roster import Member, Roster, released
from tests.contract.killing import killed_everywhere
from tests.contract.opening import new_run, open_roster, place
from tests.redis_server import Redis

AT = 1_800_000_000_000


@pytest.fixture(params=["sqlite", "redis-tls"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return place(request.param, tmp_path, request.getfixturevalue("redis") if request.param != "sqlite" else None)


@pytest.fixture
def roster(where: str) -> Roster:
    return open_roster(where, new_run(where))


def test_long_lists_keep_their_order(roster: Roster) -> None:
    users = [str(number) for number in range(10**9, 10**9 + 6_000)]
    users.reverse()
    assert roster.fresh(users, "7", AT) == users
    assert len(list(roster.members())) == len(roster) == 6_000
    roster.adds.clear()
    assert roster.begin_round(1, users, AT)
    assert list(roster.work.waiting()) == users
    assert roster.unlist(users, "7") == users
    assert (len(roster), len(roster.work)) == (0, 0)


def test_who_is_released_while_another_run_changes_them_is_released_all_the_same(
    redis: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Redis, where a change is compared before it is made."""
    where = place("redis-tls", tmp_path, redis)
    roster = open_roster(where, new_run(where))
    roster.fresh(["1", "2"], "7", AT)
    roster.change("1", lambda member: replace(member, held=AT, holds=3))
    roster.adds.clear()

    def meanwhile(member: Member) -> Member:
        monkeypatch.undo()
        roster.change("1", lambda one: replace(one, rate=2.5, held=AT + 1))
        roster.unlist(["2"], "7")
        return released(member)

    monkeypatch.setattr(redis_roster, "released", meanwhile)
    roster.release(["1", "2"])
    assert list(roster.members()) == [Member("1", AT, ("7",), rate=2.5)]
    assert list(roster.adds.waiting()) == ["1"]


KILLED = """
import sys
from dataclasses import replace

def steps(roster):
    yield roster.fresh(["1", "2"], "7", 1)
    yield roster.fresh(["2", "3"], "8", 2)
    for queue in (roster.adds, roster.work):
        claim = queue.take(1)
        yield
        claim.done()
        yield
        yield queue.clear()
        if queue is roster.adds:
            yield roster.begin_round(1, ["2", "1"], 5)
    yield roster.change("2", lambda member: replace(member, held=9, detail="gone"))
    yield roster.begin_round(2, ["3", "2", "1"], 6)
    yield roster.release(["2", "3"])
    yield roster.unlist(["1", "2", "3"], "7")
    yield roster.clear()

def state(roster):
    queues = [sorted([*queue.waiting(), *(held.user for held in queue.claimed())]) for queue in (roster.adds, roster.work)]
    return repr((list(roster.members()), queues, roster.round()))

def clear(roster):
    roster.clear()

kill_everywhere(lambda _: open_roster(sys.argv[1], new_run(sys.argv[1])), steps, state, clear)
"""


@pytest.mark.long
def test_a_run_that_is_killed_at_any_moment_leaves_a_step_done_or_not_begun(where: str) -> None:
    """Before each of its commands, to Redis or to SQLite."""
    between, left = killed_everywhere(KILLED, where)
    assert left == between, "they were killed everywhere, and nothing else is ever seen"

"""The members of a roster, handed out one by one: in which order, and never while another observer's run has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from netwar.errors import LeaseLost, TryLater
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Claim, UserFailed
from netwar.queues.roster import Roster
from netwar.work.tracked import TrackedUsers
from tests.contract.opening import SetClock, claims, new_run, open_roster, place, processes

pytestmark = pytest.mark.long

NOW = 1_800_000_000.0

Open = Callable[..., Roster]


@pytest.fixture(params=["sqlite", "redis-tls"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return place(request.param, tmp_path, request.getfixturevalue("redis") if request.param != "sqlite" else None)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def opened(where: str, clock: SetClock) -> Iterator[Open]:
    """Open rosters of several observers, each as a live run of its own has it."""
    with ExitStack() as stack:

        def new(observer: str = "12") -> Roster:
            run = new_run(where)
            run.begin()
            return stack.enter_context(closing(open_roster(where, run, observer, clock=clock)))

        yield new


@pytest.fixture
def roster(opened: Open) -> Roster:
    """Members 1 to 3 on WORK, 4 on ADDS."""
    roster = opened()
    working(roster, "1", "2", "3")
    roster.fresh(["4"], "7", 1)
    return roster


def working(roster: Roster, *users: str) -> None:
    roster.fresh(users, "7", 1)
    for claim in claims(roster.adds):
        claim.done()
    assert roster.begin_round(1, users, 1)


def taken(tracked: TrackedUsers) -> Claim:
    claim = tracked.take(1)
    assert claim is not None
    return claim


def busy(roster: Roster) -> list[str]:
    return sorted(held.user for held in roster.busy.claimed())


def test_who_is_new_comes_first_then_the_round(roster: Roster) -> None:
    tracked = TrackedUsers(roster)
    assert (list(tracked.waiting()), list(tracked.waiting(2)), len(tracked)) == (["4", "1", "2", "3"], ["4", "1"], 4)
    first = taken(tracked)
    roster.fresh(["5"], "7", 1)
    assert [first.user, *(claim.user for claim in claims(tracked))] == ["4", "5", "1", "2", "3"]
    assert sorted(held.user for held in tracked.claimed()) == busy(roster) == ["1", "2", "3", "4", "5"]


def test_who_presses_comes_before_who_is_new(roster: Roster) -> None:
    tracked = TrackedUsers(roster, pressing={"1", "2"}.__contains__)
    assert [claim.user for claim in claims(tracked)] == ["1", "2", "4", "3"]


def test_before_each_one_something_else_is_done_and_may_end_it(roster: Roster) -> None:
    def listed() -> None:
        told.append(len(tracked))
        if len(told) == 2:
            roster.fresh(["5"], "7", 1)
        if len(told) == 4:
            raise TryLater("later")

    told: list[int] = []
    tracked = TrackedUsers(roster, before_take=listed)
    assert [taken(tracked).user for _ in range(3)] == ["4", "5", "1"]
    with pytest.raises(TryLater):
        tracked.take(1)
    assert told == [4, 3, 3, 2]
    assert busy(roster) == ["1", "4", "5"], "nobody was claimed in vain"


def test_the_end_of_a_claim_is_the_end_of_both(roster: Roster) -> None:
    tracked = TrackedUsers(roster)
    with taken(tracked) as claim:
        assert claim.queued == NOW
    assert (busy(roster), roster.adds.claimed(), len(roster.adds)) == ([], [], 0)
    with pytest.raises(KeyError), taken(tracked):
        raise KeyError
    assert (busy(roster), roster.work.claimed(), list(roster.work.waiting())) == ([], [], ["2", "3", "1"])
    for _ in range(3 * MAX_FAILURES):
        with taken(tracked):
            raise UserFailed("no")
    assert sorted(failed.user for failed in tracked.failed()) == ["1", "2", "3"]
    assert (tracked.take(1), busy(roster), len(roster.busy), roster.busy.failed()) == (None, [], 0, [])


def test_a_claim_that_ended_ends_nothing_once_more(roster: Roster) -> None:
    tracked = TrackedUsers(roster)
    first = taken(tracked)
    first.requeue()
    again = taken(tracked)
    assert again.user == first.user
    for end in (first.done, first.requeue, lambda: first.fail("no")):
        end()
        assert (busy(roster), len(roster.adds.claimed())) == ([again.user], 1)
    with pytest.raises(LeaseLost):
        first.renew()


def test_both_leases_are_renewed(roster: Roster, opened: Open, clock: SetClock) -> None:
    tracked, other = TrackedUsers(roster), opened()
    claim = taken(tracked)
    for _ in range(3):
        clock.now += LEASE_SECONDS - 1
        claim.renew()
        assert other.adds.take(1) is other.busy.claim(claim.user) is None
    for lost in (other.adds, other.busy):
        claim = taken(TrackedUsers(roster)) if lost is other.busy else claim
        clock.now += LEASE_SECONDS + 1
        assert lost.claim(claim.user)
        with pytest.raises(LeaseLost):
            claim.renew()


def test_another_spelling_is_held_on_both(roster: Roster, opened: Open) -> None:
    other = opened("13")
    with taken(TrackedUsers(roster)) as claim:
        assert claim.also("9")
        assert other.busy.claim("9") is None
        assert other.busy.claim("2")
        assert not claim.also("2")
    assert list(roster.work.waiting()) == ["1", "2", "3"]


def test_whom_another_observers_run_has_is_passed_over_till_the_end_and_not_lost(roster: Roster, opened: Open) -> None:
    other = opened("13")
    working(other, "4", "2")
    theirs = [taken(TrackedUsers(other)) for _ in range(2)]
    tracked = TrackedUsers(roster)
    for expected in ("1", "3"):
        with taken(tracked) as claim:
            assert claim.user == expected
    assert (tracked.take(1), sorted(tracked.waiting()), tracked.claimed()) == (None, ["2", "4"], [])
    theirs[0].requeue()
    assert taken(tracked).user == "4", "a new pass"
    theirs[1].done()
    assert taken(tracked).user == "2"
    assert tracked.take(1) is None


def test_whom_another_run_had_is_tried_again_in_the_same_pass_when_nobody_else_is_left(roster: Roster, opened: Open) -> None:
    other = opened("13")
    working(other, "4")
    theirs = taken(TrackedUsers(other))
    tracked = TrackedUsers(roster)
    first = taken(tracked)
    theirs.done()
    assert [first.user, *(claim.user for claim in claims(tracked))] == ["1", "2", "3", "4"]


def test_a_user_is_claimed_by_name_unless_another_run_has_them(roster: Roster, opened: Open) -> None:
    other, tracked = opened("13"), TrackedUsers(roster)
    held = other.busy.claim("1")
    assert held
    assert tracked.claim("1") is None
    assert sorted(tracked.waiting()) == ["1", "2", "3", "4"]
    held.done()
    with tracked.claim("1") as claim:
        assert tracked.claim("1") is None
        assert other.busy.claim(claim.user) is None
    assert tracked.remove(["2", "4", "9"]) == {"2": "waiting", "4": "waiting"}
    assert list(tracked.waiting()) == ["3"]
    assert tracked.clear().waiting == 1


OBSERVERS = """
import sys
from pathlib import Path
from netwar.work.tracked import TrackedUsers
observer = sys.stdin.readline().strip()
roster = open_roster(sys.argv[1], new_run(sys.argv[1]), observer)
roster.fresh([str(number) for number in range(60)], "7", 1)
folder = Path(sys.argv[2])
tracked = TrackedUsers(roster)
while len(tracked) or roster.adds.claimed():
    for claim in claims(tracked):
        with claim:
            (folder / claim.user).mkdir()  # raises if another run is recording the same user
            claim.renew()
            (folder / claim.user).rmdir()
        print(claim.user)
"""


def test_no_user_is_recorded_by_two_observers_at_once(where: str, tmp_path: Path) -> None:
    (folder := tmp_path / "recording").mkdir()
    with processes(6, OBSERVERS, where, folder) as workers:
        for number, worker in enumerate(workers):
            assert worker.popen.stdin
            worker.popen.stdin.write(f"{number % 3}\n")
            worker.popen.stdin.flush()
        done = [worker.end() for worker in workers]
    for observer in range(3):
        users = [*done[observer], *done[observer + 3]]
        assert sorted(users, key=int) == [str(number) for number in range(60)], "each is recorded for each observer, once"

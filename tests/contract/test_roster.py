"""What every roster does, whatever keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from netwar.connections.runs import Run
from netwar.errors import LeaseLost, ServiceDown
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Claim, Cleared, Queue, UserFailed
from netwar.queues.roster import Member, Roster, Round, Wiped, released
from tests.contract.opening import NOW, SetClock, claims, new_run, open_roster, processes, redis_at
from tests.rows import rows

AT = 1_800_000_000_000
HOUR = 3_600_000


@pytest.fixture
def roster(where: str, run: Run, clock: SetClock) -> Roster:
    return open_roster(where, run, clock=clock)


@pytest.fixture
def other(where: str, clock: SetClock) -> Roster:
    """The same roster as another live run has it."""
    run = new_run(where)
    run.begin()
    return open_roster(where, run, clock=clock)


def taken(queue: Queue) -> Claim:
    claim = queue.take(1)
    assert claim is not None
    return claim


def drained(queue: Queue) -> list[str]:
    """Whoever waits, each done."""
    users = []
    for claim in claims(queue):
        with claim:
            users.append(claim.user)
    return users


def idle(roster: Roster, *users: str) -> None:
    """Have these members, all recorded once."""
    roster.fresh(users, "7", AT)
    drained(roster.adds)


def test_who_is_put_on_a_list_is_a_member_and_waits_on_adds(roster: Roster, other: Roster) -> None:
    assert roster.fresh(["3", "1", "2", "1"], "7", AT) == ["3", "1", "2"]
    assert list(other.adds.waiting()) == ["3", "1", "2"]
    assert (len(other), len(other.work)) == (3, 0)
    assert list(other.members()) == [Member(user, AT, ("7",)) for user in "123"]
    assert other.member("2") == Member("2", AT, ("7",))
    assert other.member("9") is None
    assert roster.fresh([], "7", AT) == []


def test_that_it_is_said_again_changes_nothing(roster: Roster) -> None:
    idle(roster, "1", "2")
    assert roster.fresh(["1", "2", "3"], "7", AT + HOUR) == ["3"]
    assert roster.fresh(["1", "2", "3"], "7", AT + HOUR) == []
    assert list(roster.adds.waiting()) == ["3"]
    assert [member.since for member in roster.members()] == [AT, AT, AT + HOUR]


def test_who_is_on_two_lists_is_a_member_until_they_are_off_both(roster: Roster) -> None:
    idle(roster, "1", "2")
    assert roster.fresh(["1"], "77", AT + 1) == []
    assert roster.member("1") == Member("1", AT, ("7", "77"))
    assert len(roster.adds) == 0
    assert roster.unlist(["2", "1", "9"], "7") == ["2"]
    assert list(roster.members()) == [Member("1", AT, ("77",))]
    assert roster.unlist(["1"], "7") == []
    assert roster.unlist(["1", "1"], "77") == ["1"]
    assert (list(roster.members()), len(roster), roster.unlist(["1"], "77"), roster.unlist([], "7")) == ([], 0, [], [])


def test_a_list_whose_id_is_a_part_of_anothers_is_another_list(roster: Roster) -> None:
    roster.fresh(["1"], "777", AT)
    assert roster.unlist(["1"], "77") == roster.unlist(["1"], "7") == []
    assert roster.fresh(["1"], "77", AT) == []
    assert roster.unlist(["1"], "777") == []
    assert roster.unlist(["1"], "77") == ["1"]


@rows("wrong", ["", "nsce-brexit", "7,8", "7 8", "٧"])
def test_what_is_no_id_of_a_list_is_refused(roster: Roster, wrong: str) -> None:
    for step in (lambda: roster.fresh(["1"], wrong, AT), lambda: roster.unlist(["1"], wrong)):
        with pytest.raises(ValueError, match="no id of a list"):
            step()
    assert len(roster) == 0


def test_who_is_taken_off_leaves_the_queues_too(roster: Roster) -> None:
    idle(roster, "1", "2", "3")
    assert roster.begin_round(1, ["1", "2", "3"], AT)
    for _ in range(MAX_FAILURES):
        claim = roster.work.claim("3")
        assert claim
        claim.fail("no")
    roster.fresh(["4", "5"], "7", AT)
    assert roster.unlist(["1", "3", "4"], "7") == ["1", "3", "4"]
    assert (list(roster.adds.waiting()), list(roster.work.waiting()), roster.work.failed()) == (["5"], ["2"], [])


@rows("end", [Claim.done, Claim.requeue, lambda claim: claim.fail("no")])
def test_a_claim_on_who_is_taken_off_ends_without_harm(roster: Roster, other: Roster, end: Callable[[Claim], None]) -> None:
    idle(roster, "2")
    roster.begin_round(number := roster.round().number + 1, ["2"], AT)
    roster.fresh(["1"], "7", AT)
    for queue in (roster.adds, roster.work):
        claim = taken(queue)
        assert other.unlist([claim.user], "7") == [claim.user]
        claim.renew()
        assert [held.user for held in queue.claimed()] == [claim.user]
        end(claim)
        assert (len(queue), queue.claimed(), queue.failed(), queue.take(1)) == (0, [], [], None)
    assert other.begin_round(number + 1, [], AT)


def test_who_comes_back_while_they_are_claimed_goes_on_waiting(roster: Roster) -> None:
    roster.fresh(["1"], "7", AT)
    claim = taken(roster.adds)
    roster.unlist(["1"], "7")
    assert roster.fresh(["1"], "7", AT) == ["1"]
    assert roster.adds.take(1) is None
    claim.requeue()
    assert list(roster.adds.waiting()) == ["1"]


def test_what_is_known_of_a_member_is_changed(roster: Roster, other: Roster) -> None:
    idle(roster, "1")
    known = Member("1", AT, ("7",), asked=AT + 5, rate=12.345678901234567, held=AT + HOUR, holds=3, detail="suspended – «x»\n")
    assert roster.change("1", lambda member: known) == known
    assert other.member("1") == known
    other.fresh(["1"], "8", AT)
    assert roster.member("1") == replace(known, lists=("7", "8"))
    other.unlist(["1"], "7")
    assert roster.member("1") == replace(known, lists=("8",))


def test_who_is_no_member_is_not_made_one_by_a_change(roster: Roster) -> None:
    assert roster.change("1", lambda member: pytest.fail("it is called")) is None
    assert len(roster) == 0


def test_a_change_touches_neither_user_nor_lists(roster: Roster) -> None:
    idle(roster, "1")
    for wrong in (lambda one: replace(one, user="2"), lambda one: replace(one, lists=("7", "8"))):
        with pytest.raises(ValueError, match="may not touch"):
            roster.change("1", wrong)
    assert list(roster.members()) == [Member("1", AT, ("7",))]


ODD = [b"", b"[]", b"7", b"7 {", b"7 [1]", b"x {}", b'7 {"since":"1"}', b'7 {"since":1e400}', b"7 {}", b"\xff {}"]


@rows("odd", ODD)
def test_what_no_program_of_ours_wrote_of_a_member_is_a_sentence_and_can_be_wiped(where: str, roster: Roster, odd: bytes) -> None:
    roster.fresh(["1", "2"], "7", AT)
    if server := redis_at(where):
        server.hset("tw:track:12:brexit:seen", "2", odd)
    else:
        roster._db.execute("UPDATE members SET kept = CAST(? AS TEXT) WHERE user = '2'", (odd,))
    member, change = lambda: roster.member("2"), lambda: roster.change("2", released)
    for read in (lambda: list(roster.members()), member, change, lambda: roster.release(["2"])):
        with pytest.raises(ServiceDown, match=r"member 2 cannot be read|is damaged|what is kept as"):
            read()
    assert roster.clear().members == 2
    assert roster.fresh(["2"], "7", AT) == ["2"]


def test_who_is_released_is_due_at_once(roster: Roster) -> None:
    idle(roster, "1", "2")
    for user in "12":
        roster.change(user, lambda member: replace(member, held=AT + HOUR, holds=4, detail="gone", asked=AT, rate=1.5))
    roster.release(["2", "9", "2"])
    assert list(roster.adds.waiting()) == ["2"]
    assert roster.member("2") == Member("2", AT, ("7",), asked=AT, rate=1.5)
    assert roster.member("1").held == AT + HOUR
    roster.release(["9"])
    roster.release([])
    assert (len(roster), len(roster.adds)) == (2, 1)


def test_a_round_is_begun_in_order_and_once(roster: Roster, other: Roster) -> None:
    idle(roster, "1", "2", "3")
    assert roster.round() == Round(0, 0, 0)
    assert not roster.begin_round(2, ["1"], AT)
    assert not roster.begin_round(0, ["1"], AT)
    assert roster.begin_round(1, ["3", "1", "2", "9", "3"], AT)
    assert not other.begin_round(1, ["3"], AT)
    assert not other.begin_round(2, ["3"], AT), "somebody waits"
    assert other.round() == Round(1, AT, 3)
    assert drained(other.work) == ["3", "1", "2"], "but who is no member"
    assert other.begin_round(2, [], AT + 1)
    assert roster.round() == Round(2, AT + 1, 0)


def test_no_round_is_begun_while_anybody_waits_or_is_claimed(roster: Roster, other: Roster) -> None:
    roster.fresh(["1"], "7", AT)
    assert not other.begin_round(1, ["1"], AT), "on ADDS"
    claim = taken(roster.adds)
    assert not other.begin_round(1, ["1"], AT), "of ADDS"
    claim.done()
    assert other.begin_round(1, ["1"], AT)
    claim = taken(roster.work)
    assert not other.begin_round(2, ["1"], AT), "of WORK"
    claim.done()
    assert other.begin_round(2, ["1"], AT)


def test_a_claim_of_a_dead_run_is_freed_and_its_user_is_recorded_first(where: str, roster: Roster, clock: SetClock) -> None:
    for queue in ("adds", "work"):
        idle(roster, "1")
        roster.begin_round(roster.round().number + 1, ["1"], AT)
        if queue == "adds":
            drained(roster.work)
            roster.release(["1"])
        dead = new_run(where)
        taken(getattr(open_roster(where, dead, clock=clock), queue))
        dead.end()
        assert not roster.begin_round(roster.round().number + 1, ["1"], AT)
        assert getattr(roster, queue).claimed() == []
        assert drained(getattr(roster, queue)) == ["1"]
        assert roster.begin_round(roster.round().number + 1, [], AT)


def test_a_dead_run_whose_user_was_taken_off_holds_up_no_round(where: str, roster: Roster, clock: SetClock) -> None:
    roster.fresh(["1"], "7", AT)
    dead = new_run(where)
    taken(open_roster(where, dead, clock=clock).adds)
    roster.unlist(["1"], "7")
    dead.end()
    assert roster.begin_round(1, [], AT)


def test_a_lease_that_ran_out_holds_up_no_round(roster: Roster, other: Roster, clock: SetClock) -> None:
    roster.fresh(["1"], "7", AT)
    claim = taken(roster.adds)
    clock.now += LEASE_SECONDS + 1
    assert not other.begin_round(1, ["1"], AT)
    assert drained(other.adds) == ["1"]
    assert other.begin_round(1, ["1"], AT)
    with pytest.raises(LeaseLost):
        claim.renew()


def test_a_round_is_a_new_beginning_for_whoever_failed(roster: Roster) -> None:
    roster.fresh(["1", "2"], "7", AT)
    for queue in (roster.adds, roster.work):
        for _ in range(2 * MAX_FAILURES):
            with taken(queue):
                raise UserFailed("no")
        assert len(queue.failed()) == 2
        assert roster.begin_round(roster.round().number + 1, ["2", "1"], AT)
        assert (roster.adds.failed(), roster.work.failed(), list(roster.work.waiting())) == ([], [], ["2", "1"])


def test_it_is_one_callers_turn_in_so_many_seconds(roster: Roster, other: Roster, clock: SetClock) -> None:
    assert roster.turn("relist", 60)
    assert not other.turn("relist", 60)
    assert other.turn("estimate", 60), "that is something else"
    clock.now += 59.5
    assert not other.turn("relist", 60)
    assert other.turn("relist", 30), "who asks more often may"
    clock.now += 30.5
    assert not roster.turn("relist", 60)
    clock.now += 30
    assert roster.turn("relist", 60)
    assert not other.turn("relist", 60)


def test_a_turn_of_a_clock_that_was_ahead_is_over(roster: Roster, other: Roster, clock: SetClock) -> None:
    clock.now += 90 * 86_400
    assert roster.turn("relist", 60)
    clock.now = NOW
    assert other.turn("relist", 60)
    clock.now -= 0.5
    assert not roster.turn("relist", 60), "another host may know the same clock a little differently"


def test_rosters_of_others_are_others_but_for_who_is_busy(where: str, roster: Roster, run: Run, clock: SetClock) -> None:
    elsewhere = open_roster(where, run, "13", "brexit", clock), open_roster(where, run, "12", "election", clock)
    for one in (roster, *elsewhere):
        assert one.fresh(["1"], "7", AT) == ["1"]
        assert one.turn("relist", 60)
        drained(one.adds)
        assert one.begin_round(1, ["1"], AT)
    assert roster.clear() == Wiped(1, Cleared(0, 0, 0), Cleared(1, 0, 0))
    assert [(len(one), len(one.work), one.round().number, one.turn("relist", 60)) for one in elsewhere] == [(1, 1, 1, False)] * 2
    assert roster.busy.claim("1")
    assert elsewhere[0].busy.claim("1") is None
    assert elsewhere[1].busy.claim("1")


def test_clear_forgets_everything_and_says_what_went(roster: Roster, other: Roster) -> None:
    idle(roster, "1", "2", "3", "4")
    roster.begin_round(1, ["1", "2", "3"], AT)
    roster.turn("relist", 60)
    roster.fresh(["5"], "7", AT)
    for _ in range(MAX_FAILURES):
        claim = roster.work.claim("2")
        assert claim
        claim.fail("no")
    claim = taken(roster.work)
    assert other.clear() == Wiped(5, Cleared(1, 0, 0), Cleared(1, 1, 1))
    assert (list(roster.members()), roster.round(), roster.work.claimed(), roster.work.failed()) == ([], Round(), [], [])
    assert other.turn("relist", 60)
    with pytest.raises(LeaseLost):
        claim.renew()
    assert roster.fresh(["1"], "7", AT) == ["1"]


ROUNDS = """
import sys
from dataclasses import replace
roster = open_roster(sys.argv[1], new_run(sys.argv[1]))
users = [str(number) for number in range(20)]
print("ready", flush=True)
sys.stdin.readline()
for user in roster.fresh(users, "7", 1):
    print("new", user)
while (number := roster.round().number + 1) <= 7:
    for queue in (roster.adds, roster.work):
        for claim in claims(queue):
            with claim:
                roster.change(claim.user, lambda member: replace(member, asked=member.asked + 1))
    if roster.begin_round(number, users if number <= 6 else [], 5):
        print("round", number)
    if roster.turn("relist", 3600):
        print("turn")
"""


def test_8_processes_begin_each_round_once_and_lose_no_change(where: str) -> None:
    """The store, too, is made by all of them at once."""
    with processes(8, ROUNDS, where) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        said = sorted(line for worker in workers for line in worker.end())
    roster = open_roster(where, new_run(where))
    expected = ["turn", *(f"round {number}" for number in range(1, 8)), *(f"new {number}" for number in range(20))]
    assert said == sorted(expected)
    assert [member.asked for member in roster.members()] == [7] * 20
    assert (len(roster.adds), len(roster.work), roster.round().size) == (0, 0, 0)


CHANGES = """
import sys
from dataclasses import replace
roster = open_roster(sys.argv[1], new_run(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    roster.change("1", lambda member: replace(member, asked=member.asked + 1))
    roster.fresh(["1"], sys.argv[2] + str(number), 1)
    roster.unlist(["1"], sys.argv[2] + str(number))
"""


def test_changes_of_one_member_at_once_all_count(where: str, roster: Roster) -> None:
    idle(roster, "1")
    with processes(4, CHANGES, where, 8) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        for worker in workers:
            worker.end()
    assert roster.member("1") == Member("1", AT, ("7",), asked=200)

"""What every queue does, whatever keeps it."""

from __future__ import annotations

import contextlib

import pytest

from netwar.connections.runs import Run
from netwar.errors import LeaseLost, TryLater
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Claim, Cleared, Queue, UserFailed
from tests.contract.opening import NOW, SetClock, claims, new_run, open_queue, processes


@pytest.fixture
def queue(where: str, run: Run, clock: SetClock) -> Queue:
    return open_queue(where, run, clock=clock)


@pytest.fixture
def other(where: str, clock: SetClock) -> Queue:
    """The same queue as another live run has it."""
    run = new_run(where)
    run.begin()
    return open_queue(where, run, clock=clock)


def taken(queue: Queue, size: int = 1) -> Claim:
    claim = queue.take(size)
    assert claim is not None
    return claim


def test_put_counts_who_was_not_there_yet(queue: Queue) -> None:
    assert queue.put(user for user in ["1", "bbc", "1", "@5"]) == 3
    assert queue.put(["bbc", "2"]) == 1
    assert len(queue) == 4
    assert sorted(queue.waiting()) == ["1", "2", "@5", "bbc"]
    assert len(list(queue.waiting(limit=3))) == 3


def test_an_empty_queue_hands_out_nothing(queue: Queue) -> None:
    assert queue.take(1) is None
    assert queue.put([]) == len(queue) == 0
    assert not list(claims(queue))
    assert not list(queue.waiting())
    assert not queue.claimed()
    assert not queue.failed()


def test_queues_of_other_names_are_others(where: str, run: Run, queue: Queue) -> None:
    spare = open_queue(where, run, "usertest")
    queue.put(["1"])
    spare.put(["1", "2"])
    taken(spare)
    assert (len(queue), len(spare)) == (1, 1)
    assert queue.clear() == Cleared(1, 0, 0)
    assert (len(queue), len(spare)) == (0, 1)


def test_leaving_a_claim_normally_is_done(queue: Queue) -> None:
    queue.put(["1"])
    with taken(queue) as claim:
        assert claim.user == "1"
        assert claim.queued == NOW
        assert len(queue) == 0
        assert [(held.user, held.until) for held in queue.claimed()] == [("1", NOW + LEASE_SECONDS)]
    assert queue.claimed() == []
    assert queue.take(1) is None


def test_a_claim_tells_when_the_first_of_its_users_was_put(queue: Queue, clock: SetClock) -> None:
    for user in ("1", "2", "3"):
        queue.put([user])
        clock.now += 5
    assert taken(queue, 3).queued == NOW


def test_putting_a_claimed_user_adds_nothing(queue: Queue) -> None:
    queue.put(["1"])
    with taken(queue):
        assert queue.put(["1"]) == 0
    assert queue.put(["1"]) == 1


def test_who_is_put_while_they_are_claimed_has_waited_since_before(queue: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    claim = taken(queue)
    clock.now += 5
    queue.put(["1"])
    claim.requeue()
    assert taken(queue).queued == NOW


def test_leaving_a_claim_by_an_exception_puts_back_and_counts_nothing(queue: Queue) -> None:
    queue.put(["1", "2"])
    for error in (TryLater("later"), KeyboardInterrupt(), SystemExit(1), ValueError("a bug")):
        for _ in range(2 * MAX_FAILURES):
            with pytest.raises(type(error)), taken(queue, 2):
                raise error
        assert (len(queue), queue.failed()) == (2, []), repr(error)


def test_the_fifth_failure_sets_a_user_aside_with_the_reason(queue: Queue) -> None:
    queue.put(["1"])
    for attempt in range(MAX_FAILURES):
        assert queue.failed() == []
        assert queue.failures(["1", "2"]) == ({"1": attempt} if attempt else {})
        with taken(queue):
            raise UserFailed(f"reason {attempt}")
    [failed] = queue.failed()
    assert (failed.user, failed.reason, failed.times) == ("1", "reason 4", MAX_FAILURES)
    assert queue.failures(["1", "2"]) == {"1": MAX_FAILURES}
    assert (len(queue), queue.take(1)) == (0, None)


def test_who_was_set_aside_can_be_forgotten_and_nobody_else(queue: Queue) -> None:
    queue.put(["1", "2", "3"])
    for _ in range(3 * MAX_FAILURES):
        with queue.take(1) or pytest.fail("nobody waits"):
            raise UserFailed("no")
    queue.put(["3", "4"])
    assert queue.drop_failed(["1", "3", "4", "9"]) == 1
    assert (sorted(queue.waiting()), [failed.user for failed in queue.failed()]) == (["3", "4"], ["2"])
    assert queue.put(["1"]) == 1


def test_a_failed_user_who_is_put_again_has_a_clean_slate(queue: Queue) -> None:
    queue.put(["1"])
    for _ in range(MAX_FAILURES):
        with taken(queue):
            raise UserFailed("no")
    assert queue.put(["1"]) == 1
    assert queue.failed() == []
    for _ in range(MAX_FAILURES - 1):
        with taken(queue):
            raise UserFailed("no")
    assert len(queue) == 1


def test_a_claim_is_ended_by_word(queue: Queue) -> None:
    queue.put(["1", "2"])
    taken(queue).done()
    for _ in range(2 * MAX_FAILURES):
        taken(queue).requeue()
    assert (list(queue.waiting()), queue.claimed(), queue.failed()) == (["2"], [], [])
    for _ in range(MAX_FAILURES):
        taken(queue).fail("no")
    assert (len(queue), [(failed.user, failed.reason) for failed in queue.failed()]) == (0, [("2", "no")])


def test_a_claim_ends_once(queue: Queue) -> None:
    queue.put(["1"])
    with taken(queue) as claim:
        claim.requeue()
        again = taken(queue)
        for end in (claim.done, claim.requeue, lambda: claim.fail("no")):
            end()
            assert [held.user for held in queue.claimed()] == ["1"], "it is another claim's now"
    assert [held.user for held in queue.claimed()] == ["1"]
    again.done()
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])


def test_progress_forgets_earlier_failures(queue: Queue) -> None:
    queue.put(["1"])
    for _ in range(3 * MAX_FAILURES):
        with taken(queue) as claim:
            claim.renew()
            raise UserFailed("no")
    assert len(queue) == 1


def test_a_page_that_brings_nothing_renews_the_lease_and_forgets_no_failure(queue: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    for _ in range(MAX_FAILURES):
        with taken(queue) as claim:
            clock.now += LEASE_SECONDS - 1
            claim.renew(progress=False)
            assert [held.until for held in queue.claimed()] == [clock.now + LEASE_SECONDS]
            raise UserFailed("no")
    assert [failed.user for failed in queue.failed()] == ["1"]


def test_who_is_put_back_does_not_hold_up_the_others(queue: Queue) -> None:
    queue.put(["1", "2", "3"])
    seen = set()
    for _ in range(3):
        claim = taken(queue)
        seen.add(claim.user)
        with pytest.raises(KeyError), claim:
            raise KeyError
    assert seen == {"1", "2", "3"}


def test_a_claim_has_as_many_as_are_asked_for_or_left(queue: Queue) -> None:
    queue.put(map(str, range(10)))
    assert [len(claim.users) for claim in claims(queue, limit=7, size=3)] == [3, 3, 1]
    assert [len(claim.users) for claim in claims(queue, size=2)] == [2, 1]


def test_a_lease_that_ran_out_is_handed_to_another_and_lost(queue: Queue, other: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    first = taken(queue)
    assert other.take(1) is None
    clock.now += LEASE_SECONDS + 1
    second = taken(other)
    assert second.user == "1"
    with pytest.raises(LeaseLost, match="1"):
        first.renew()
    with pytest.raises(LeaseLost):
        first.also("2")
    with first:
        pass
    assert [held.user for held in other.claimed()] == ["1"], "what another holds is not acknowledged"
    with pytest.raises(ValueError, match="x"), first:
        raise ValueError("x")
    assert [held.user for held in other.claimed()] == ["1"], "what another holds is not put back"
    with second:
        second.renew()
    assert (len(queue), queue.claimed()) == (0, [])


def test_a_lease_of_a_clock_that_was_ahead_holds_nobody(queue: Queue, other: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    clock.now += 90 * 86_400
    taken(queue)
    clock.now = NOW
    assert taken(other).user == "1"


def test_renewing_makes_the_lease_new(queue: Queue, other: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    claim = taken(queue)
    for _ in range(5):
        clock.now += LEASE_SECONDS - 1
        claim.renew()
        assert other.take(1) is None
    assert [held.until for held in queue.claimed()] == [clock.now + LEASE_SECONDS]


def test_a_live_run_whose_lease_ran_out_does_not_count_against_the_user(queue: Queue, other: Queue, clock: SetClock) -> None:
    queue.put(["1"])
    for _ in range(2 * MAX_FAILURES):
        taken(queue)
        clock.now += LEASE_SECONDS + 1
        with pytest.raises(KeyError), taken(other):
            raise KeyError
    assert (len(queue), queue.failed()) == (1, [])


def test_another_spelling_is_held_with_the_claim_and_goes_with_it(queue: Queue, other: Queue) -> None:
    queue.put(["bbc", "5"])
    with taken(queue) as claim:
        assert claim.user == "bbc"
        assert claim.also("bbc")
        assert claim.also("5")
        assert claim.also("5")
        assert [(held.user, held.also) for held in other.claimed()] == [("bbc", ()), ("5", ())], "both are on the queue"
        assert other.take(1) is None
        assert other.put(["5"]) == 0
    assert (len(queue), queue.claimed()) == (0, [])


def test_another_spelling_that_nobody_queued_is_held_too_but_never_waits(queue: Queue, other: Queue) -> None:
    queue.put(["bbc"])
    claim = taken(queue)
    assert claim.also("5")
    assert [(held.user, held.also) for held in other.claimed()] == [("bbc", ("5",))], "it is one user"
    assert other.claim("5") is None
    with pytest.raises(KeyError), claim:
        raise KeyError
    assert list(queue.waiting()) == ["bbc"]
    with taken(queue) as claim:
        claim.also("5")
    assert (len(queue), queue.claimed()) == (0, [])


def test_another_spelling_that_another_worker_holds_is_refused(queue: Queue, other: Queue) -> None:
    queue.put(["bbc", "5"])
    mine, theirs = taken(queue), taken(other)
    assert not mine.also(theirs.user)
    with mine:
        pass
    assert [held.user for held in queue.claimed()] == [theirs.user]


def test_a_taken_over_spelling_waits_again_when_the_claim_is_put_back(queue: Queue) -> None:
    queue.put(["bbc", "5"])
    claim = taken(queue)
    claim.also("5")
    with pytest.raises(KeyError), claim:
        raise KeyError
    assert sorted(queue.waiting()) == ["5", "bbc"]


def test_clear_says_what_went(queue: Queue) -> None:
    queue.put(["1"])
    for _ in range(MAX_FAILURES):
        with taken(queue):
            raise UserFailed("no")
    queue.put(["2", "3", "4"])
    claim = taken(queue)
    claim.also("@2")
    assert queue.clear() == Cleared(waiting=2, claimed=1, failed=1)
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])
    with pytest.raises(LeaseLost):
        claim.renew()


def test_the_claims_of_a_run_that_ended_are_free_at_once(where: str, queue: Queue, other: Queue, clock: SetClock) -> None:
    queue.put(["1", "2"])
    ended = new_run(where)
    gone, theirs = taken(open_queue(where, ended, clock=clock)), taken(other)
    assert queue.take(1) is None
    ended.end()
    assert taken(queue, 2).users == gone.users
    theirs.renew()


HOLDER = """
import sys
queue = open_queue(sys.argv[1], new_run(sys.argv[1]))
claim = queue.take(2)
claim.also("extra")
if sys.argv[2] == "progress":
    claim.renew()
print(*claim.users, flush=True)
sys.stdin.readline()
"""


def killed(where: str, progress: str) -> list[str]:
    """The users whom a process had claimed when it was killed with -9."""
    with processes(1, HOLDER, where, progress) as [holder]:
        users = holder.says().split()
        holder.kill()
    return users


def test_a_killed_holders_users_can_be_claimed_at_once(where: str, queue: Queue) -> None:
    queue.put(["1", "2"])
    assert sorted(killed(where, "no progress")) == ["1", "2"]
    assert sorted((held.user, held.also) for held in queue.claimed()) == [("1", ("extra",)), ("2", ())]
    assert sorted(taken(queue, 5).users) == ["1", "2"]


def test_that_a_run_was_killed_says_nothing_of_its_user(where: str, queue: Queue) -> None:
    queue.put(["1"])
    for _ in range(MAX_FAILURES + 1):
        assert killed(where, "no progress") == ["1"]
    assert queue.failed() == []
    claim = queue.take(1)
    assert claim is not None
    assert claim.users == ["1"]


def test_a_user_is_claimed_by_name_and_leaves_nothing_behind(queue: Queue, other: Queue) -> None:
    """Waiting or not, and however the claim ends: who did not wait is not put back, and not counted a failure of."""
    claim = queue.claim("nasa")
    assert claim is not None
    assert (claim.users, claim.queued) == (["nasa"], None)
    assert other.claim("nasa") is None
    assert other.put(["nasa"]) == 0
    for error in (None, KeyboardInterrupt, UserFailed):
        if error is None:
            claim.__exit__(None, None, None)
        else:
            with contextlib.suppress(error), queue.claim("nasa") as claim:
                claim.renew()
                raise error("no")
        assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])


def test_who_waited_and_was_claimed_by_name_waits_again_or_is_done(queue: Queue) -> None:
    queue.put(["1", "nasa"])
    with contextlib.suppress(KeyboardInterrupt), queue.claim("nasa"):
        assert list(queue.waiting()) == ["1"]
        raise KeyboardInterrupt
    assert sorted(queue.waiting()) == ["1", "nasa"]
    with queue.claim("nasa") as claim:
        assert claim.also("1")
    with queue.claim("nasa") as claim:
        assert claim.also("7")
        assert [(held.user, held.also) for held in queue.claimed()] == [("nasa", ("7",))], "who did not wait, either"
    assert (len(queue), queue.claimed()) == (0, [])


def test_a_user_claimed_by_name_is_free_when_the_run_is_dead(queue: Queue, run: Run, other: Queue) -> None:
    assert queue.claim("nasa")
    run.end()
    claim = other.claim("nasa")
    assert claim is not None
    with claim:
        pass
    assert (len(other), other.claimed(), other.failed()) == (0, [], [])


def test_who_a_dead_run_took_off_the_queue_is_claimed_by_name_or_removed(queue: Queue, run: Run, other: Queue) -> None:
    queue.put(["1", "2", "3"])
    taken(queue, 2)
    run.end()
    claim = other.claim("2")
    assert claim is not None
    assert sorted(other.waiting()) == ["1", "3"]
    claim.requeue()
    run.begin()
    taken(queue, 3)
    run.end()
    assert other.remove(["1", "2"]) == {"1": "waiting", "2": "waiting"}
    assert (list(other.waiting()), other.claimed()) == (["3"], [])


def test_who_is_put_while_claimed_by_name_waits_unless_that_is_done(queue: Queue, other: Queue) -> None:
    """They were not on the queue, so that they are put must not go with a claim that only read a part of them, or was killed."""
    for ends in (Claim.requeue, lambda claim: claim.fail("no")):
        claim = queue.claim("nasa")
        assert claim is not None
        assert other.put(["nasa", "nasa"]) == 0
        ends(claim)
        assert list(queue.waiting()) == ["nasa"]
        assert other.remove(["nasa"]) == {"nasa": "waiting"}
    claim = queue.claim("nasa")
    assert claim is not None
    other.put(["nasa"])
    claim.done()
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])


def test_users_are_removed_but_not_those_who_are_worked_on(queue: Queue, other: Queue) -> None:
    queue.put(["5"])
    for _ in range(MAX_FAILURES):
        with taken(queue):
            raise UserFailed("no")
    queue.put(["1"])
    held = taken(other)
    queue.put(["2", "3"])
    assert queue.remove(["1", "2", "5", "9"]) == {"1": "claimed", "2": "waiting", "5": "failed"}
    assert (list(queue.waiting()), queue.failed()) == (["3"], [])
    held.renew()
    held.__exit__(None, None, None)
    assert queue.remove(["1"]) == {}
    assert queue.put(["2"]) == 1
    assert queue.take(2).users == ["3", "2"]


WORKER = """
import sys
print("ready", flush=True)
sys.stdin.readline()
queue = open_queue(sys.argv[1], new_run(sys.argv[1]))
queue.put(map(str, range(400)))
for claim in claims(queue, size=3):
    with claim:
        claim.renew()
        print(*claim.users)
"""


def test_a_holders_name_leads_to_no_file_but_a_runs(where: str, run: Run, queue: Queue, other: Queue, clock: SetClock) -> None:
    """A queue may be written by others, and so may the names in it."""
    run.begin()
    (victim := run.folder.parent / "victim.run").write_text("mine")
    run.holder = run.holder.replace(run.holder.split(":")[1], "../victim")
    queue.put(["1"])
    taken(queue)
    assert other.take(1) is None, "nobody knows that it is dead"
    assert victim.read_text() == "mine"
    clock.now += LEASE_SECONDS + 1
    assert taken(other).users == ["1"]
    assert victim.read_text() == "mine"


def test_8_processes_at_once_claim_each_user_once(where: str) -> None:
    """The file, too, is made by all of them at once. A user done by one may be put again by one that starts late."""
    with processes(8, WORKER, where) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        handed = [user for worker in workers for line in worker.end() for user in line.split()]
    queue = open_queue(where, new_run(where))
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])
    assert set(handed) == set(map(str, range(400)))


TAKER = WORKER.replace("queue.put(map(str, range(400)))\n", "")


def test_8_processes_on_a_full_queue_never_share_a_user(where: str, queue: Queue) -> None:
    queue.put(map(str, range(600)))
    with processes(8, TAKER, where) as workers:
        for worker in workers:
            assert worker.says() == "ready"
        for worker in workers:
            worker.go()
        handed = [user for worker in workers for line in worker.end() for user in line.split()]
    assert sorted(handed, key=int) == list(map(str, range(600)))
    assert (len(queue), queue.claimed(), queue.failed()) == (0, [], [])

"""Snapshots in the ledger: whole once, then only what changed; taken by one run at a time, whatever kills it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.base import Archive, Store
from netwar.archive.spool import Spool
from netwar.errors import Busy, LeaseLost, RateLimited
from netwar.follows import snapshot_writer, snapshots
from netwar.follows.enumeration import BARREN_PAGES, REPEATS, Enumeration, Guard
from netwar.follows.snapshot_writer import SnapshotWriter, opened
from netwar.follows.snapshots import Parts, Snapshots
from netwar.records.pages import Page
from netwar.twitter.base import Answer, TransientError
from tests.contract.conftest import opened_archive

Ids = list[int]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = opened_archive("sqlite", tmp_path)
    yield archive
    archive.close()


@pytest.fixture
def lists(archive: Archive) -> Snapshots:
    return Snapshots(archive, "usertest", "followers", "7")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "PART", 40)
    monkeypatch.setattr(snapshot_writer, "PAGES", 4)


def pages(ids: Ids, size: int = 10) -> list[Ids]:
    return [ids[start : start + size] for start in range(0, len(ids), size)] or [[]]


def taken(lists: Snapshots, ids: Ids, holder: str = "me") -> snapshots.Snapshot:
    """A whole enumeration, in the order given."""
    one = SnapshotWriter(lists, holder)
    some = pages(ids)
    for number, page in enumerate(some, 1):
        one.add(page, f"token{number}" if number < len(some) else None)
    assert one.ended
    return one.finish(complete=True)


def keys(archive: Archive) -> set[str]:
    """The kinds of notes that are there."""
    return {key.split("/")[2] for key, _ in archive.notes("usertest", "followers/7/")}


def random_ids(seed: int, count: int) -> Ids:
    chance = random.Random(seed)
    ids = list({chance.randrange(1, 2**60) for _ in range(count)})
    chance.shuffle(ids)
    return ids


def test_a_snapshot_is_what_came(archive: Archive, lists: Snapshots) -> None:
    ids = random_ids(1, 333)
    first = taken(lists, ids)
    assert (first.number, first.complete, first.count, first.came, first.left) == (1, True, 333, 333, 0)
    assert list(lists.members(1)) == sorted(ids)
    assert keys(archive) == {"snapshot", "whole"}, "pages and runs are given up"
    assert opened(lists) is None


def test_later_ones_hold_only_what_changed(archive: Archive, lists: Snapshots) -> None:
    ids = random_ids(2, 300)
    now, states = set(ids), [set(ids)]
    taken(lists, ids)
    chance = random.Random(3)
    for _ in range(5):
        gone = set(chance.sample(sorted(now), 11))
        now = (now - gone) | set(random_ids(chance.randrange(10**6), 8))
        if len(states) > 2:
            now |= set(chance.sample(sorted(states[0] - now), 5))  # some come back
        order = list(now)
        chance.shuffle(order)
        one = taken(lists, order)
        assert (one.came, one.left) == (len(now - states[-1]), len(states[-1] - now))
        states.append(set(now))
    for number, state in enumerate(states, 1):
        assert list(lists.members(number)) == sorted(state)
    for before in range(len(states)):
        for after in range(before + 1, len(states)):
            told = dict(lists.difference(before + 1, after + 1))
            assert {id for id, came in told.items() if came} == states[after] - states[before]
            assert {id for id, came in told.items() if not came} == states[before] - states[after]
    size = sum(len(str(value)) for key, value in archive.notes("usertest", "followers/7/") if "/whole/" not in key)
    unchanged = taken(lists, list(now))
    assert (unchanged.came, unchanged.left, unchanged.count) == (0, 0, len(now))
    after = sum(len(str(value)) for key, value in archive.notes("usertest", "followers/7/") if "/whole/" not in key)
    assert after - size < 200, "an unchanged one is a record and no ids"


def test_a_second_try_of_a_list_leaves_nothing_of_the_first(lists: Snapshots) -> None:
    for count in (130, 50):
        parts = Parts(lists, "whole", 1)
        parts.add(range(count))
        assert parts.end() == count
    assert list(lists.stored("whole", 1)) == list(range(50))


def test_doubles_count_once(lists: Snapshots) -> None:
    ids = random_ids(4, 60)
    assert taken(lists, [*ids, *ids[:25]]).count == 60


def test_an_empty_list(lists: Snapshots) -> None:
    assert taken(lists, []).count == 0
    assert taken(lists, [5]).came == 1
    assert taken(lists, []).left == 1
    assert list(lists.members(2)) == [5]
    assert list(lists.members(3)) == []


def test_one_that_was_cut_off_does_not_say_who_left(lists: Snapshots) -> None:
    ids = random_ids(5, 100)
    taken(lists, ids)
    one = SnapshotWriter(lists, "me")
    one.add([*ids[:30], 17], "token")
    cut = one.finish(complete=False)
    assert (cut.number, cut.complete, cut.count, cut.came, cut.left) == (2, False, 31, 1, 0)
    third = taken(lists, ids[1:])
    assert (third.came, third.left) == (0, 1), "it is compared with the last complete one"
    assert [one.number for one in lists.complete()] == [1, 3]
    assert list(lists.members(3)) == sorted(ids[1:])
    assert dict(lists.difference(1, 3)) == {ids[0]: False}


def test_a_first_one_that_was_cut_off(lists: Snapshots) -> None:
    one = SnapshotWriter(lists, "me")
    one.add([1, 2], "token")
    assert one.finish(complete=False).count == 2
    assert taken(lists, [1, 2, 3]).came == 3
    assert list(lists.members(2)) == [1, 2, 3]


def test_one_run_at_a_time(lists: Snapshots) -> None:
    now = [1000.0]
    first = SnapshotWriter(lists, "host:first", clock=lambda: now[0])
    first.add([1], "a")
    with pytest.raises(Busy, match=r"another run is reading this list \(snapshot 1, host\)"):
        SnapshotWriter(lists, "host:second", clock=lambda: now[0])
    now[0] += 599
    with pytest.raises(Busy):
        SnapshotWriter(lists, "host:second", clock=lambda: now[0])
    dead = SnapshotWriter(lists, "host:third", dead=lambda holder: holder == "host:first", clock=lambda: now[0])
    assert (dead.token, dead.count) == ("a", 1)
    with pytest.raises(LeaseLost):
        first.renew()
    dead.add([2], "b")
    with pytest.raises(LeaseLost):
        first.add([9], "c")
    dead.release()
    first.release()
    assert SnapshotWriter(lists, "host:fourth", clock=lambda: now[0]).token == "b"
    now[0] += 601
    assert SnapshotWriter(lists, "host:fifth", clock=lambda: now[0]).count == 2, "a lease that ran out"
    now[0] -= 90 * 86_400
    last = SnapshotWriter(lists, "host:sixth", clock=lambda: now[0])
    assert last.count == 2, "a lease of a host whose clock was ahead"
    last.add([3], None)
    last = SnapshotWriter(lists, "host:sixth", clock=lambda: now[0])
    assert last.ended, "the whole list is not read again"
    assert list(lists.members(last.finish(complete=True).number)) == [1, 2, 3], "nobody's page was written over"


def test_an_x_that_leads_nowhere_is_given_up() -> None:
    def shown(users: int, token: str) -> Answer:
        return Answer(Page(users=[{"id": str(number)} for number in range(users)], next_token=token), 1, 0, 1, 1)

    guard = Guard()
    assert [guard.is_new(shown(2, "same")) for _ in range(REPEATS)] == [True, False, False]
    with pytest.raises(TransientError, match="the same page again and again"):
        guard.is_new(shown(2, "same"))
    guard = Guard()
    assert all(guard.is_new(shown(0, str(number))) for number in range(BARREN_PAGES - 1))
    with pytest.raises(TransientError, match="50 empty pages in a row"):
        guard.is_new(shown(0, "further"))


class Waiting:
    """An X whose window opens in twenty minutes; then it shows the whole list, when it is asked a second time."""

    def __init__(self) -> None:
        self.limits = [RateLimited("the rate window is spent", 1_200.0)]
        self.pages = [Page(unread=True), Page(users=[{"id": "5"}])]

    def follows(self, *given: Any, **more: Any) -> Answer:
        if self.limits:
            raise self.limits.pop()
        return Answer(self.pages.pop(0), 1, 0, 1, 1)


def test_a_run_that_waits_or_takes_long_keeps_its_list(archive: Archive, lists: Snapshots, tmp_path: Path) -> None:
    now = [1_000.0]

    def others_are_told() -> None:
        with pytest.raises(Busy):
            SnapshotWriter(lists, "host:other", clock=lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += seconds
        others_are_told()

    one = SnapshotWriter(lists, "host:one", clock=lambda: now[0])
    for number in range(30):
        now[0] += 250
        one.add([number], f"token{number}")
        others_are_told()
    run = Enumeration(
        Waiting(),  # type: ignore[arg-type]
        Store(archive, Spool(tmp_path / "spool")),
        None,
        "7",
        "followers",
        one,
        mode="ids",
        fresh=0,
        sleep=sleep,
    )
    with pytest.raises(TransientError, match="something that cannot be read"):
        run.run(wait=True)
    assert (one.ended, one.token, now[0]) == (False, "token29", 1_000 + 30 * 250 + 1_200)
    run.run(wait=True)
    assert (one.ended, one.count) == (True, 31)


def test_one_that_was_never_begun_leaves_nothing(archive: Archive, lists: Snapshots) -> None:
    SnapshotWriter(lists, "me").release()
    assert keys(archive) == set()
    taken(lists, [1])
    SnapshotWriter(lists, "me").release()
    assert opened(lists) is None


class Killed(BaseException):
    """Stands for kill -9: nothing after it is done."""


class Dying:
    """A ledger that dies after so many notes."""

    def __init__(self, archive: Archive, after: int) -> None:
        self._archive = archive
        self.left = after

    def change_note(self, *given: Any) -> Any:
        if self.left == 0:
            raise Killed
        self.left -= 1
        return self._archive.change_note(*given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._archive, name)


@pytest.mark.parametrize("seed", range(3))
def test_killed_between_any_two_notes(archive: Archive, lists: Snapshots, seed: int) -> None:
    """Each run dies after a few notes; what is there in the end is the whole list, and nothing is left over."""
    chance = random.Random(seed)
    ids = random_ids(seed, 250)
    if seed:
        taken(lists, ids[10:])
    some = pages(ids)
    kills = asked = 0
    while True:
        dying = Dying(archive, chance.randrange(0, 9))
        try:
            one = SnapshotWriter(Snapshots(dying, "usertest", "followers", "7"), f"run{kills}", dead=lambda holder: True)  # type: ignore[arg-type]
            while not one.ended:
                number = int(one.token or 0)
                asked += 1
                one.add(some[number], str(number + 1) if number + 1 < len(some) else None)
            dying.left = max(dying.left, 30) if chance.random() < 0.1 else dying.left
            done = one.finish(complete=True)
            break
        except Killed:
            kills += 1
    assert kills > 5
    assert done.count == 250
    assert list(lists.members(done.number)) == sorted(ids)
    assert asked <= len(some) + kills, "a page a kill is asked for again"
    assert keys(archive) <= {"snapshot", "whole", "came", "left"}
    assert len(lists.all()) == (2 if seed else 1)

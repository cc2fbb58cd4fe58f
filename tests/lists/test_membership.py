"""The log of a list: it only grows, nothing is in it twice, and whoever writes at once writes one log."""

from __future__ import annotations

import json
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwar.archive.base import Archive
from netwar.errors import ServiceDown
from netwar.lists import membership
from netwar.lists.membership import LISTED, REMOVED, ListLog, ListState, logs, troubled
from tests.contract.opening import processes
from tests.lists.shown import MemoryArchive
from tests.randomly import randomly


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "PART", 5)


SETS = st.sets(st.sampled_from("abcdefgh"), max_size=5)


def sound(log: ListLog) -> None:
    """Everybody is put on before they are taken off, and never twice."""
    there: set[str] = set()
    for event in log.events():
        assert (event.user in there) is (event.what == REMOVED)
        (there.discard if event.what == REMOVED else there.add)(event.user)
    assert set(log.members()) == there


def test_who_is_put_on_and_taken_off(archive: Archive) -> None:
    log = ListLog(archive, "twx", "7")
    assert (log.members(), list(log.events()), log.state()) == ({}, [], ListState())
    assert log.add(["1", "2", "3", "1"], 10) == ["1", "2", "3"]
    assert log.add(["3", "2"], 20) == []
    assert log.add(["4", "2", "5"], 30, "seen") == ["4", "5"]
    assert log.remove(["2", "9"], 40, "why") == ["2"]
    assert log.remove(["2"], 50) == []
    assert log.add(["2"], 60) == ["2"]
    assert log.members() == {"1": 10, "3": 10, "4": 30, "5": 30, "2": 60}
    assert [event[:3] for event in log.events()][-2:] == [(40, "2", REMOVED), (60, "2", LISTED)]
    again = ListLog(archive, "twx", "7")
    assert (again.members(), list(again.events())) == (log.members(), list(log.events()))
    assert [key for key, _ in archive.notes("twx", "listed/")] == ["listed/7/000001", "listed/7/000002"]
    ListLog(archive, "twx", "78").add(["1"], 1)
    assert logs(archive, "twx") == ["7", "78"]


@randomly(200)
@given(
    st.lists(
        st.tuples(st.sampled_from([LISTED, REMOVED]), st.sets(st.sampled_from("abcdefgh"), max_size=5), st.integers(0, 2)),
        max_size=40,
    )
)
def test_runs_that_write_in_turn_write_one_log(moves: list[tuple[str, set[str], int]]) -> None:
    """Three runs, each with what it has read so far; every step is written twice, as by a run that was killed and came back."""
    kept = MemoryArchive()
    runs = [ListLog(kept, "twx", "7") for _ in range(3)]  # type: ignore[arg-type]
    there: set[str] = set()
    for at, (what, users, who) in enumerate(moves):
        act = runs[who].add if what == LISTED else runs[who].remove
        assert set(act(sorted(users), at)) == (users - there if what == LISTED else users & there)
        assert act(sorted(users), at) == []
        there = there | users if what == LISTED else there - users
        assert set(runs[(who + 1) % 3].members()) == there
    sound(runs[0])
    assert [event.at for event in runs[1].events()] == sorted(event.at for event in runs[1].events())


def test_a_write_between_reading_and_writing_is_not_lost(archive: Archive) -> None:
    """Another run fills the last part, and begins the next one, while this one is about to write."""
    mine, other = ListLog(archive, "twx", "7"), ListLog(archive, "twx", "7")
    mine.add(["1", "2", "3"], 1)
    assert set(mine.members()) == {"1", "2", "3"}
    pass_full = mine._pass_full

    def late() -> None:
        pass_full()
        mine._pass_full = pass_full  # type: ignore[method-assign]
        other.add(["4", "5", "6", "7"], 2)
        other.add(["8"], 3)

    mine._pass_full = late  # type: ignore[method-assign]
    assert mine.add(["3", "4", "8", "9"], 4) == ["9"]
    sound(mine)
    assert set(mine.members()) == set("123456789")


def test_threads_that_write_at_once(archive: Archive) -> None:
    users = [str(number) for number in range(60)]
    new: list[str] = []

    def write() -> None:
        log = ListLog(archive, "twx", "7")
        for start in range(0, len(users), 3):
            new.extend(log.add(users[start : start + 3], start))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new) == sorted(users), "each is new to one of them"
    sound(ListLog(archive, "twx", "7"))


KILLED = """
import itertools
from netwar.archive.sqlite.store import SqliteArchive
from netwar.lists import membership
membership.PART = 5
log = membership.ListLog(SqliteArchive(Path(sys.argv[1]) / "archive", Path(sys.argv[1]) / "dead-letters"), "twx", "7")
print("ready", flush=True)
for at in itertools.count():
    users = [str(at % 97), str((at * 7) % 97)]
    (log.add if at % 3 else log.remove)(users, at)
"""


def test_runs_that_are_killed_anywhere_leave_a_sound_log(archive: Archive, tmp_path: object) -> None:
    for _ in range(5):
        with processes(2, KILLED, tmp_path) as started:
            for one in started:
                assert one.says() == "ready"
            threading.Event().wait(0.3)
            for one in started:
                one.kill()
        log = ListLog(archive, "twx", "7")
        sound(log)
    parts = [len(value) for key, value in archive.notes("twx", "listed/7/")]
    assert all(first >= 5 for first, _ in pairwise(parts)), "only the last part is not full"


def test_a_state_is_kept_whole_and_a_damaged_one_is_told(archive: Archive) -> None:
    log = ListLog(archive, "twx", "7")
    state = ListState("n", "9", True, 3, 5, 1, 1, 0, False, {"1": "gone"}, {"2": (1, 5)}, 6, 2, "private", "said", 4)
    assert log.change(lambda before: state) == state == log.state()
    archive.change_note("twx", "listed/7", lambda before: before | {"later": 1})
    assert log.state() == state, "what a later version knows is passed over"
    for damage in (7, {"absent": 3}, {"absent": {"1": 5}}):
        archive.change_note("twx", "listed/7", lambda before, damage=damage: damage)
        with pytest.raises(ServiceDown, match="restore it from a copy"):
            log.state()
    archive.change_note("twx", "listed/7/000001", lambda before: [[1, 2]])
    with pytest.raises(ServiceDown, match="restore it from a copy"):
        log.members()
    assert json.dumps(archive.note("twx", "listed/7/000001")) == "[[1, 2]]"


def test_trouble_begins_once_and_ends() -> None:
    state = troubled(ListState(), "gone", "a", 5)
    assert (state.trouble, state.since) == ("gone", 5)
    state = troubled(state, "private", "b", 9)
    assert (state.trouble, state.detail, state.since) == ("private", "b", 5)
    assert troubled(state, "", "", 11) == ListState()

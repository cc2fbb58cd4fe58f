"""One run at a time makes a copy: the second one is told, and takes over only from one that is dead, or silent for long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.copying import Copy, Holder, Place
from netwar.copying.state import CopyState
from netwar.errors import Busy, LeaseLost, ServiceDown
from netwar.queues.base import LEASE_SECONDS
from tests.copying.archives import fill, whole
from tests.operator import Operator

NOW = 1_800_000_000.0


@pytest.fixture
def source(tmp_path: Path, small: None) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(tmp_path / "from", tmp_path / "dead-from")) as archive:
        fill(archive, "a", 600)
        yield archive


@pytest.fixture
def target(tmp_path: Path) -> Iterator[SqliteArchive]:
    with closing(SqliteArchive(tmp_path / "to", tmp_path / "dead-to")) as archive:
        yield archive


def a_copy(source: Any, target: Any, holder: str, report: Any = lambda count, index: None, **more: Any) -> Copy:
    return Copy(Place(source, "a", "from"), Place(target, "a", "to"), Holder(holder, **more), report)


def left(target: SqliteArchive) -> list[str]:
    return [key for key, _ in target.notes("tua", "copy/")]


def test_a_second_run_is_told_and_changes_nothing(source: SqliteArchive, target: SqliteArchive) -> None:
    refused = []

    def meanwhile(count: int, index: str) -> None:
        with pytest.raises(Busy, match=r"another run makes this copy \(on here\)"):
            a_copy(source, target, "there:2").run()
        refused.append(index)

    done = a_copy(source, target, "here:1", meanwhile).run()
    assert set(refused) == {"tua", "twa"}
    assert not done.resumed
    assert whole(target, "a") == whole(source, "a")
    assert left(target) == []


def test_who_was_killed_is_followed_at_once_and_cannot_come_back(source: SqliteArchive, target: SqliteArchive) -> None:
    """A run that was only thought dead may not write down an old place: what lies behind it would be read by nobody."""
    taken = []

    def overtaken(count: int, index: str) -> None:
        if not taken:
            taken.append(a_copy(source, target, "here:2", dead=lambda holder: holder == "here:1").run())

    with pytest.raises(LeaseLost, match="another run has taken this copy over"):
        a_copy(source, target, "here:1", overtaken).run()
    assert taken[0].resumed
    assert whole(target, "a") == whole(source, "a")
    assert left(target) == []


def test_who_was_overtaken_writes_nothing_down(target: SqliteArchive) -> None:
    first = CopyState(target, "tua", "copy/x", "from", Holder("here:1"))
    first.begin(["all"])
    second = CopyState(target, "tua", "copy/x", "from", Holder("here:2", dead=lambda holder: True))
    second.progress.after = {"twa": "200"}
    second.note()
    first.progress.after = {"twa": "100"}
    with pytest.raises(LeaseLost):
        first.note()
    first.release()
    assert CopyState(target, "tua", "copy/x", "from", Holder("here:2")).progress.after == {"twa": "200"}


def test_who_is_silent_is_waited_for_as_long_as_a_lease(target: SqliteArchive) -> None:
    CopyState(target, "tua", "copy/x", "from", Holder("there:1", clock=lambda: NOW))
    with pytest.raises(Busy):
        CopyState(target, "tua", "copy/x", "from", Holder("here:2", clock=lambda: NOW + LEASE_SECONDS - 1))
    CopyState(target, "tua", "copy/x", "from", Holder("here:2", clock=lambda: NOW + LEASE_SECONDS + 1))
    CopyState(target, "tua", "copy/x", "from", Holder("late:3", clock=lambda: NOW - LEASE_SECONDS))  # theirs was ahead


def test_a_run_that_works_for_long_renews_its_lease(target: SqliteArchive) -> None:
    now = [NOW]
    state = CopyState(target, "tua", "copy/x", "from", Holder("here:1", clock=lambda: now[0]))
    for _ in range(30):
        now[0] += LEASE_SECONDS / 5
        state.renew()
        with pytest.raises(Busy):
            CopyState(target, "tua", "copy/x", "from", Holder("here:2", clock=lambda: now[0] + LEASE_SECONDS / 2))


def test_one_that_fails_lets_the_next_go_on_at_once(source: SqliteArchive, target: SqliteArchive) -> None:
    def full(count: int, index: str) -> None:
        raise ServiceDown("the disk is full")

    with pytest.raises(ServiceDown):
        a_copy(source, target, "there:1", full).run()
    assert a_copy(source, target, "here:2").run().resumed
    assert whole(target, "a") == whole(source, "a")


def test_one_that_was_cut_off_before_all_was_put_by_begins_anew(target: SqliteArchive) -> None:
    state = CopyState(target, "tua", "copy/x", "from", Holder("here:1"))
    with pytest.raises(ZeroDivisionError):
        state.begin(1 // number for number in (1, 1, 0))
    state.release()
    again = CopyState(target, "tua", "copy/x", "from", Holder("here:2"))
    assert not again.is_begun
    again.begin(["first", "second"])
    assert list(again.parts()) == ["first", "second"]
    assert CopyState(target, "tua", "copy/x", "from", Holder("here:2")).is_begun


def test_one_that_was_cut_off_at_its_end_begins_anew(target: SqliteArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    state = CopyState(target, "tua", "copy/x", "from", Holder("here:1"))
    state.begin(["first", "second"])
    change = target.change_note

    def cut_off(index: str, key: str, *more: Any) -> Any:
        if key.endswith("2"):
            raise ZeroDivisionError
        return change(index, key, *more)

    with monkeypatch.context() as cutting:
        cutting.setattr(target, "change_note", cut_off)
        with pytest.raises(ZeroDivisionError):
            state.end()
    assert left(target) == ["copy/x", "copy/x/000000002"]
    assert not CopyState(target, "tua", "copy/x", "from", Holder("here:1")).is_begun


def test_two_accounts_of_one_host_copy_in_turn(operator: Any) -> None:
    """As the programs do it: the second configuration is no second copy."""
    desk: Operator = operator("[world]\nusers = 3\n[[users]]\nposts = 300\n")
    desk.queue(user["id"] for user in desk.users())
    desk.run("tw-idu3elk", "brexit")
    other = desk.desk.home / "other.conf"
    other.write_text((desk.desk.home / ".twitter").read_text())
    other.chmod(0o600)
    both = [desk.desk.start("tw-copy", "brexit", "copied", *more) for more in ([], ["--config", other])]
    ended = [(process.communicate()[1], process.returncode) for process in both]
    assert {status for _, status in ended} <= {0, 75}, ended
    assert 0 in {status for _, status in ended}
    assert "Traceback" not in str(ended)
    desk.run("tw-copy", "brexit", "copied")
    assert desk.coverage("copied") == desk.coverage("brexit") != {}

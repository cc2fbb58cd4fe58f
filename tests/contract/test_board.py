"""What every board does, whatever keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from netwar.board.base import FORGOTTEN, LOST, STUCK, Board, HostState, RunState
from tests.contract.opening import SetClock, open_board

ONE = RunState("1", "alpha", "tw-idu3elk", "c0", subject="work", account="nasa", tokens={"account": "t0"}, counts={"users": 1})


@pytest.fixture
def board(where: str, clock: SetClock) -> Iterator[Board]:
    with closing(open_board(where, clock)) as opened:
        yield opened


@pytest.fixture
def other(where: str, clock: SetClock) -> Iterator[Board]:
    """The same board as another process has it."""
    with closing(open_board(where, clock)) as opened:
        yield opened


def ids(board: Board) -> list[str]:
    return [run.state.id for run in board.runs()]


def test_what_runs_say_stands_until_they_say_something_else(board: Board, other: Board, clock: SetClock) -> None:
    board.say(ONE)
    clock.now += 7
    [run] = other.runs()
    assert (run.state, run.silent, run.lost, run.stuck) == (ONE, 7, False, False)
    board.say(replace(ONE, done=2, note="Übergröße 🎉"))
    other.say(replace(ONE, id="2", host="beta"))
    assert [(run.state.host, run.state.done, run.silent) for run in other.runs()] == [("alpha", 2, 0), ("beta", 0, 0)]


def test_who_is_silent_is_lost_and_who_gets_nowhere_is_stuck(board: Board, clock: SetClock) -> None:
    board.say(replace(ONE, still=STUCK + 1))
    board.say(replace(ONE, id="2", subject="other", still=STUCK + 1, waits=900))
    assert [(run.lost, run.stuck) for run in board.runs()] == [(False, False), (False, True)], "one of them waits for a window"
    clock.now += LOST + 1
    assert [(run.lost, run.stuck) for run in board.runs()] == [(True, False), (True, False)]
    board.say(replace(ONE, status=0))
    clock.now += LOST + 1
    assert [run.lost for run in board.runs()] == [True, False], "who has ended need say nothing more"


def test_the_next_run_takes_down_what_it_makes_good(board: Board, other: Board, clock: SetClock) -> None:
    board.say(replace(ONE, id="early", subject="", status=78))
    board.say(replace(ONE, id="ended", status=69, error="no"))
    board.say(replace(ONE, id="elsewhere", subject="weekly", status=1))
    clock.now += 1
    other.say(replace(ONE, id="lives"))
    assert sorted(ids(board)) == ["elsewhere", "lives"]
    board.say(replace(ONE, id="beside"))
    assert sorted(ids(board)) == ["beside", "elsewhere", "lives"], "two of one kind may be at work, and one of them may die"
    board.say(replace(ONE, id="beside", status=0))
    other.say(replace(ONE, id="third"))
    assert sorted(ids(board)) == ["elsewhere", "lives", "third"]
    other.say(replace(ONE, id="third", status=0))
    clock.now += LOST + 1
    other.say(replace(ONE, id="another", subject="x"))
    assert sorted(ids(board)) == ["another", "elsewhere", "lives", "third"], "nobody has done the work of the lost one"
    board.say(replace(ONE, id="next"))
    assert sorted(ids(board)) == ["another", "elsewhere", "next"]
    assert (board.forget(), ids(other)) == (1, ["next", "another"])
    clock.now += FORGOTTEN + 1
    board.say(replace(ONE, id="new", host="gamma"))
    assert ids(board) == ["new"]


def test_one_that_was_begun_again_soon_is_no_alarm_and_one_of_several_is(board: Board, other: Board, clock: SetClock) -> None:
    """Who is begun again falls silent, and is not lost yet. Only who began after its last word does its work."""

    def lost() -> list[str]:
        return sorted(run.state.id for run in other.runs() if run.lost)

    board.say(replace(ONE, id="beside", age=3))
    for id, subject in {"killed": "work", "early": "", "elsewhere": "weekly"}.items():
        other.say(replace(ONE, id=id, subject=subject, age=1))
    clock.now += LOST
    board.say(replace(ONE, id="beside", age=10))  # a run's own clock stands still while the host sleeps
    clock.now += 1
    board.say(replace(ONE, id="beside", age=11, status=0))
    assert lost() == ["early", "elsewhere", "killed"], "it was at work before the others fell silent"
    other.say(replace(ONE, id="killed", age=2))  # it was only held up
    clock.now += 2
    board.say(replace(ONE, id="next", age=1))
    assert sorted(ids(other)) == ["elsewhere", "killed", "next"]
    clock.now += 20
    board.say(replace(ONE, id="next", age=21, status=0))
    assert "killed" in ids(other), "nobody knows yet that it was killed"
    clock.now += LOST - 20
    assert lost() == ["elsewhere"], "the next one did its work, and has ended"
    board.make_good(replace(ONE, id="well", subject="weekly", age=1, status=0))
    assert lost() == [], "one that is not on the board does its work as well, and leaves nothing there"
    assert ids(other) == ["next"]


def test_no_clock_hides_one_that_was_killed_and_forget_takes_it_down(board: Board, other: Board, clock: SetClock) -> None:
    def lost() -> list[str]:
        return [run.state.id for run in other.runs() if run.lost]

    other.say(replace(ONE, id="clock", age=9))
    clock.now -= 3600  # it is set back
    other.say(replace(ONE, id="clock", age=10))
    clock.now += LOST + 1
    assert lost() == ["clock"], "it stands in for nobody, and not for itself"
    clock.now += 3600
    board.say(replace(ONE, id="silent", age=-0.001))  # as if rounded
    clock.now += LOST + 1
    assert "silent" in lost()
    board.say(replace(ONE, id="silent"))
    clock.now += 9
    board.say(replace(ONE, id="again", age=1, status=78))
    assert other.forget() == 2, "what was only silent would be told of without the one that began after it"
    clock.now += LOST
    assert ids(other) == []


def test_hosts_totals_and_notes(board: Board, other: Board, clock: SetClock) -> None:
    here = HostState("alpha", "/data", spool=3, spooled=60.0, letters=1, due=None, free=10**12)
    board.say_host(here)
    board.say_host(replace(here, host="beta", due=5))
    clock.now += 2
    other.say_host(replace(here, spool=0))
    assert [(one.state.host, one.state.spool, one.state.due, one.silent) for one in board.hosts()] == [
        ("alpha", 0, None, 0),
        ("beta", 3, 5, 2),
    ]
    board.add({"tweets": 100, "profiles": 1})
    other.add({"tweets": 20})
    assert board.totals() == {"profiles": 1, "tweets": 120}
    board.put_note("lag/twbrexit", [1, 2.5, "ü"])
    assert other.note("lag/twbrexit", 60) == [1, 2.5, "ü"]
    clock.now += 60
    assert other.note("lag/twbrexit", 60) is None
    assert other.note("nothing", 60) is None


def test_one_is_told_of_a_thing_once_a_day(board: Board, other: Board) -> None:
    assert [one.once("lost/alpha", "2026-11-28") for one in (board, other, board)] == [True, False, False]
    assert other.once("budget", "2026-11-28")
    assert [one.once("lost/alpha", "2026-11-29") for one in (other, board)] == [True, False]
    assert other.once("budget", "2026-11-29")
    board.untold("lost/alpha", "2026-11-29")
    assert [one.once("lost/alpha", "2026-11-29") for one in (other, board)] == [True, False]
    assert not board.once("budget", "2026-11-29")

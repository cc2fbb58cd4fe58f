"""The clock of a file: the host's may be set as often as it likes."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from netwar.connections.clocks import TABLE, SteadyClock, boot_clock, boot_id
from netwar.connections.runs import Run
from netwar.queues.base import LEASE_SECONDS
from netwar.queues.sqlite import SqliteQueue
from tests.contract.opening import SetClock

MONTHS = 90 * 86_400
NOW = 1_800_000_000.0


@pytest.fixture
def file() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(TABLE)
        yield connection


@pytest.fixture
def wall() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def up() -> SetClock:
    return SetClock(500.0)


def test_it_counts_on_whatever_happens_to_the_clock_of_the_host(file: sqlite3.Connection, wall: SetClock, up: SetClock) -> None:
    clock = SteadyClock(file, up, "boot", wall)
    assert (clock(), clock.ahead) == (NOW, 0)
    up.now += 60
    wall.now += MONTHS
    other = SteadyClock(file, up, "boot", wall)
    assert clock() == other() == NOW + 60, "programs that are started later have the same"
    assert clock.ahead == 60 - MONTHS


def test_after_a_restart_of_the_machine_it_begins_anew(file: sqlite3.Connection, wall: SetClock, up: SetClock) -> None:
    SteadyClock(file, up, "boot", wall)
    up.now, wall.now = 3.0, NOW + 1_000
    assert SteadyClock(file, up, "next boot", wall)() == NOW + 1_000


def test_a_file_that_may_only_be_read_has_the_clock_of_now(file: sqlite3.Connection, wall: SetClock, up: SetClock) -> None:
    file.execute("PRAGMA query_only=ON")
    assert SteadyClock(file, up, "boot", wall)() == NOW


def test_where_the_system_does_not_tell_its_starts_apart_the_host_s_clock_is_taken(
    file: sqlite3.Connection, wall: SetClock, up: SetClock
) -> None:
    clock = SteadyClock(file, up, "", wall)
    wall.now += 5
    assert (clock(), clock.ahead) == (NOW + 5, 0)


@pytest.mark.skipif(not (shutil.which("faketime") and boot_id()), reason="no faketime to set a program's clock with")
def test_a_program_whose_own_clock_is_set_off_agrees_with_the_others() -> None:
    command = ["faketime", "+1 day", sys.executable, "-c", "from netwar.connections import clocks; print(clocks.boot_clock())"]
    before = boot_clock()
    told = float(subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PYTHONPATH": "."}).stdout)
    assert before - 1 < told < boot_clock() + 1


@pytest.mark.parametrize("step", [MONTHS, -MONTHS])
def test_a_clock_that_is_set_takes_no_claim_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    mine, theirs = (SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs")) for _ in range(2))
    with closing(mine), closing(theirs):
        mine.put(["1"])
        claim = mine.take(1)
        assert claim is not None
        genuine = time.time
        monkeypatch.setattr(time, "time", lambda: genuine() + step)
        assert theirs.take(1) is None
        claim.renew()
        [held] = theirs.claimed()
        assert held.until == pytest.approx(time.time() + LEASE_SECONDS, abs=5), "it is told by the clock that people see"


def test_a_lease_that_was_written_when_the_clock_was_ahead_runs_out(tmp_path: Path) -> None:
    """The machine was started anew since, and bears another name: its run cannot be asked for."""
    clock, run = SetClock(NOW + MONTHS), Run(tmp_path / "runs")
    run.begin()
    run.holder = "elsewhere:" + run.holder.partition(":")[2]
    with closing(SqliteQueue(tmp_path / "queues.sqlite", "work", run, clock)) as queue:
        queue.put(["1"])
        assert queue.take(1) is not None
    with closing(SqliteQueue(tmp_path / "queues.sqlite", "work", Run(tmp_path / "runs"), SetClock(NOW))) as queue:
        assert queue.take(1) is not None

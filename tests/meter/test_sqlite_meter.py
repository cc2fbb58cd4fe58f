"""What only the embedded meter has to show."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from netwar.connections.runs import Run
from netwar.errors import ConfigError, ServiceDown
from netwar.meter.base import Purpose
from netwar.meter.sqlite import SqliteMoney, SqliteWindows
from tests.contract.opening import Process, processes

TODAY = date(2026, 11, 23)
PURPOSE = Purpose("tw-idu3elk", "brexit")


@pytest.fixture
def money(tmp_path: Path) -> SqliteMoney:
    return SqliteMoney(tmp_path / "meter.sqlite", "app", Run(tmp_path / "runs"), 10**12)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def buy(money: SqliteMoney, count: int, day: date) -> None:
    money.settle(money.reserve("page", {"post": 1}, PURPOSE), [("post", str(id)) for id in range(count)], noon(day))


def test_which_objects_were_paid_for_is_forgotten_after_days_but_not_what_they_cost(money: SqliteMoney, tmp_path: Path) -> None:
    for days in range(10):
        buy(money, 7, TODAY + timedelta(days=days - 9))
    assert len(money.charges()) == 10
    with closing(sqlite3.connect(tmp_path / "meter.sqlite", isolation_level=None)) as db:
        kept = [day for (day,) in db.execute("SELECT DISTINCT day FROM paid ORDER BY day")]
    assert kept == [str(TODAY + timedelta(days=days)) for days in (-3, -2, -1, 0)]


def test_300_objects_settle_in_2_ms_of_cpu(money: SqliteMoney) -> None:
    used = []
    for page in range(20):
        reservation = money.reserve("page", {"post": 300}, PURPOSE)
        objects = [("post", str(1_800_000_000_000_000_000 + 300 * page + id)) for id in range(300)]
        before = time.process_time()
        money.settle(reservation, objects, noon(TODAY))
        used.append(time.process_time() - before)
    assert sorted(used)[len(used) // 4] < 0.002


def test_money_and_windows_share_a_file(money: SqliteMoney, tmp_path: Path) -> None:
    windows = SqliteWindows(tmp_path / "meter.sqlite")
    assert windows.take("token", "timeline", 2) is None
    buy(money, 1, TODAY)
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["meter.sqlite"]


def test_a_file_of_a_newer_program_is_refused(money: SqliteMoney, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "meter.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigError, match="newer version"):
        SqliteWindows(tmp_path / "meter.sqlite")


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "meter.sqlite").write_text("x" * 5000)
    with pytest.raises(ServiceDown, match=r"meter\.sqlite is damaged.*: tw-mend .*meter\.sqlite  rebuilds it"):
        SqliteWindows(tmp_path / "meter.sqlite")


# As a program has them: money first, then windows of the same file. It buys, says so, and goes on when it is told to.
RECORDER = """
from datetime import UTC, datetime
from netwar.meter.base import Purpose
where, name = sys.argv[1:]
money = open_money(where, new_run(where), 10**12)
windows = open_windows(where)
for count in (10, 300):
    for number in range(count):
        windows.take(name, "timeline", 1000)
        reservation = money.reserve(f"{name}{number}", {"post": 1}, Purpose(name, "brexit"))
        money.settle(reservation, [("post", f"{name}{count}{number}")], datetime.now(UTC))
    print("bought", flush=True)
    sys.stdin.readline()
windows._file.close()
money.close()
"""


def test_every_booking_is_there_when_one_program_ends_and_another_goes_on(tmp_path: Path) -> None:
    where = f"sqlite:{tmp_path}"
    with ExitStack() as stack:

        def begin(name: str) -> Process:
            begun = stack.enter_context(processes(1, RECORDER, where, name))[0]
            assert begun.says() == "bought"
            return begun

        def end(process: Process) -> None:
            process.go()
            assert process.says() == "bought"
            process.go()
            process.end()

        first, second = begin("a"), begin("b")
        end(second)
        third = begin("c")
        end(first)
        end(third)
    with closing(sqlite3.connect(tmp_path / "meter.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("SELECT command, objects, micro FROM charges ORDER BY 1").fetchall() == [
            (name, 310, 310 * 5000) for name in "abc"
        ]
        assert db.execute("SELECT count(*) FROM paid").fetchone() == (930,)

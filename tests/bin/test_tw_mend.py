"""A damaged meter, or queue, is told with the way out, and rebuilt without forgetting money."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netwar.config import short
from netwar.connections.runs import Run
from netwar.meter.base import DoesNotFit, Purpose
from netwar.meter.sqlite import SqliteMoney
from netwar.meter.sqlite_apps import SqliteApps
from netwar.meter.sqlite_mending import mend_meter
from netwar.queues.sqlite import SqliteQueue
from tests.desk import Desk
from tests.rows import rows

PURPOSE = Purpose("tw-idu3elk", "brexit")
PAGE = 4096
APP = short("key")


@pytest.fixture
def data(desk: Desk) -> Path:
    return data_of(desk)


def data_of(desk: Desk) -> Path:
    desk.configure(consumer_key="key", consumer_secret="secret", data="data", budget=50)
    (data := desk.home / "data").mkdir()
    return data


def money(data: Path, budget: int = 50_000_000, app: str = APP) -> SqliteMoney:
    return SqliteMoney(data / "meter.sqlite", app, Run(data / "runs"), budget)


def bought(data: Path, posts: int = 3000) -> None:
    with closing(money(data)) as meter:
        for number in range(3):
            ids = [("post", f"{10**18 + number * posts + one}") for one in range(posts)]
            meter.settle(meter.reserve("page", {"post": posts}, PURPOSE), ids, datetime.now(UTC))


def damage(path: Path, first: int, last: int) -> None:
    """Write rubbish over some pages, counted from 0."""
    with path.open("r+b") as file:
        file.seek(first * PAGE)
        file.write(os.urandom((last - first) * PAGE))


def root(path: Path, table: str) -> int:
    """The first page of a table."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]) - 1


def whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@rows("torn", ["charges", "paid", "reservations", None])
def test_a_damaged_meter_is_told_and_rebuilt_and_opens_no_second_budget(tmp_path: Path, torn: str | None) -> None:
    desk = Desk(tmp_path)
    bought(data := data_of(desk), 600)
    path = data / "meter.sqlite"
    with closing(money(data, app="other")) as meter:  # an app that has bought nothing before the file was damaged
        meter.release(meter.reserve("page", {"post": 1}, PURPOSE))
    first = root(path, torn) if torn else 0
    damage(path, first, first + 1)
    told = desk.run("tw-spend", "--no-ask")
    if torn in (None, "charges"):
        assert told.status == 69
        assert f"{path} is damaged" in told.stderr
        assert f"tw-mend {path}" in told.stderr
    other = desk.configure(path=desk.home / "another account.conf", consumer_key="key", data="data", budget=1)
    mended = desk.run("tw-mend", path, "--config", other, check=0).stderr
    assert ("not all could be read of: " in mended) == bool(torn) or torn is None
    assert "all of today's budget counts as spent until the day ends" in mended
    assert f"tw-mend {path} --spent DOLLARS --config '{other}'  says" in mended
    whole(path)
    assert len(list(data.glob("meter.sqlite.damaged-*"))) == 1
    for budget in (50, 10**9):  # of other accounts of the app, of which tw-mend knows nothing
        with closing(money(data, budget * 1_000_000)) as meter, pytest.raises(DoesNotFit):
            meter.reserve("page", {"post": 1}, PURPOSE)
    if torn:
        with closing(money(data, app="other")) as meter, pytest.raises(DoesNotFit):
            meter.reserve("page", {"post": 1}, PURPOSE)
    assert ("of an app of which nothing is left nothing counts" in mended) == ("not all could be read" in mended)
    told = desk.run("tw-spend", "--no-ask", check=0).stdout
    assert "held by runs that are going on, $0.00 left" in told
    assert "in doubt: the rest of the budget" in told
    sums = json.loads(desk.run("tw-spend", "--no-ask", "--json", check=0).stdout)["micro_dollars"]
    assert (sums["today"] + sums["in_doubt"], sums["left"]) == (50_000_000, 0)
    assert f"${sums['in_doubt'] / 1e6:.2f} in doubt" in desk.run("tw-status").stdout


def test_what_the_console_of_x_shows_counts(desk: Desk, data: Path) -> None:
    bought(data, 600)  # $9
    damage(data / "meter.sqlite", (first := root(data / "meter.sqlite", "charges")), first + 1)
    desk.run("tw-mend", data / "meter.sqlite", "--spent", "9.5", check=0)
    with closing(money(data)) as meter:
        assert (meter.spent(), meter.doubtful()) == (0, 9_500_000)
    desk.run("tw-mend", data / "meter.sqlite", "--spent", "8", check=0)
    with closing(money(data)) as meter:
        assert (meter.spent(), meter.doubtful()) == (0, 8_000_000)
        meter.release(meter.reserve("page", {"post": 8_400}, PURPOSE))
        with pytest.raises(DoesNotFit):
            meter.reserve("page", {"post": 8_401}, PURPOSE)


def test_a_meter_that_is_whole_is_left_as_it_is(desk: Desk, data: Path) -> None:
    """To rebuild it would take the rest of today's budget away."""
    bought(data, 600)
    assert "is whole, and left as it is" in desk.run("tw-mend", data / "meter.sqlite", check=0).stderr
    assert not list(data.glob("*.damaged-*"))
    with closing(money(data)) as meter:
        assert meter.doubtful() == 0
    with closing(sqlite3.connect(data / "meter.sqlite")) as db, db:
        db.execute("INSERT INTO charges SELECT 'other', day, command, \"index\", kind, objects, free, micro FROM charges")
    with closing(money(data)) as meter:
        meter.reserve("page", {"post": 1}, PURPOSE)
    for spent, doubtful in ((12, 3_000_000), (9.5, 500_000), (8, 0)):
        said = desk.run("tw-mend", data / "meter.sqlite", "--spent", str(spent), check=0).stderr
        assert f"left as it is, but that today counts as ${spent:.2f}, or as what is booked if that is more, plus" in said
        with closing(money(data)) as meter:
            assert (meter.spent(), meter.doubtful()) == (9_000_000, doubtful)
    with closing(sqlite3.connect(data / "meter.sqlite")) as db:
        assert db.execute("SELECT app FROM reservations").fetchall() == [(APP,)], (
            "what a run has reserved, and nothing of other apps"
        )
        db.execute("DELETE FROM reservations")
        db.commit()
    assert not list(data.glob("*.damaged-*"))
    os.truncate(data / "meter.sqlite", 0)
    assert "rebuilt with 0" in desk.run("tw-mend", data / "meter.sqlite", check=0).stderr


def test_of_a_bearer_token_alone_it_is_the_app_s_money(desk: Desk, data: Path) -> None:
    bought(data, 600)  # $9
    desk.configure(bearer_token="token", data="data", budget=50)
    with closing(SqliteApps(data / "meter.sqlite")) as apps:
        apps.record(short("token"), APP)
    desk.run("tw-mend", data / "meter.sqlite", "--spent", "12", check=0)
    with closing(money(data)) as meter:
        assert (meter.spent(), meter.doubtful()) == (9_000_000, 3_000_000)
    damage(data / "meter.sqlite", (first := root(data / "meter.sqlite", "charges")), first + 1)
    desk.run("tw-mend", data / "meter.sqlite", "--spent", "12", check=0)
    with closing(money(data)) as meter:
        assert (meter.spent(), meter.doubtful()) == (0, 12_000_000)


@rows("days", [-90, 90])
def test_today_is_xs_day_also_where_the_machine_was_started_with_a_wrong_clock(tmp_path: Path, days: int) -> None:
    """The file's clock counts on from there, whatever the host's clock was set to since."""
    money(data := tmp_path).close()
    with closing(sqlite3.connect(data / "meter.sqlite", isolation_level=None)) as db:
        db.execute("UPDATE boots SET beyond = beyond + ?", (days * 86_400,))
    bought(data, 600)  # $9
    path = data / "meter.sqlite"
    mend_meter(path, APP)
    with closing(money(data)) as meter, pytest.raises(DoesNotFit):
        meter.reserve("page", {"post": 1}, PURPOSE)
    mend_meter(path, APP, 10_000_000)
    with closing(money(data)) as meter:
        meter.release(meter.reserve("page", {"post": 8_000}, PURPOSE))
        assert (meter.spent(), meter.doubtful()) == (9_000_000, 1_000_000)


def test_a_program_that_waits_meanwhile_goes_on_with_the_new_file(desk: Desk, data: Path) -> None:
    bought(data)
    path = data / "meter.sqlite"
    damage(path, (first := root(path, "paid")), first + 1)
    with closing(sqlite3.connect(path)) as waiting:
        desk.run("tw-mend", path, check=0)
        assert waiting.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@rows("seed", range(6))
def test_whatever_is_damaged_the_file_is_whole_afterwards(tmp_path: Path, seed: int) -> None:
    bought(data := tmp_path)
    path = data / "meter.sqlite"
    chance = random.Random(seed)
    pages = path.stat().st_size // PAGE
    for _ in range(chance.randint(1, 4)):
        first = chance.randrange(pages)
        damage(path, first, min(first + chance.randint(1, 3), pages))
    if seed % 3 == 0:
        os.truncate(path, path.stat().st_size // 2)
    mend_meter(path, APP)
    whole(path)
    with closing(money(data)) as meter, pytest.raises(DoesNotFit):
        meter.reserve("page", {"post": 1}, PURPOSE)


def test_a_damaged_queue_is_told_and_rebuilt(desk: Desk, data: Path) -> None:
    path = data / "queues.sqlite"
    with closing(SqliteQueue(path, "work", Run(data / "runs"))) as queue:
        queue.put(str(10**9 + number) for number in range(5000))
    damage(path, (first := root(path, "entries")), first + 1)
    told = desk.run("tw-quser2work", "-", input="".join(f"{10**9 + number}\n" for number in range(5000)), check=69).stderr
    assert f"tw-mend {path}  rebuilds it" in told
    assert "queue the lists again" in desk.run("tw-mend", path, check=0).stderr
    whole(path)
    assert "is whole, and left as it is" in desk.run("tw-mend", path, check=0).stderr
    assert len(list(data.glob("*.damaged-*"))) == 1
    desk.run("tw-quser2work", "-", input="".join(f"{10**9 + number}\n" for number in range(5000)), check=0)
    with closing(SqliteQueue(path, "work", Run(data / "runs"))) as queue:
        assert len(queue) == 5000


def test_what_is_not_there_or_cannot_be_rebuilt_is_told(desk: Desk, data: Path) -> None:
    assert "there is no " in desk.run("tw-mend", data / "meter.sqlite", check=1).stderr
    assert not (data / "meter.sqlite").exists()
    assert "restore an archive from a copy" in desk.run("tw-mend", "x.sqlite", check=2).stderr


NO_TEXT = b"\xff\xfeid"
ODD: list[tuple[str, str, object]] = [
    *(("meter.sqlite", column, NO_TEXT) for column in ("charges.command", "budgets.app", "reservations.request", "paid.id")),
    ("meter.sqlite", "charges.day", b"2026-13-99"),
    ("meter.sqlite", "charges.micro", "many"),
    ("meter.sqlite", "reservations.opened", "when"),
    *(("queues.sqlite", column, NO_TEXT) for column in ("entries.user", "entries.queue", "entries.reason")),
    ("queues.sqlite", "entries.state", b"vanished"),
]


@rows(("name", "column", "odd"), ODD)
def test_a_row_that_nobody_wrote_so_is_damage_and_left_out(tmp_path: Path, name: str, column: str, odd: object) -> None:
    """A single byte is enough: what SQLite tells of a file is that it is whole, and what is in it cannot be read."""
    desk = Desk(tmp_path)
    file = (data := data_of(desk)) / name
    bought(data, 600)
    with closing(money(data)) as meter:
        meter.doubt(meter.reserve("page", {"post": 1}, PURPOSE))
    with closing(SqliteQueue(data / "queues.sqlite", "work", Run(data / "runs"))) as queue:
        queue.put(["1", "2", "3"])
    table, of = column.split(".")
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        key = "rowid" if table == "entries" else "app"
        one = f"{key} = (SELECT {key} FROM {table} LIMIT 1) AND {of} = (SELECT {of} FROM {table} LIMIT 1)"
        value = "CAST(? AS TEXT)" if isinstance(odd, bytes) else "?"
        assert db.execute(f"UPDATE {table} SET {of} = {value} WHERE {one.replace(' = ', ' IS ')}", (odd,)).rowcount == 1
    for words in ("tw-spend --no-ask", "tw-showwork --json", "tw-idu3elk three --user 1"):
        told = desk.run(*words.split())
        assert "UTF-8" not in told.stderr or (told.status == 69 and f"tw-mend {file}  rebuilds it" in told.stderr), told
    assert f"not all could be read of: {table}" in desk.run("tw-mend", file, check=0).stderr
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    desk.run("tw-spend", "--no-ask", check=0)
    desk.run("tw-showwork", "--json", check=0)
    if name == "meter.sqlite":
        assert "is whole, and left as it is" in desk.run("tw-mend", file, check=0).stderr
        with closing(money(data)) as meter, pytest.raises(DoesNotFit):
            meter.reserve("page", {"post": 1}, PURPOSE)

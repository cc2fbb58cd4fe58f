"""tw-spend: what was bought, what is left, and what X counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from netwar.config import short
from netwar.connections.runs import Run
from netwar.meter.base import Purpose
from netwar.meter.sqlite import SqliteMoney
from tests.desk import Desk, Sandbox, sign_in
from tests.rows import rows
from tests.terminals import shown

TODAY = datetime.now(UTC).date()


KEY = "app-key"


def meter(desk: Desk, key: str = KEY) -> SqliteMoney:
    """The meter of an app, as the programs at the desk share it."""
    return SqliteMoney(desk.home / "data" / "meter.sqlite", short(key), Run(desk.home / "data" / "runs"), 10**9)


@pytest.fixture
def money(desk: Desk) -> SqliteMoney:
    """The meter of the app that the desk's configuration names."""
    desk.configure(consumer_key=KEY, budget=2, data=desk.home / "data")
    return meter(desk)


def buy(money: SqliteMoney, index: str, kind: str, count: int, day: date = TODAY) -> None:
    reservation = money.reserve("page", {kind: count}, Purpose("tw-idu3elk", index))
    at = datetime.combine(day, datetime.now(UTC).timetz())
    money.settle(reservation, [(kind, str(id)) for id in range(count)], at)


def test_nothing_spent(money: SqliteMoney, desk: Desk) -> None:
    ended = desk.run("tw-spend", "-q", check=0)
    assert ended.stdout.splitlines()[0] == "nothing was bought in these days"
    assert "$0.00 spent of a budget of $2.00" in ended.stdout
    assert ended.stderr == ""


def test_the_table_and_the_totals(money: SqliteMoney, desk: Desk) -> None:
    buy(money, "brexit", "post", 100)
    buy(money, "other", "post", 150)
    buy(money, "other", "user", 1)
    money.reserve("open", {"post": 50}, Purpose("tw-idu3elk", "brexit"))
    told = desk.run("tw-spend", "--no-ask", check=0).stdout.splitlines()
    assert [line.split() for line in told[:4]] == [
        ["day", "command", "index", "kind", "objects", "free", "dollars"],
        [str(TODAY), "tw-idu3elk", "brexit", "post", "100", "0", "0.500"],
        [str(TODAY), "tw-idu3elk", "other", "post", "50", "100", "0.250"],
        [str(TODAY), "tw-idu3elk", "other", "user", "1", "0", "0.010"],
    ]
    assert told[4].endswith("$0.76 spent of a budget of $2.00, $0.25 held by runs that are going on, $0.99 left")
    assert told[5] == "this month: $0.76 spent"


def test_a_terminal_has_a_heading_and_a_total(money: SqliteMoney, desk: Desk) -> None:
    assert shown(desk, "tw-spend", "--no-ask")[0] == "nothing was bought in these days"
    buy(money, "brexit", "post", 1000)
    buy(money, "other", "user", 2)
    told = [line.split() for line in shown(desk, "tw-spend", "--no-ask")]
    assert told[:4] == [
        ["DAY", "COMMAND", "INDEX", "KIND", "OBJECTS", "FREE", "DOLLARS"],
        [str(TODAY), "tw-idu3elk", "brexit", "post", "1,000", "0", "5.000"],
        [str(TODAY), "tw-idu3elk", "other", "user", "2", "0", "0.020"],
        ["total", "-", "-", "-", "1,002", "0", "5.020"],
    ]
    assert told[4][0] == "today"


def test_added_up_by_what_is_named(money: SqliteMoney, desk: Desk) -> None:
    long_ago = TODAY - timedelta(days=100)
    buy(money, "brexit", "post", 3, long_ago)
    buy(money, "brexit", "post", 10)
    buy(money, "other", "post", 20)
    buy(money, "other", "user", 1)
    months = [f"{long_ago:%Y-%m}", f"{TODAY:%Y-%m}"]

    def rows(*options: str) -> list[list[str]]:
        return [line.split("\t") for line in desk.run("tw-spend", *options, check=0).stdout.splitlines()]

    assert rows("--by", "month") == [[months[0], "3", "0", "0.015000"], [months[1], "21", "10", "0.110000"]]
    assert rows("--by", "index") == [["brexit", "10", "0", "0.050000"], ["other", "11", "10", "0.060000"]]
    assert rows("--by", "index", "--by", "month")[0] == ["brexit", months[0], "3", "0", "0.015000"]
    csv = desk.run("tw-spend", "--by", "kind", "--csv", check=0).stdout
    assert csv == "kind,objects,free,dollars\npost,20,10,0.100000\nuser,1,0,0.010000\n"
    told = json.loads(desk.run("tw-spend", "--by", "command", "--no-ask", "--json", check=0).stdout)
    assert told["charges"] == [{"command": "tw-idu3elk", "objects": 21, "free": 10, "micro_dollars": 110_000}]
    assert told["total"] == {"objects": 21, "free": 10, "micro_dollars": 110_000}
    assert [line.split()[0] for line in shown(desk, "tw-spend", "--by", "index")[:4]] == ["INDEX", "brexit", "other", "total"]


def test_what_is_in_doubt_is_told(money: SqliteMoney, desk: Desk) -> None:
    money.doubt(money.reserve("page", {"post": 50}, Purpose("tw-idu3elk", "brexit")))
    told = desk.run("tw-spend", "--no-ask", check=0).stdout
    assert "$0.00 held by runs that are going on, $1.75 left" in told
    assert "in doubt: $0.25 that X may have billed" in told


def test_since_a_day(money: SqliteMoney, desk: Desk) -> None:
    long_ago = TODAY - timedelta(days=100)
    buy(money, "brexit", "post", 3, long_ago)
    buy(money, "brexit", "post", 0)  # X's last word on what day it is
    assert "nothing was bought" in desk.run("tw-spend", "--no-ask").stdout
    statement = json.loads(desk.run("tw-spend", "--no-ask", "--json", "--since", str(long_ago), check=0).stdout)
    [charge] = statement["charges"]
    assert (charge["day"], charge["objects"], charge["micro_dollars"]) == (str(long_ago), 3, 15_000)
    assert statement["micro_dollars"] == {
        "today": 0,
        "month": 0,
        "budget": 2_000_000,
        "held": 0,
        "in_doubt": 0,
        "left": 2_000_000,
    }
    assert statement["posts"] is None
    assert "'yesterday' is not a day: write it as 2026-11-01" in desk.run("tw-spend", "--since", "yesterday", check=2).stderr


@rows("named", [False, True])
def test_a_configuration_without_an_app_is_told_instead_of_nothing(desk: Desk, named: bool) -> None:
    path = desk.configure(path=desk.home / "two.conf" if named else None, budget=2)
    ended = desk.run("tw-spend", *(("--config", "two.conf") if named else ()), check=78)
    run = f"tw-auth --config {path}" if named else "tw-auth"
    assert ended.stderr.startswith(
        f"tw-spend: {path} names no app (it has no consumer_key and no bearer_token): run {run}, or name"
    )
    assert ended.stdout == ""


def test_an_app_by_its_bearer_token_alone_is_one(desk: Desk) -> None:
    desk.configure(bearer_token="AAAA", auth="app")
    assert "nothing was bought" in desk.run("tw-spend", "--no-ask", check=0).stdout


def test_without_a_bearer_token_one_sentence_says_so(money: SqliteMoney, desk: Desk) -> None:
    ended = desk.run("tw-spend", check=0)
    assert len(ended.stderr.splitlines()) == 1
    assert "no bearer_token" in ended.stderr


def test_when_x_cannot_be_reached_ours_is_printed(money: SqliteMoney, desk: Desk) -> None:
    buy(money, "brexit", "post", 3)
    keys = {"consumer_key": KEY, "access_token_key": "token", "bearer_token": "bearer"}
    desk.configure("http://127.0.0.1:9", None, data=desk.home / "data", timeout=1, **keys)
    ended = desk.run("tw-spend", check=0)
    assert "$0.015 spent" in ended.stdout
    assert "X's own count could not be had" in ended.stderr


def test_beside_the_count_of_x(desk: Desk, new_sandbox: Callable[..., Sandbox]) -> None:
    url = new_sandbox().url
    keys = sign_in(url)
    desk.configure(url, None, data=desk.home / "data", **keys)
    buy(meter(desk, keys["consumer_key"]), "brexit", "post", 7)
    assert f"{TODAY}: 7 posts by our count, 0 by X's" in desk.run("tw-spend", check=0).stdout
    statement = json.loads(desk.run("tw-spend", "--json", check=0).stdout)
    assert statement["posts"] == [{"day": str(TODAY), "ours": 7, "x": 0}]

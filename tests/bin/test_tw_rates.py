"""tw-rates: what X's headers said of the windows, and the month's usage."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime

from tests.desk import Desk
from tests.operator import Recorded
from tests.terminals import shown


def test_windows_that_other_programs_saw_are_shown(recorded: Recorded) -> None:
    told = recorded.run("tw-rates").stdout
    assert re.search(r"^users/by +account +89\d of 900 left +full again in 1[45] min +seen \d+ (s|min) ago$", told, re.MULTILINE)
    assert re.search(r"^users/:id/tweets +account +89\d of 900 left", told, re.MULTILINE)
    read = recorded.bill()["billed"]["post"]
    assert re.search(
        rf"^posts read this month, by X's count: {read:,} of 3,000,000; the count restarts on day \d", told, re.MULTILINE
    )


def test_a_terminal_has_a_table_and_then_the_month(recorded: Recorded) -> None:
    heading, *rows, month = shown(recorded.desk, "tw-rates")
    assert heading.split() == ["ENDPOINT", "KEYS", "REMAINING", "LIMIT", "FULL", "AGAIN", "SEEN"]
    assert re.search(r"^users/by +account +89\d +900 +in 1[45] min +\d+ (s|min) ago$", "\n".join(rows), re.MULTILINE)
    assert month.startswith("posts read this month, by X's count: ")


def test_programs_read_windows_with_times(recorded: Recorded) -> None:
    told = json.loads(recorded.run("tw-rates", "--json").stdout)
    [window] = [one for one in told["windows"] if one["endpoint"] == "users/by"]
    assert (window["keys"], window["limit"]) == ("account", 900)
    assert 800 < (datetime.fromisoformat(window["full_again"]) - datetime.fromisoformat(window["seen"])).total_seconds() < 910
    assert told["month"]["posts"] == recorded.bill()["billed"]["post"]
    assert json.loads(recorded.run("tw-rates", "--no-ask", "--json").stdout)["month"] is None
    asked = len(recorded.log())
    rows = list(csv.DictReader(recorded.run("tw-rates", "--csv").stdout.splitlines()))
    [row] = [row for row in rows if row["endpoint"] == "users/by"]
    apart = datetime.fromisoformat(row["seen"]) - datetime.fromisoformat(window["seen"])
    assert abs(apart.total_seconds()) < 0.1, "by how much the meter's clock is ahead of ours is asked anew each time"
    assert len(recorded.log()) == asked


def test_another_configuration_may_be_named(recorded: Recorded, desk: Desk) -> None:
    (recorded.desk.home / ".twitter").rename(recorded.desk.home / "team")
    try:
        told = recorded.run("tw-rates", "team", "--no-ask").stdout
    finally:
        (recorded.desk.home / "team").rename(recorded.desk.home / ".twitter")
    assert "users/by" in told
    assert "not there" in recorded.run("tw-rates", "nowhere", check=78).stderr


def test_no_ask_asks_nothing(recorded: Recorded) -> None:
    asked = len(recorded.log())
    assert "posts read" not in recorded.run("tw-rates", "--no-ask").stdout
    assert len(recorded.log()) == asked


def test_windows_are_shown_though_x_is_down(desk: Desk) -> None:
    desk.configure(api="http://127.0.0.1:9", access_token_key="1-abc", bearer_token="AAAA", timeout=1)
    ended = desk.run("tw-rates", check=0)
    assert (
        "the month's usage could not be had (no connection to http://127.0.0.1:9 (Connection refused), several times over: is"
        in ended.stderr
    )

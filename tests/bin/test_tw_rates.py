"""tw-rates: what X's headers said of the windows, and the month's usage."""

from __future__ import annotations

import re

from tests.bin.conftest import Recorded
from tests.conftest import Desk


def test_windows_that_other_programs_saw_are_shown(recorded: Recorded) -> None:
    shown = recorded.run("tw-rates").stdout
    assert re.search(r"^users/by +account +89\d of 900 left +full again in 1[45] min +seen \d+ (s|min) ago$", shown, re.MULTILINE)
    assert re.search(r"^users/:id/tweets +account +89\d of 900 left", shown, re.MULTILINE)
    read = recorded.bill()["billed"]["post"]
    assert re.search(rf"^posts read this month, by X's count: {read:,} of 3,000,000; counted anew on day \d", shown, re.MULTILINE)


def test_another_configuration_may_be_named(recorded: Recorded, desk: Desk) -> None:
    (recorded.desk.home / ".twitter").rename(recorded.desk.home / "team")
    try:
        shown = recorded.run("tw-rates", "team", "--no-ask").stdout
    finally:
        (recorded.desk.home / "team").rename(recorded.desk.home / ".twitter")
    assert "users/by" in shown
    assert "not there" in recorded.run("tw-rates", "nowhere", check=78).stderr


def test_no_ask_asks_nothing(recorded: Recorded) -> None:
    asked = len(recorded.log())
    assert "posts read" not in recorded.run("tw-rates", "--no-ask").stdout
    assert len(recorded.log()) == asked


def test_windows_are_shown_though_x_is_down(desk: Desk) -> None:
    desk.configure(api="http://127.0.0.1:9", access_token_key="1-abc", bearer_token="AAAA", timeout=1)
    ended = desk.run("tw-rates", check=0)
    assert "the month's usage could not be had: the connection to X failed: Connection refused" in ended.stderr

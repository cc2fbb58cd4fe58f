"""How captures are, in a word, by what the holder said last."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from netwar.captures.base import Capture, CaptureState, Holder, Live
from netwar.cli.forms import Form
from netwar.commands.chkstreams import table
from netwar.streams.health import health, outcome
from tests.rows import rows

T = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CAPTURE = Capture("cats", "terms", ("cat",), since=T - DAY)
HOLDER = Holder(1, "here", 17, "cats", T - HOUR)
STATE = CaptureState("cats", "running", posts=500, minute=2, hour=90, day=400, last_post=T - 9_000)
LIVE = Live(at=T - 2_000, connected=T - HOUR, line=T - 3_000, lag=1_000, captures={"cats": STATE})


@rows(
    ("capture", "live", "holder", "state", "word"),
    [
        ({}, {}, HOLDER, {}, "running"),
        ({"on": False, "until": T}, {}, None, {}, "stopped"),
        ({}, {}, None, {}, "down"),
        ({}, {"at": T - MINUTE}, HOLDER, {}, "down"),
        ({"since": T - 9_000}, {"at": 0, "captures": {}}, None, {}, "waiting"),
        ({}, {"connected": 0}, HOLDER, {}, "blind"),
        ({}, {"line": T - MINUTE}, HOLDER, {}, "blind"),
        ({}, {"connected": 0}, replace(HOLDER, since=T - 9_000), {}, "waiting"),
        ({}, {"lag": 2 * MINUTE}, HOLDER, {}, "behind"),
        ({}, {}, HOLDER, {"state": "behind"}, "behind"),
        ({}, {"connected": 0}, HOLDER, {"state": "over budget"}, "over budget"),
        ({}, {}, HOLDER, {"state": "refused"}, "refused"),
        ({}, {}, HOLDER, {"last_post": T - 6 * HOUR}, "silent"),
        ({}, {}, HOLDER, {"last_post": T - 6 * HOUR, "day": 3}, "running"),
        ({}, {}, replace(HOLDER, since=T - 9_000), {"last_post": T - 6 * HOUR}, "running"),
        ({}, {}, HOLDER, {"state": "waiting"}, "blind"),
    ],
)
def test_a_word_for_each(capture: Any, live: Any, holder: Any, state: Any, word: str) -> None:
    known = {"captures": {"cats": replace(STATE, **state)}} | live
    found = health(replace(CAPTURE, **capture), replace(LIVE, **known), holder, T)
    assert found.word == word
    assert found.well == (word in ("running", "stopped", "waiting"))


def test_lines_that_could_not_be_read_are_told() -> None:
    found = health(CAPTURE, replace(LIVE, captures={"cats": replace(STATE, rejected=2)}), HOLDER, T)
    assert (found.word, found.detail) == ("running", "2 lines could not be read")


def test_the_table_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    found = health(replace(CAPTURE, on=True), LIVE, None, T)
    table(verified=False).write(
        Form.TERMINAL, [replace(found, index="brexit17", word="over budget", day=12_345, micro=1_234_500_000)]
    )
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 100


def test_counts_of_a_holder_that_says_nothing_are_as_old_as_they_are() -> None:
    """What is known of the day stays known, as far as it is of the last day still."""
    told = lambda ago: health(CAPTURE, replace(LIVE, at=T - ago), None, T)  # noqa: E731
    assert [(one.minute, one.hour, one.day) for one in map(told, (MINUTE, HOUR, DAY, 2 * DAY))] == [
        (0, 89, 400),
        (0, 0, 400),
        (0, 0, 0),
        (0, 0, 0),
    ]
    young = health(replace(CAPTURE, since=T - 2 * HOUR), replace(LIVE, at=T - HOUR), None, T)
    assert (young.hour, young.day) == (0, 400), "all of it came within an hour"


def test_the_outcome_names_whoever_is_not_well() -> None:
    well = health(CAPTURE, LIVE, HOLDER, T)
    ill = replace(well, index="dogs", word="blind")
    assert outcome([well]) == "1 capture, all well"
    assert outcome([well, ill]) == "2 captures, dogs is blind"
    assert replace(well, expected=200, recorded=190).complete == 95.0
    assert replace(well, expected=0, recorded=0).complete == 100.0

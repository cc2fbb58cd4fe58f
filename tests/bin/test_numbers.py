"""Numbers on command lines: what no clock, timer or store could take is refused before anything is done."""

from __future__ import annotations

import re
from pathlib import Path

from tests.desk import BIN, ROOT, Desk
from tests.operator import Recorded
from tests.rows import rows

ODD = ("nan", "inf", "1e30", "-1")
OPTIONS = (
    "tw-restore . --spent",
    "tw-mend meter.sqlite --spent",
    "tw-coaction x --by link --within",
    "tw-status --watch",
    "tw-tracklists x --relist",
    "tw-elk health --timeout",
    "tw-gaps x --longer",
    "tw-follow2usertest someone --every",
    "tw-friend2usertest someone --every",
    "tw-followquick someone --fresh",
    "tw-queue2usertest --fresh",
)


@rows("command", [f"{option} {given}" for option in OPTIONS for given in ODD])
def test_numbers_that_are_none_or_too_high_are_refused_before_anything_is_done(desk: Desk, command: str) -> None:
    said = desk.run(*command.split(), check=2).stderr
    assert "no number" in said or "is not in the range" in said
    assert not (desk.home / ".local").exists()


@rows("command", ["tw-search shown x --limit", "tw-backup DIR --keep"])
def test_more_than_there_can_be_is_all_there_is(recorded: Recorded, tmp_path: Path, command: str) -> None:
    name, *words = command.replace("DIR", str(tmp_path / "place")).split()
    recorded.run(name, *words, "9" * 20, check=0)


def test_every_number_has_a_bound() -> None:
    """At both ends; a HowMany brings its own."""
    found = {
        (path.name, given)
        for path in [*BIN.glob("tw-*"), *(ROOT / "netwar").rglob("*.py")]
        if path.name != "param_types.py"
        for given in re.findall(r"type=(?:click\.)?((?:FloatRange|IntRange|Amount)\([^)]*\))", path.read_text())
        if given.startswith("Float") or "," not in given
    }
    assert not found

"""Tables: aligned on a terminal, tabs in a pipe, CSV and JSON; and never kept whole."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from netwar.cli.aligned import MEASURED, WIDEST, lines
from netwar.cli.screen import width, wrapped
from tests.desk import Desk, Ended
from tests.hostile import EVIL, harm
from tests.rows import rows
from tests.terminals import on_a_terminal, shown

PROGRAM = '''\
#!/usr/bin/env python3
"""Print a table."""

from itertools import count

from netwar.cli import click, options
from netwar.cli.command import Services, command
from netwar.cli.forms import Form
from netwar.cli.tables import Column, Kind, Table

EVIL = EVIL_HERE
COLUMNS = [Column("id"), Column("last_name"), Column("posts", Kind.COUNT), Column("cost", Kind.DOLLARS),
           Column("seen", Kind.TIME), Column("remarks")]
ROWS = [("1234567890123456789", "東京", 1234, 1_500_000, 1_795_836_114_143, "=1+1, he \\"said\\""),
        ("2", "Zoë\\u0301", 0, 0, 0, ""), ("3", EVIL, None, None, None, EVIL)]
TABLE = Table(COLUMNS, lambda row: row)
COUNTED = Table([Column("number", Kind.COUNT), Column("text")], lambda number: (number, "counted"))
ENDLESS = Table([Column("number", Kind.COUNT), Column("text")], lambda number: (number, "x"))


@command
@click.option("--endless", is_flag=True)
@click.option("--counted", is_flag=True)
@options.table(json="Print JSON.")
def main(services: Services, endless: bool, counted: bool, form: Form) -> None:
    if counted:
        with services.report.work("numbers", 2) as bar:
            COUNTED.write(form, (bar.update(1) or number for number in range(2)))
        return
    ENDLESS.write(form, count(1)) if endless else TABLE.write(form, ROWS)


if __name__ == "__main__":
    main()
'''


@pytest.fixture
def program(desk: Desk) -> Path:
    path = desk.home / "tw-try"
    path.write_text(PROGRAM.replace("EVIL_HERE", repr(EVIL)))
    return path


def test_a_terminal_is_shown_aligned_columns(desk: Desk, program: Path) -> None:
    heading, tokyo, zoe, evil = shown(desk, program, columns=300)
    assert not harm("\n".join((heading, tokyo, zoe, evil)))
    assert heading.split("  ")[0] == "ID"
    assert "LAST NAME" in heading
    assert heading.endswith("SEEN (UTC)        REMARKS")
    assert tokyo.endswith('1,234  1.500  2026-11-28 03:21  =1+1, he "said"')
    assert zoe.endswith(" 0  0.000  never")
    place = width(heading.partition("LAST NAME")[0])
    for line, name in ((tokyo, "東京"), (zoe, "Zoë\u0301"), (evil, "evil ]0;owned")):
        assert width(line.partition(name)[0]) == place
    assert {width(line[: line.index(seen)]) for line, seen in ((tokyo, "2026-11"), (zoe, "never"))} == {
        width(heading.partition("SEEN")[0])
    }


def test_a_bar_is_wiped_before_each_line_of_the_table(desk: Desk, program: Path) -> None:
    status, seen = on_a_terminal(desk, [program, "--counted"], columns=80)
    assert status == 0
    lines = [line.rpartition("\x1b[K")[2] for line in seen.decode().split("\r\n") if "counted" in line or "NUMBER" in line]
    assert lines == ["NUMBER  TEXT", "     0  counted", "     1  counted"]


def test_a_narrow_terminal_has_long_texts_below(desk: Desk, program: Path) -> None:
    for columns in (0, 60, 150):
        told = shown(desk, program, columns=columns)
        assert not harm("\n".join(told))
        assert "FORGED row FORGED" in " ".join(" ".join(told).split())
        assert len([line for line in told if line[:1].isdigit()]) == 3


def test_a_pipe_gets_tabs_and_no_heading(desk: Desk, program: Path) -> None:
    told = desk.run(str(program), check=0).stdout
    assert not harm(told.replace("\t", " "))
    rows = [line.split("\t") for line in told.splitlines()]
    assert rows[0] == ["1234567890123456789", "東京", "1234", "1.500000", "2026-11-28T03:21:54.143Z", '=1+1, he "said"']
    assert rows[1] == ["2", "Zoë\u0301", "0", "0.000000", "", ""]
    assert [len(row) for row in rows] == [6, 6, 6]


@rows("encoding", ["utf-8", "ascii"])
def test_csv_is_what_a_reader_of_csv_reads(desk: Desk, program: Path, encoding: str) -> None:
    told = desk.run(str(program), "--csv", check=0, env={"PYTHONIOENCODING": encoding}).stdout
    assert not harm(told)
    heading, *rows = csv.reader(told.splitlines())
    assert heading == ["id", "last_name", "posts", "cost", "seen", "remarks"]
    assert rows[0] == ["1234567890123456789", "東京", "1234", "1.500000", "2026-11-28T03:21:54.143Z", '=1+1, he "said"']
    assert [len(row) for row in rows] == [6, 6, 6]


def test_json_has_a_line_for_each_row(desk: Desk, program: Path) -> None:
    told = desk.run(str(program), "--json", check=0).stdout
    assert not harm(told)
    tokyo, zoe, evil = map(json.loads, told.splitlines())
    assert tokyo["id"] == "1234567890123456789"
    assert (tokyo["posts"], tokyo["seen"]) == (1234, "2026-11-28T03:21:54.143Z")
    assert (zoe["seen"], zoe["remarks"]) == (None, None)
    assert evil["last_name"] == EVIL


def test_two_forms_at_once_are_a_usage_error(desk: Desk, program: Path) -> None:
    assert "--csv and --json ask for different things" in desk.run(str(program), "--csv", "--json", check=2).stderr


@rows("form", ["", "--csv", "--json"])
def test_rows_without_end_are_printed_as_they_come(desk: Desk, program: Path, form: str) -> None:
    script = f"{{ {sys.executable} {program} --endless {form}; echo $? >&2; }} | head -n 3"
    done = subprocess.run(["sh", "-c", script], env=desk.environment, capture_output=True, text=True, timeout=60)
    ended = Ended(done.returncode, done.stdout, done.stderr)
    assert ended.stderr == "141\n"
    assert len(ended.stdout.splitlines()) == 3


def test_a_terminal_is_shown_rows_without_end(desk: Desk, program: Path) -> None:
    _, seen = on_a_terminal(desk, [program, "--endless"], most=50_000)
    told = seen.decode().split("\r\n")
    assert told[0] == "NUMBER  TEXT"
    assert told[1].split() == ["1", "x"]
    assert "1,000" in {line.partition(" x")[0].strip() for line in told}


def test_columns_grow_with_what_comes_later_but_not_without_end() -> None:
    early = [("a", "1")] * MEASURED
    late = [("b" * 20, "2"), ("c", "3"), ("d" * (WIDEST + 9), "4"), ("e", "5")]
    told = list(lines(["NAME", "N"], [False, True], [*early, *late], 80))
    assert [line.index(one) for line, one in zip(told[-4:], "2345", strict=True)] == [22, 22, WIDEST + 11, 22]
    assert told[1] == "a     1"
    assert list(lines(["NAME"], [False], [], 80)) == [], "nothing needs no heading"


def test_texts_are_broken_between_words() -> None:
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("東京 東京 " + "y" * 9, 9) == ["東京 東京", "y" * 9]
    assert [width(text) for text in ("ab", "東京", "e\u0301", "👍", "न\u094d", "a\u200db")] == [2, 4, 1, 2, 1, 2]

"""Every line of crontab.txt parses, as cron and as the program that it names would parse it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import shlex
import sys
from collections import Counter
from pathlib import Path

import click
import pytest

from tests.desk import BIN, ROOT
from tests.rows import rows

TEXT = (ROOT / "crontab.txt").read_text().splitlines()
LINES = [line for line in TEXT if line.strip() and not line.startswith("#") and not re.match(r"\w+=", line)]
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def load(name: str) -> click.Command:
    """The command of a program in bin/, without running it."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(BIN / name))
        spec = importlib.util.spec_from_loader(loader.name, loader)
        assert spec
        module = importlib.util.module_from_spec(spec)
        sys.modules[loader.name] = module  # the help is looked up there
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    assert isinstance(module.main, click.Command)
    return module.main


def times(line: str) -> list[set[int]]:
    """The minutes, hours, days, months and days of the week of a line."""
    return [_numbers(field, *bounds) for field, bounds in zip(line.split()[:5], FIELDS, strict=True)]


def _numbers(field: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        numbers, _, step = part.partition("/")
        bounds = [least, most] if numbers == "*" else [int(number) for number in numbers.split("-")]
        assert least <= bounds[0] <= bounds[-1] <= most
        found |= set(range(bounds[0], bounds[-1] + 1, int(step or 1)))
    return found


def test_the_lines_take_turns() -> None:
    """Whatever the day: cron starts all that is due in a minute within its first second."""
    due = [times(line) for line in LINES]
    assert all(days and months and weekdays for _, _, days, months, weekdays in due)
    starts = Counter((hour, minute) for minutes, hours, *_ in due for hour in hours for minute in minutes)
    assert max(starts.values()) <= 4  # an account, an observer, tw-status, and one of the others


@rows(("line", "command"), [(line, one) for line in LINES for one in line.split(maxsplit=5)[5].split(" && ")])
def test_the_program_takes_the_options(line: str, command: str, tmp_path: Path) -> None:
    name, *words = shlex.split(command)
    assert "%" not in line.replace("\\%", "")
    assert os.access(BIN / name, os.X_OK)
    arguments = [_there(word, tmp_path) for word in words]
    with load(name).make_context(name, arguments) as context:
        assert context.params


def _there(word: str, home: Path) -> str:
    """A path below ~ as the shell hands it over, with a file there."""
    if not word.startswith("~/"):
        return word
    path = home / word[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return str(path)


def test_a_wrong_option_would_be_found() -> None:
    with pytest.raises(click.UsageError):
        load("tw-idu3elk").make_context("tw-idu3elk", ["brexit", "--nope"])


def test_the_path_leads_to_the_virtual_environment_first() -> None:
    paths = next(line for line in TEXT if line.startswith("PATH=")).removeprefix("PATH=").split(":")
    assert [Path(path).name for path in paths[:2]] == ["bin", "bin"]
    assert paths[0].endswith("/.venv/bin")

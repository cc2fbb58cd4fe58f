"""Every line of crontab.txt parses, as cron and as the program that it names would parse it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import shlex
import sys
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


def test_there_are_lines() -> None:
    assert LINES


@rows("line", LINES)
def test_the_times_are_times(line: str) -> None:
    for field, (least, most) in zip(line.split()[:5], FIELDS, strict=True):
        for part in field.split(","):
            numbers, _, step = part.partition("/")
            assert not step or int(step) > 0
            bounds = [least, most] if numbers == "*" else [int(number) for number in numbers.split("-")]
            assert least <= bounds[0] <= bounds[-1] <= most


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

"""Each test runs on one Python at least, however they are shared out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOOKS = """
from tests.conftest import (
    pytest_addoption, pytest_collection, pytest_collection_modifyitems, pytest_configure, pytest_ignore_collect
)
"""
TESTS = """
import pytest

@pytest.mark.parametrize("word", ["plain", "dash-ed", "ünïcode", "new\\nline"])
def test_passes(word): pass

def test_fails(): assert False

def test_is_skipped(): pytest.skip("no server")

def test_is_skipped_in_part(subtests):
    with subtests.test("one"): pass
    with subtests.test("another"): pytest.skip("no server")

@pytest.fixture
def broken():
    yield
    assert False

def test_ends_badly(broken): pass
"""
PASSES = """
from pathlib import Path

with Path(__file__).with_suffix(".read").open("a") as readings:
    readings.write("once\\n")

def test_passes(): pass
"""


def ran(folder: Path, *options: str) -> str:
    """What pytest says at its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder, *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NETWAR_SEED": "1", "PYTEST_ADDOPTS": ""}
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return ended.stdout


def test_what_has_not_passed_on_one_runs_on_the_other(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    for number in range(4):
        (tmp_path / f"test_{number}.py").write_text(TESTS)
    passed = tmp_path / "passed.txt"
    first = ran(tmp_path, "-n", "2", "--half", f"--tell-passed={passed}")
    assert re.search(r"2 failed, 12 passed, 4 skipped, 2 errors", first), first
    assert len(passed.read_text().splitlines()) == 8, "those that passed whole, of two files"
    second = ran(tmp_path, f"--passed-elsewhere={passed}")
    assert re.search(r"4 failed, 16 passed, 8 skipped, 8 deselected, 4 errors", second), second


def test_files_that_have_passed_whole_are_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    for number in range(4):
        (tmp_path / f"test_{number}.py").write_text(PASSES)
    passed = tmp_path / "passed.txt"
    assert "2 passed" in ran(tmp_path, "--half", f"--tell-passed={passed}")
    assert len(list(tmp_path.glob("*.read"))) == 2, "those of the other half are not"
    assert "2 passed" in ran(tmp_path, f"--passed-elsewhere={passed}")
    assert [path.read_text() for path in tmp_path.glob("*.read")] == ["once\n"] * 4

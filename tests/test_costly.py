"""At a desk only a part of the tests that cost most runs; the others are never left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import costly
from tests.test_passed import ran

ROOT = Path(__file__).parents[1]
HOOKS = """
from pathlib import Path
from tests import costly
from tests.conftest import pytest_addoption, pytest_collection_modifyitems, pytest_configure, pytest_terminal_summary
costly.LISTED, costly.MUCH = Path(__file__).with_name("costly.txt"), 0.2
"""
TESTS = """
import subprocess, sys, time, pytest

def used(seconds):
    while time.process_time() < seconds: pass

@pytest.mark.parametrize("number", range(4))
def test_much(number): subprocess.run([sys.executable, "-c", "import time\\nwhile time.process_time() < 0.1: pass"])

@pytest.mark.parametrize("number", range(3))
def test_as_much(number): used(time.process_time() + 0.1)

def test_little(): time.sleep(0.3)
"""


def test_what_costs_much_is_measured_and_a_part_of_it_runs(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOKS)
    (tmp_path / "test_it.py").write_text(TESTS)
    assert "8 passed" in (told := ran(tmp_path, "-n", "1", f"--tell-costs={tmp_path / 'costly.txt'}")), told
    listed = (tmp_path / "costly.txt").read_text().splitlines()[1:]
    assert [line.split()[1] for line in listed] == ["test_it.py::test_as_much", "test_it.py::test_much"]
    assert "COSTLY" not in told
    half = ran(tmp_path, "--costly=2")
    assert re.search(r"Of the 2 tests that cost most 1/2 ran.*COSTLY=1", half), half
    assert re.search(r"5 passed, 3 deselected|4 passed, 4 deselected", half), half


def test_each_seed_draws_others_within_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    costs, ever = costly.listed(), set()
    for seed in range(40):
        monkeypatch.setattr(costly, "SEED", seed)
        drawn = costly.drawn(costs, 4)
        assert 0.2 < sum(costs[name] for name in drawn) / sum(costs.values()) < 0.26
        ever |= {*drawn}
    assert len(ever) > 0.95 * len(costs)
    assert {*costly.drawn(costs, 1)} == costs.keys()


def test_each_that_is_listed_is_there() -> None:
    for name in costly.listed():
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), name

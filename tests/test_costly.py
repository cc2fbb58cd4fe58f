"""Of the tests that cost most only a part runs; the others are never left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import costly
from tests.mutants.table import Mutant
from tests.test_passed import ran

ROOT = Path(__file__).parents[1]
HOOKS = """
from pathlib import Path
from tests import costly
from tests.mutants.table import Mutant
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
    assert not any("*" in line for line in listed), "none of them needs a server"
    assert "COSTLY" not in told
    half = ran(tmp_path, "--costly=2")
    assert re.search(r"Of the 2 tests that cost most 1/2 ran.*COSTLY=1", half), half
    assert re.search(r"5 passed, 3 deselected|4 passed, 4 deselected", half), half


def test_each_seed_draws_others_within_its_part(monkeypatch: pytest.MonkeyPatch) -> None:
    ever = set()
    for seed in range(40):
        monkeypatch.setattr(costly, "SEED", seed)
        for on_server in (True, False):
            costs = {name: cost.seconds for name, cost in costly.listed().items() if cost.on_server is on_server}
            drawn = costly.drawn(costs, 4)
            assert 0.2 < sum(costs[name] for name in drawn) / sum(costs.values()) < 0.26
            ever |= {*drawn}
    assert len(ever) > 0.95 * len(costly.listed())


def test_what_notices_a_dangerous_change_is_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the rest each seed leaves out others, so that each has its turn."""
    noticing, ever = costly.noticing(), set()
    for seed in range(10):
        monkeypatch.setattr(costly, "SEED", seed)
        chosen = costly.chosen(2, noticing)
        assert noticing < chosen < costly.listed().keys()
        ever |= chosen
    assert len(ever) > 0.95 * len(costly.listed())
    assert costly.chosen(1, noticing) == costly.listed().keys()


def test_a_row_names_tests_also_by_their_file(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Mutant("", "", "", "", tests=("tests/a/test_file.py", "tests/b", "tests/c/test_file.py::test_one[0]"))]
    listed = ["tests/a/test_file.py::test_one", "tests/b/test_file.py::test_one", "tests/c/test_file.py::test_one"]
    others = ["tests/a/test_file_of_more.py::test_one", "tests/bc/test_file.py::test_one", "tests/c/test_file.py::test_one_more"]
    monkeypatch.setattr(costly, "mutants", lambda: rows)
    monkeypatch.setattr(costly, "listed", lambda: dict.fromkeys(listed + others))
    costly.noticing.cache_clear()
    try:
        assert costly.noticing() == {*listed}
    finally:
        costly.noticing.cache_clear()


def test_each_that_is_listed_is_there() -> None:
    for name in costly.listed():
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), name

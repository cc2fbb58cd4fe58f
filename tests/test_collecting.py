"""Of several processes that read the tests the first compiles, the others find compiled; and what they read stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

from tests.collecting import one_before_the_others
from tests.desk import ROOT

SECONDS = 30

CONFTEST = """
import gc
import pytest
from tests.collecting import without_garbage

@pytest.hookimpl(wrapper=True)
def pytest_collection():
    with without_garbage():
        return (yield)

def pytest_sessionfinish():
    assert gc.isenabled() and gc.get_freeze_count()
"""

TEST = """
from hypothesis import given, seed, settings, strategies

@seed(1)
@settings(database=None, max_examples=3)
@given(strategies.integers())
def test(_): pass
"""


def test_the_first_is_alone_and_the_others_are_together(tmp_path: Path) -> None:
    together, came = Barrier(3), []

    def collect() -> None:
        with one_before_the_others(tmp_path):
            came.append(together.wait(SECONDS))

    others = [Thread(target=collect) for _ in range(3)]
    with one_before_the_others(tmp_path):
        for other in others:
            other.start()
        others[0].join(0.2)
        assert not came, "somebody is in beside the first"
    for other in others:
        other.join(SECONDS)
    assert sorted(came) == [0, 1, 2]


def test_what_draws_odd_things_finds_its_own_after_the_reading(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_drawn.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert "1 passed" in done.stdout, done.stdout + done.stderr

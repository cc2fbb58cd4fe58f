"""Tests come to their end, and are told, whatever becomes of who runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CRASHING = """
import os, time
import pytest

time.sleep({"gw2": 0.5, "gw3": 1.5}.get(os.environ["PYTEST_XDIST_WORKER"], 0))

@pytest.mark.parametrize("number", range(24))
def test_some(number):
    time.sleep(0.02)
    if number in (0, 1, 11, 23):
        os.kill(os.getpid(), 9)
"""
"""The first two workers crash at once, and of those in their place one has not read the tests yet when the other begins."""


def test_a_worker_that_crashes_fails_its_own_test_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_xdist_make_scheduler\n")
    (tmp_path / "test_crashing.py").write_text(CRASHING)
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "4 failed, 20 passed" in ran.stdout, ran.stdout + ran.stderr
    assert all(f"test_some[{number}]" in ran.stdout for number in (0, 1, 11, 23))

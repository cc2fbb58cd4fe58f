"""Which tests have passed on another Python, and need not run on this one, too.

    pytest --half --tell-passed=FILE       half of the tests, drawn with the seed; FILE then names those that passed
    pytest --passed-elsewhere=FILE         all tests but those

One that was skipped there, or a part of it, has not passed.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from pathlib import Path

import pytest

from tests.randomly import SEED


def add_options(parser: pytest.Parser) -> None:
    options = parser.getgroup("passed", "tests that run on one Python of several")
    options.addoption("--half", action="store_true", help="only half of the files with tests, drawn with NETWAR_SEED")
    options.addoption("--tell-passed", type=Path, metavar="FILE", help="write down which tests have passed")
    options.addoption("--passed-elsewhere", type=Path, metavar="FILE", help="leave out the tests that are named there")


def configure(config: pytest.Config) -> None:
    path = config.getoption("tell_passed")
    if path and not hasattr(config, "workerinput"):  # of several processes the one that hears of all tests
        config.pluginmanager.register(Passed(path))


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take off what need not run."""
    elsewhere = config.getoption("passed_elsewhere")
    passed = frozenset(elsewhere.read_text(encoding="utf-8").splitlines()) if elsewhere else frozenset()
    files = {item.path for item in items}
    if config.getoption("half"):
        files = half(files)
    kept = [item for item in items if item.nodeid not in passed and item.path in files]
    there = set(kept)
    config.hook.pytest_deselected(items=[item for item in items if item not in there])
    items[:] = kept


def half(files: Collection[Path]) -> set[Path]:
    """Half of the files, another half for each seed."""
    drawn = sorted(files)
    random.Random(f"{SEED} half").shuffle(drawn)
    return set(drawn[: len(drawn) // 2])


class Passed:
    """Which tests of a run have passed, with all their parts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._passed: set[str] = set()
        self._others: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._others.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        lines = (f"{name}\n" for name in sorted(self._passed - self._others))
        self._path.write_text("".join(lines), encoding="utf-8")

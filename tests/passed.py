"""Which tests have passed on another Python, and need not run on this one, too.

    pytest --half --tell-passed=FILE       half of the tests, drawn with the seed; FILE then names those that passed
    pytest --passed-elsewhere=FILE         all tests but those

One that was skipped there, or a part of it, has not passed. A file of which all tests have is named, too: it is not even read.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from functools import cache
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


def is_left_out(config: pytest.Config, path: Path) -> bool:
    """Whether a file has no test that is to run here."""
    if not path.match("test_*.py"):
        return False
    if config.getoption("half") and path not in _half(config.rootpath, *config.getini("testpaths")):
        return True
    return path.relative_to(config.rootpath).as_posix() in _elsewhere(config.getoption("passed_elsewhere"))


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take off what need not run."""
    passed = _elsewhere(config.getoption("passed_elsewhere"))
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
    items[:] = [item for item in items if item.nodeid not in passed]


@cache
def _elsewhere(told: Path | None) -> frozenset[str]:
    return frozenset(told.read_text(encoding="utf-8").splitlines()) if told else frozenset()


@cache
def _half(root: Path, *folders: str) -> set[Path]:
    return half({path for folder in folders or ["."] for path in (root / folder).rglob("test_*.py")})


def half(files: Collection[Path]) -> set[Path]:
    """Half of the files, another half for each seed."""
    drawn = sorted(files)
    random.Random(f"{SEED} half").shuffle(drawn)
    return set(drawn[: len(drawn) // 2])


class Passed:
    """Which tests of a run have passed, with all their parts, and of which files all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._there: list[str] = []
        self._passed: set[str] = set()
        self._others: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._there = ids  # the same in each process that runs tests

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._there = self._there or [item.nodeid for item in session.items]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._others.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        passed = self._passed - self._others
        whole = set(_files(self._there)) - set(_files(set(self._there) - passed))
        lines = (f"{name}\n" for name in sorted(passed | whole))
        self._path.write_text("".join(lines), encoding="utf-8")


def _files(ids: Iterable[str]) -> list[str]:
    return [id.partition("::")[0] for id in ids]

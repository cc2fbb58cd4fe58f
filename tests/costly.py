"""Which tests cost much: only a part of them runs, another one each time. All others do.

pytest --costly=4            of the tests that costly.txt names, drawn with the seed, as many as take a quarter of their time
pytest --costly=4 --noticing the same, and all of them that the table of dangerous changes names (tests/mutants)
pytest --tell-costs=FILE     run all, and write down what each takes of the processors, with all that it starts
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import pytest

from tests.mutants.table import mutants
from tests.randomly import SEED
from tests.servers.kinds import HEAVY_KINDS, kind_of

LISTED = Path(__file__).with_name("costly.txt")
MUCH = 0.5  # seconds of processor time; a fifth of the tests takes more, and in sum four fifths of what all take
TOOK = "processor time"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a test takes, in seconds of processor time with all its parameters; and whether it needs a server of Java."""

    seconds: float
    on_server: bool

    def __str__(self) -> str:
        return f"{self.seconds:.1f}{'*' * self.on_server}"


def add_options(parser: pytest.Parser) -> None:
    options = parser.getgroup("costly", "tests that cost much")
    options.addoption(
        "--costly", type=int, default=1, metavar="N", help="run one Nth of those that cost much, drawn anew each time"
    )
    options.addoption("--noticing", action="store_true", help="and all of these that a row of tests/mutants names")
    options.addoption("--tell-costs", type=Path, metavar="FILE", help="write down which tests cost much")


def configure(config: pytest.Config) -> None:
    path = config.getoption("tell_costs")
    works = hasattr(config, "workerinput")
    if path and (works or not config.getoption("numprocesses", None)):
        config.pluginmanager.register(Measured())
    if path and not works:
        config.pluginmanager.register(Told(path))


def leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take off those of the costly tests that are not drawn."""
    if (part := config.getoption("costly")) == 1:
        return
    left = listed().keys() - chosen(part, noticing() if config.getoption("noticing") else frozenset())
    config.hook.pytest_deselected(items=[item for item in items if name_of(item.nodeid) in left])
    items[:] = [item for item in items if name_of(item.nodeid) not in left]


def said(config: pytest.Config) -> str | None:
    """That some were left out, and how to have them; None where all run."""
    part = config.getoption("costly")
    if part == 1:
        return None
    and_all = " and all that tests/mutants names" if config.getoption("noticing") else ""
    return f"Of the {len(listed())} tests that cost most 1/{part}{and_all} ran, others each time: `make test COSTLY=1` runs all"


def name_of(nodeid: str) -> str:
    """A test without its parameters."""
    return nodeid.partition("[")[0]


@cache
def listed() -> Mapping[str, Cost]:
    """What each of them takes; a star is for a server."""
    lines = (line.split() for line in LISTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: Cost(float(seconds.rstrip("*")), seconds.endswith("*")) for seconds, name in lines}


@cache
def noticing() -> frozenset[str]:
    """Those of them that notice a dangerous change: a row names them, or the file or folder in which they are."""
    named = {name_of(test) for mutant in mutants() for test in mutant.tests}
    folders = tuple(f"{name}/" for name in named if "::" not in name)
    return frozenset(name for name in listed() if {name, name.partition("::")[0]} & named or name.startswith(folders))


def chosen(part: int, always: Collection[str]) -> set[str]:
    """Those that run: some always, and one `part`th of the others, of those on servers as of those without."""
    there = {name: cost for name, cost in listed().items() if name not in always}
    on_servers = {name for name, cost in there.items() if cost.on_server}
    return {*always, *drawn(on_servers, part), *drawn(there.keys() - on_servers, part)}


def drawn(names: Collection[str], part: int) -> set[str]:
    """Some of the listed ones that take one `part`th of the time of these in sum, others for each seed."""
    room, taken = sum(listed()[name].seconds for name in names) / part + 0.01, set()  # the sum is not exact
    for name in random.Random(f"{SEED} costly").sample(sorted(names), len(names)):
        if listed()[name].seconds <= room:
            taken.add(name)
            room -= listed()[name].seconds
    return taken


class Measured:
    """Measures each test, where it runs."""

    def __init__(self) -> None:
        self._before = 0.0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        self._before = _used()
        return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        ended = yield
        item.user_properties.append((TOOK, _used() - self._before))
        return ended


def _used() -> float:
    """Seconds of processor time of this process and all below it, also of those that have ended."""
    used = 0.0
    for process in [me := psutil.Process(), *me.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            used += sum(process.cpu_times()[:4])  # its own, and that of its children that have ended
    return used


class Told:
    """Writes the list."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._costs: defaultdict[str, float] = defaultdict(float)
        self._on_servers: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            took = dict(report.user_properties).get(TOOK)
            self._costs[name_of(report.nodeid)] += took if isinstance(took, float) else 0
            if kind_of(report.nodeid) in HEAVY_KINDS:
                self._on_servers.add(name_of(report.nodeid))

    def pytest_sessionfinish(self) -> None:
        costs = {name: Cost(seconds, name in self._on_servers) for name, seconds in sorted(self._costs.items())}
        much = (f"{cost} {name}\n" for name, cost in costs.items() if cost.seconds >= MUCH)
        self._path.write_text("# Made by  pytest -n auto --tell-costs=tests/costly.txt\n" + "".join(much), encoding="utf-8")

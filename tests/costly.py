"""Which tests cost much: at a desk only a part of them runs, another one each time. All others do; `.ci/run` leaves out none.

pytest --costly=4            of the tests that costly.txt names, drawn with the seed, as many as take a quarter of their time
pytest --tell-costs=FILE     run all, and write down what each takes of the processors, with all that it starts
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Generator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil
import pytest

from tests.randomly import SEED
from tests.servers.kinds import HEAVY_KINDS, kind_of

LISTED = Path(__file__).with_name("costly.txt")
MUCH = 0.5  # seconds of processor time; a fifth of the tests takes more, and in sum four fifths of what all take
TOOK = "processor time"


def add_options(parser: pytest.Parser) -> None:
    options = parser.getgroup("costly", "tests that cost much")
    options.addoption(
        "--costly", type=int, default=1, metavar="N", help="run one Nth of those that cost much, drawn anew each time"
    )
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
    on_servers = {name_of(item.nodeid) for item in items if kind_of(item.nodeid) in HEAVY_KINDS}
    left = listed().keys() - drawn(on_servers & listed().keys(), part) - drawn(listed().keys() - on_servers, part)
    config.hook.pytest_deselected(items=[item for item in items if name_of(item.nodeid) in left])
    items[:] = [item for item in items if name_of(item.nodeid) not in left]


def said(config: pytest.Config) -> str | None:
    """That some were left out, and how to have them; None where all run."""
    part = config.getoption("costly")
    if part == 1:
        return None
    return f"Of the {len(listed())} tests that cost most 1/{part} ran, others each time: `make test COSTLY=1` runs all"


def name_of(nodeid: str) -> str:
    """A test without its parameters."""
    return nodeid.partition("[")[0]


@cache
def listed() -> Mapping[str, float]:
    """What each of them takes, in seconds of processor time with all its parameters."""
    lines = (line.split() for line in LISTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: float(seconds) for seconds, name in lines}


def drawn(names: Collection[str], part: int) -> set[str]:
    """Some of the listed ones that take one `part`th of the time of these in sum, others for each seed."""
    room, taken = sum(listed()[name] for name in names) / part + 0.01, set()  # the sum is not exact
    for name in random.Random(f"{SEED} costly").sample(sorted(names), len(names)):
        if listed()[name] <= room:
            taken.add(name)
            room -= listed()[name]
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

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "teardown":
            took = dict(report.user_properties).get(TOOK)
            self._costs[name_of(report.nodeid)] += took if isinstance(took, float) else 0

    def pytest_sessionfinish(self) -> None:
        much = (f"{seconds:.1f} {name}\n" for name, seconds in sorted(self._costs.items()) if seconds >= MUCH)
        self._path.write_text("# Made by  pytest -n auto --tell-costs=tests/costly.txt\n" + "".join(much), encoding="utf-8")

"""What every test may use: a desk, sandboxes, servers; and in which order the tests run."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests import collecting, costly, left_open, passed
from tests.desk import Desk, Ended, Sandbox, running_sandbox
from tests.operator import Observer, Operator, beginning
from tests.randomly import SEED
from tests.redis_server import Redis, running_redis
from tests.servers.fixtures import new_server as new_server
from tests.servers.fixtures import server as server
from tests.servers.fixtures import servers as servers
from tests.servers.fixtures import tell_once
from tests.servers.lanes import Lanes, sort


def _desk(home: Path) -> Desk:
    home.mkdir()
    return Desk(home)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """What a test opens of the stores in files is closed with it."""
    with left_open.closed_at_the_end():
        yield


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An operator's desk: a fresh home folder."""
    return _desk(tmp_path / "home")


@pytest.fixture
def tw(desk: Desk) -> Callable[..., Ended]:
    """Run a program: tw("tw-showwork", check=0).stdout"""
    return desk.run


@pytest.fixture
def new_sandbox(desk: Desk) -> Iterator[Callable[..., Sandbox]]:
    """Start sandboxes with any options; all are ended with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *args: stack.enter_context(running_sandbox(desk, *args))


@pytest.fixture
def sandbox(new_sandbox: Callable[..., Sandbox]) -> Sandbox:
    """A sandbox of this test's own: its bill, its clock, its rate windows."""
    return new_sandbox()


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for all the tests of a run that only look."""
    with running_sandbox(_desk(tmp_path_factory.mktemp("shared") / "home")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def redis() -> Iterator[Redis]:
    """A Redis for all the tests of a run; each has databases of its own."""
    with running_redis() as redis:
        yield redis


@pytest.fixture
def operator(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Operator]:
    """Start a sandbox with a scenario (TOML) and options, and sign in there."""
    return beginning(Operator, desk, new_sandbox, tmp_path)


@pytest.fixture
def observer(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Observer]:
    """The same for who records profiles."""
    return beginning(Observer, desk, new_sandbox, tmp_path, budget=100_000)


@pytest.fixture
def config(desk: Desk, sandbox: Sandbox) -> Path:
    """A ~/.twitter for the sandbox, with money enough."""
    return desk.configure(sandbox.url, budget=1000, maxcpu=100, maxmem=100)


def pytest_addoption(parser: pytest.Parser) -> None:
    passed.add_options(parser)
    costly.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes long, or waits much: begins before the others")
    config.addinivalue_line("markers", "beside: starts a server beside the one of its kind that all tests share")
    config.addinivalue_line("markers", "last: leaves the server of its kind as no other test should find it")
    passed.configure(config)
    costly.configure(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return passed.is_left_out(config, collection_path) or None


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    with collecting.one_before_the_others(session.config.rootpath), collecting.without_garbage():
        return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    passed.leave_out(config, items)
    costly.leave_out(config, items)
    sort(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    tell_once(report, call)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left_out := costly.said(config):
        terminalreporter.write_line(left_out)
    terminalreporter.write_line(f"What is random was made from NETWAR_SEED={SEED}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Three more than there are processors: there are always some who wait, for a server, a time-out or a disk."""
    return (os.cpu_count() or 1) + 3


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Lanes:
    config.option.loadscopereorder = False  # it would put the slow ones first
    return Lanes(config, log)


# A test run in the background, or under nohup, ignores these; so would every program that it starts.
for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
    if signal.getsignal(ignored) is signal.SIG_IGN:
        signal.signal(ignored, signal.default_int_handler if ignored == signal.SIGINT else signal.SIG_DFL)

left_open.hold()
os.environ.pop("NETWAR_CONF", None)
os.environ.setdefault("NETWAR_SYSTEM_CONF", os.devnull)

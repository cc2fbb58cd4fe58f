"""Where queue and meter are kept, and a sandbox that many tests share with an operator who has three users on the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.opening import DATABASES
from tests.desk import Desk, running_sandbox, sign_in
from tests.operator import THREE, Three
from tests.redis_server import Redis


@pytest.fixture(params=["sqlite", "redis"])
def stores(request: pytest.FixtureRequest) -> dict[str, object]:
    """The settings that say where queue and meter are kept: in files, or in Redis."""
    if request.param == "sqlite":
        return {}
    redis: Redis = request.getfixturevalue("redis")
    return redis.settings("redis-tls", next(DATABASES))


@pytest.fixture(scope="session")
def first_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Three]:
    """A sandbox for all the tests, and the desk that theirs are copies of: two accounts, three users on the queue."""
    home = tmp_path_factory.mktemp("three") / "home"
    home.mkdir()
    scenario = home / "scenario.toml"
    scenario.write_text(THREE)
    with running_sandbox(Desk(home), "--scenario", scenario) as sandbox:
        one = Three(Desk(home), sandbox)
        for user, path in zip(one.users(), (".twitter", "other-account"), strict=False):
            keys = sign_in(sandbox.url, user["name"])
            one.desk.configure(sandbox.url, path=home / path, **keys, budget=100, maxcpu=100, maxmem=100, timeout=1)
        one.queue(one.ids()[:3])
        yield one


@pytest.fixture
def three(first_desk: Three, tmp_path: Path) -> Three:
    """An operator with three users on the queue, a clean bill and full windows."""
    return first_desk.at(tmp_path / "home")

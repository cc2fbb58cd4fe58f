"""A desk where something was recorded, for the programs that only show what is there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.desk import Desk, running_sandbox
from tests.operator import Recorded

WORLD = """
[world]
users = 4
prolific = 0
[[users]]
posts = 60
[[users]]
posts = 0
[[users]]
state = "suspended"
[[users]]
posts = 5
"""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    home = tmp_path_factory.mktemp("recorded") / "home"
    home.mkdir()
    desk = Desk(home)
    (home / "scenario.toml").write_text(WORLD)
    with running_sandbox(desk, "--scenario", home / "scenario.toml") as sandbox:
        desk.configure(sandbox.url, budget=100, maxcpu=100, maxmem=100)
        one = Recorded(desk, sandbox, [])
        one.everybody = one.users()
        one.queue(user["name"] for user in one.everybody[:3])
        one.run("tw-idu3elk", "shown")
        yield one

"""crontab.txt and conf/redis fit together: each line runs as it is shipped, with the rights as they are shipped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import Desk, Sandbox, sign_in
from tests.shipped_redis import shipped_redis
from tests.test_crontab import LINES

WORLD = """
[[users]]
name = "our_account"
posts = 3
followers = 20
[[users]]
name = "second_account"
posts = 3
[[users]]
name = "watched_one"
posts = 12
[[users]]
name = "watched_two"
posts = 7
[[users]]
name = "listed_one"
posts = 9
[[lists]]
name = "NSCE Brexit"
members = [3, 5]
"""
COMMANDS = [line.split(maxsplit=5)[5].replace("\\%", "%") for line in LINES]
ELASTIC = [command for command in COMMANDS if command.startswith("tw-elk ")]
PUT = [command for command in COMMANDS if command.startswith("tw-quser2work ")]


def as_cron_would(desk: Desk, commands: list[str]) -> list[tuple[str, int, str]]:
    """Run lines at the same time, by the shell, from the home folder: each with its status and what is mailed, errors first."""
    pipe = subprocess.PIPE
    shells = [
        subprocess.Popen(["sh", "-c", command], env=desk.environment, cwd=desk.home, stdout=pipe, stderr=pipe, text=True)
        for command in commands
    ]
    told = [shell.communicate(timeout=120) for shell in shells]
    return [
        (command, shell.returncode, errors + out) for command, shell, (out, errors) in zip(commands, shells, told, strict=True)
    ]


@pytest.fixture
def accounts(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., None]:
    """Write the files that crontab.txt names, with some settings besides the keys."""
    (tmp_path / "world.toml").write_text(WORLD)
    sandbox = new_sandbox("--scenario", tmp_path / "world.toml")

    def write(**settings: object) -> None:
        for folder in ("accounts", "lists"):
            (desk.home / folder).mkdir()
        (desk.home / "lists" / "watched").write_text("watched_one\nwatched_two\n")
        known: dict[str, object] = {"budget": 100, "maxcpu": 100, "maxmem": 100, **settings}
        for name, account in (("first", "our_account"), ("second", "second_account")):
            path = desk.home / "accounts" / f"{name}.conf"
            desk.configure(sandbox.url, path=path, **sign_in(sandbox.url, account), **known)

    return write


def test_every_line_runs_with_the_redis_that_is_shipped(desk: Desk, accounts: Callable[..., None]) -> None:
    with shipped_redis() as redis:
        accounts(**redis.settings())
        assert as_cron_would(desk, PUT) == [(command, 0, "") for command in PUT]
        others = [command for command in COMMANDS if command not in (*PUT, *ELASTIC)]
        for command, status, mailed in as_cron_would(desk, others):
            assert (status, bool(mailed)) == (0, command.startswith("tw-spend")), (command, status, mailed)
        covered = desk.run("tw-coverage", "brexit", "--config", desk.home / "accounts" / "first.conf", check=0).stdout
        assert covered.count("complete") == 3, f"two watched, and one who is only on the list: {covered}"
        with redis.server.admin() as admin:
            assert admin.exists("work", "weekly", "usertest") == 0, "all were recorded"
            assert not [*admin.keys("tw:*:failed"), *admin.keys("tw:*:claims")]
            assert not admin.execute_command("ACL", "LOG"), "nothing was refused"

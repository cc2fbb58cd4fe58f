"""Programs on a host whose clock is wrong, or is set: X's clock counts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.bin.test_tw_auth import address, agree
from tests.desk import Desk, Ended, Sandbox, program, sign_in
from tests.operator import Operator

needs_faketime = pytest.mark.skipif(not shutil.which("faketime"), reason="no faketime to set a program's clock with")
SCENARIO = """
[world]
users = 4
prolific = 0
[[users]]
posts = 100
[[users]]
posts = 100
[[users]]
posts = 100
[[users]]
posts = 100
"""


@pytest.fixture
def operator(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Operator:
    """One who asks with the app's own token, as X takes no signature of a wrong time; the budget is for one user and some."""
    (tmp_path / "scenario.toml").write_text(SCENARIO)
    sandbox = new_sandbox("--scenario", tmp_path / "scenario.toml")
    desk.configure(sandbox.url, budget=2, maxcpu=100, maxmem=100, auth="app")
    return Operator(desk, sandbox)


def at(desk: Desk, clock: str, name: str, *args: str, status: int) -> Ended:
    """Run a program whose clock is set off by so much."""
    command = ["faketime", clock, sys.executable, str(program(name)), *args]
    done = subprocess.run(command, env=desk.environment, cwd=desk.home, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, f"{done.stderr}{done.stdout}"
    return Ended(done.returncode, done.stdout, done.stderr)


@needs_faketime
def test_a_clock_that_is_set_forward_and_back_spends_one_budget(operator: Operator) -> None:
    operator.queue(user["id"] for user in operator.users())
    for clock in ("now", "+1 day", "-1 day", "+90 days"):
        at(operator.desk, clock, "tw-idu3elk", "trial", status=77)
    assert operator.spent() == operator.bill()["micro"] <= 2_000_000
    shown = json.loads(at(operator.desk, "+1 day", "tw-spend", "--json", "--no-ask", status=0).stdout)["micro_dollars"]
    assert shown["today"] == operator.spent()


@needs_faketime
def test_profiles_of_a_host_that_is_ahead_are_no_newer_than_others(operator: Operator) -> None:
    operator.run("tw-quser2usertest", "-", input=operator.users()[0]["id"])
    at(operator.desk, "+90 days", "tw-queue2usertest", status=0)
    [(retrieved,)] = operator.select("usertest", "SELECT retrieved FROM users")
    assert datetime.fromisoformat(retrieved) < datetime.now(UTC) + timedelta(minutes=1)


@pytest.mark.parametrize("program", ["tw-myname", "tw-auth"])
def test_a_refusal_of_x_with_another_time_is_told_as_a_clock_that_is_off(
    desk: Desk, new_sandbox: Callable[..., Sandbox], program: str
) -> None:
    then = datetime.now(UTC) + timedelta(minutes=7, seconds=5)
    operator = Operator(desk, new_sandbox("--clock", then.isoformat()))
    desk.configure(operator.sandbox.url, budget=2)
    operator.post("faults", {"kind": "unauthorized", "times": 0})
    told = desk.run(program, check=78).stderr
    assert "the clock of this host is 7 minutes behind X's: set it (timedatectl set-ntp true), then run" in told
    assert "consumer_secret" not in told


def test_accounts_of_one_app_have_one_budget_whatever_names_it(desk: Desk, sandbox: Sandbox) -> None:
    keys = sign_in(sandbox.url)
    operator = Operator(desk, sandbox)
    desk.configure(sandbox.url, **{**keys, "bearer_token": "", "budget": 2, "maxcpu": 100})
    token = desk.configure(
        sandbox.url,
        desk.home / "token.conf",
        access_token_key="",
        bearer_token=keys["bearer_token"],
        auth="app",
        budget=3,
        maxcpu=100,
    )
    user = operator.users()[0]["name"]

    def spent(*args: object) -> int:
        return int(json.loads(operator.run("tw-spend", "--json", "--no-ask", *args).stdout)["micro_dollars"]["today"])

    operator.run("tw-quser2usertest", "-", input=user)
    alone = operator.run("tw-queue2usertest", "--config", token)
    assert f"{token} has a bearer_token alone, and it is not known which app that belongs to" in alone.stderr
    said = operator.run("tw-rules", "--config", token).stderr
    assert said.count("not known which app") == 1, "however many stores are opened for the app"
    assert spent("--config", token) == 10_000
    assert spent() == 0
    first = desk.run("tw-auth", check=0)
    desk.run("tw-auth", agree(address(first.stdout)), check=0)
    assert spent() == spent("--config", token) == 10_000
    operator.run("tw-quser2usertest", "-", input=operator.users()[1]["name"])
    known = operator.run("tw-queue2usertest", "--config", token)
    assert "not known" not in known.stderr
    assert spent() == 20_000
    assert "what other hosts spend is not known without Redis" in operator.run("tw-spend").stdout

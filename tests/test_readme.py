"""The commands of README.md, run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.bin.test_tw_auth import address, agree
from tests.desk import ROOT, Desk, Sandbox

ADDRESS = "http://127.0.0.1:8000"


def rehearsal() -> str:
    """The last indented block of the part "Rehearse"."""
    part = (ROOT / "README.md").read_text().partition("\n## Rehearse\n")[2].partition("\n## ")[0]
    return "".join(line[4:] + "\n" for line in re.findall(r"(?:^    .+\n)+", part, re.MULTILINE)[-1].splitlines())


def shell(desk: Desk, script: str) -> str:
    """Run in one shell, as pasted, and stopped by the first command that fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=desk.home,
        env=desk.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash and curl are not installed")
def test_the_rehearsal_works_and_keeps_to_itself(desk: Desk, shared_sandbox: Sandbox) -> None:
    assert rehearsal().count(ADDRESS) == 3
    before, sign_in, after = rehearsal().replace(ADDRESS, shared_sandbox.url).partition("tw-auth ")
    pin = agree(address(shell(desk, before + sign_in)))
    told = shell(desk, f"export NETWAR_CONF=$PWD/rehearse.conf\n{sign_in} {pin}\n{after}")
    assert '"name":' in told
    assert "5 of 5 users added to work" in told
    assert re.search(r"twtrial: 5 users", told)
    assert "5 users in twtrial" in told
    assert "$" in told
    assert '"micro"' in told
    assert sorted(os.listdir(desk.home)) == ["rehearsal", "rehearse.conf", "who.txt"]
    shell(desk, re.findall(r"`(rm -r [^`]+)`", (ROOT / "README.md").read_text())[0])
    assert os.listdir(desk.home) == []


def test_the_sandbox_tells_the_same(desk: Desk) -> None:
    told = desk.run("tw-sandbox", "-h", check=0).stdout
    line = re.search(r"^ *(\(umask .*\))$", told, re.MULTILINE)
    assert line
    shell(desk, line[1])
    assert (desk.home / "rehearse.conf").read_text() == "[API]\napi = ADDRESS\nmaxcpu = 100\n[STREAM]\ndata = rehearsal\n"
    assert (desk.home / "rehearse.conf").stat().st_mode & 0o777 == 0o600

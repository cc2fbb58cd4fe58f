"""The units of systemd that are shipped: every command in them is one, and its program takes the options."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from netwar.operations.supervising import CAPTURE_PAUSE, PAUSE, STOPPED, WRONG
from tests.desk import BIN, ROOT
from tests.rows import rows
from tests.soak.watching import statuses
from tests.test_crontab import load

UNITS = sorted((ROOT / "conf" / "systemd").glob("*.service"))
TIMERS = sorted((ROOT / "conf" / "systemd").glob("*.timer"))


def settings(unit: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", unit.read_text()))


def numbers(text: str) -> set[int]:
    return {int(one) for one in text.split()}


@rows("unit", UNITS)
def test_the_program_takes_the_options(unit: Path, tmp_path: Path) -> None:
    program, *words = shlex.split(settings(unit)["ExecStart"].replace("%i", "brexit"))
    assert os.access(BIN / Path(program).name, os.X_OK)
    assert unit.name.replace("@", "").removesuffix(".service") == Path(program).name
    (lines := tmp_path / "lines.txt").write_text("brexit\n")
    arguments = [str(lines) if word.endswith(".txt") else word for word in words]
    with load(Path(program).name).make_context(program, arguments) as context:
        assert context.params


@rows("unit", UNITS)
def test_who_comes_back_is_as_under_supervisord(unit: Path) -> None:
    """A status means the same whoever starts a program again, and the pause is as long."""
    told = settings(unit)
    down = numbers(told["RestartPreventExitStatus"])
    assert (down | numbers(told["SuccessExitStatus"])) - {143} <= statuses()
    if told.get("Type") == "oneshot":  # what a timer starts
        assert (unit.with_suffix(".timer") in TIMERS, down) == (True, set(WRONG))
    elif unit.name == "tw-stream@.service":
        assert (down | {0}, told["RestartSec"]) == (set(STOPPED), str(CAPTURE_PAUSE))
        assert told["Restart"] == "on-failure", "a capture that was stopped by --stop must not begin anew"
    else:
        assert (down, told["RestartSec"], told["Restart"]) == (set(WRONG), str(PAUSE), "always")
        assert not numbers(told["SuccessExitStatus"]) & down


def test_systemd_reads_them(tmp_path: Path) -> None:
    if not (systemd := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    for unit in (*UNITS, *TIMERS):
        text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
        (tmp_path / unit.name.replace("@", "@brexit")).write_text(text.replace("User=operator", "User=root"))
    copies = sorted(tmp_path.iterdir())
    done = subprocess.run([systemd, "verify", *copies], capture_output=True, text=True, check=False)
    assert not [line for line in done.stderr.splitlines() if "tw-" in line], done.stderr
    for timer in TIMERS:
        when = settings(timer)["OnCalendar"]
        assert subprocess.run([systemd, "calendar", when], capture_output=True, check=False).returncode == 0

"""The units of systemd that are shipped: every command in them is one, and its program takes the options."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desk import BIN, ROOT
from tests.rows import rows
from tests.soak.watching import statuses
from tests.test_crontab import load

UNITS = sorted((ROOT / "conf" / "systemd").glob("*.service"))


def settings(unit: Path) -> dict[str, str]:
    return dict(re.findall(r"(?m)^(\w+)=(.*)$", unit.read_text()))


def test_there_are_units() -> None:
    assert UNITS


@rows("unit", UNITS)
def test_the_program_takes_the_options(unit: Path, tmp_path: Path) -> None:
    program, *words = shlex.split(settings(unit)["ExecStart"].replace("%i", "brexit"))
    assert os.access(BIN / Path(program).name, os.X_OK)
    (lines := tmp_path / "lines.txt").write_text("brexit\n")
    arguments = [str(lines) if word.endswith(".txt") else word for word in words]
    with load(Path(program).name).make_context(program, arguments) as context:
        assert context.params


@rows("unit", UNITS)
def test_the_statuses_are_those_of_the_readme(unit: Path) -> None:
    told = settings(unit)
    named = {int(one) for key in ("SuccessExitStatus", "RestartPreventExitStatus") for one in told[key].split()}
    assert named - {143} <= statuses()
    assert told["Restart"] == "on-failure", "a capture that was stopped by --stop must not begin anew"


@rows("unit", UNITS)
def test_systemd_reads_it(unit: Path, tmp_path: Path) -> None:
    if not (systemd := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
    (copy := tmp_path / unit.name.replace("@", "@brexit")).write_text(text.replace("User=operator", "User=root"))
    done = subprocess.run([systemd, "verify", copy], capture_output=True, text=True, check=False)
    assert unit.name.partition("@")[0] not in done.stderr, done.stderr

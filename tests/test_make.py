"""make, where something is not as it should be: a sentence that says what to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desk import ROOT

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A fresh checkout as far as `make venv` looks at it."""
    for name in ("Makefile", "requirements.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "installing", tmp_path / "installing")
    return tmp_path


def make_venv(checkout: Path, python: str | Path) -> str:
    """What make says when it fails with this Python."""
    command = ["make", "--no-print-directory", "venv", f"PYTHON={python}"]
    done = subprocess.run(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 2
    assert not (checkout / ".venv/ready").exists(), "else it would not be tried again"
    return done.stdout


def python(checkout: Path, script: str) -> Path:
    """A Python that does this, in place of one that is too old, or of one without a network."""
    path = checkout / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_python_that_is_not_there(checkout: Path) -> None:
    said = make_venv(checkout, "python3.99")
    assert "make: python3.99 cannot be run" in said
    assert "older" not in said


def test_a_python_that_is_too_old(checkout: Path) -> None:
    old = python(checkout, 'case "$*" in *version_info*) exit 1;; esac')
    assert f"make: {old} is older than 3.11" in make_venv(checkout, old)


def test_a_python_without_venv(checkout: Path) -> None:
    bare = python(checkout, 'case "$*" in *ensurepip*) exit 1;; esac')
    assert "sudo apt-get install python3-venv" in make_venv(checkout, bare)


def without_network(checkout: Path) -> Path:
    script = 'case "$*" in "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; "-m pip "*) echo no route; exit 1;; esac'
    return python(checkout, script)


def test_no_network(checkout: Path) -> None:
    said = make_venv(checkout, without_network(checkout))
    assert said.index("up to a minute") < said.index("no route") < said.index("is there a network?")


def test_a_pip_that_is_slow_fetches_a_newer_one_first(checkout: Path) -> None:
    made = '"-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;'
    asked = '*pip.__version__*) exit 1;; *"-r installing/pip.txt") echo "$*";; *"-r requirements.txt") echo "$*"; exit 1;;'
    old = python(checkout, f'case "$*" in {made} {asked} esac')
    fetched = [line.partition("-r ")[2] for line in make_venv(checkout, old).splitlines() if line.startswith("-m pip")]
    assert fetched == ["installing/pip.txt", "requirements.txt"]


def test_a_python_that_an_upgrade_of_the_system_has_exchanged(checkout: Path) -> None:
    """Libraries are there for the old one alone: they are fetched anew, also where what is needed is the same."""
    prefix = checkout / "prefix"
    for venv in (checkout / ".venv", prefix / "lib/netwar/venv"):
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/python").symlink_to("/usr/bin/python3.2")
        shutil.copy(ROOT / "requirements.txt", venv)
        (venv / "ready").touch()
    new = without_network(checkout)
    assert "no route" in make_venv(checkout, new)
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": str(new)}
    command = ["sh", ROOT / "installing/install.sh", "libraries", prefix]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert "no route" in done.stdout


def test_every_benchmark_is_run() -> None:
    programs = {path.stem for path in ROOT.glob("benchmarks/*.py") if "__main__" in path.read_text()}
    run = set(re.findall(r"-m benchmarks\.(\w+)", (ROOT / "Makefile").read_text()))
    assert run == programs - {"train_dictionary"}  # which measures nothing, and writes a file of the library

"""What an operator installs: libraries locked by hash, and the programs on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

from tests.desk import BIN, ROOT
from tests.rows import rows

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = PROJECT["project"]["dependencies"]
CHECKS = PROJECT["dependency-groups"]["dev"]
PIN = re.compile(r"([a-z0-9.-]+)==[\w.]+( ; [^\\]+)? \\")


def pins(name: str) -> dict[str, str]:
    """The libraries that a file of requirements pins, each with what stands for it there."""
    whole = (ROOT / name).read_text().partition("\n")[2]
    blocks = re.split(r"\n(?=\S)", whole.rstrip("\n"))
    return {block.partition("==")[0]: block for block in blocks}


def name_of(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    assert found
    return re.sub(r"[-_.]+", "-", found[0]).lower()


@rows(("file", "named"), [("requirements.txt", NEEDED), ("requirements-dev.txt", CHECKS)])
def test_each_library_that_the_project_names_is_pinned(file: str, named: list[str]) -> None:
    pinned = pins(file)
    assert {name_of(requirement) for requirement in named} <= pinned.keys()
    for requirement in named:
        version = pinned[name_of(requirement)].split("==")[1].split()[0]
        assert _fits(version, requirement), f"{file} has {version} for {requirement}: make lock"


@rows("file", ["requirements.txt", "requirements-dev.txt"])
def test_each_pin_has_hashes(file: str) -> None:
    for block in pins(file).values():
        first, *hashes = block.splitlines()
        assert PIN.fullmatch(first), first
        assert hashes
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes)


def test_what_checks_the_project_is_not_in_an_operators_environment() -> None:
    checks = {name_of(requirement) for requirement in CHECKS}
    assert not checks & pins("requirements.txt").keys()


def test_the_files_agree_with_each_other_with_versions_txt_and_with_what_runs_here() -> None:
    programs, checks = pins("requirements.txt"), pins("requirements-dev.txt")
    for both in programs.keys() & checks.keys():
        assert programs[both].split()[0] == checks[both].split()[0]
    told = dict(re.findall(r"(?m)^([a-z0-9.-]+) (\S+)$", (ROOT / "versions.txt").read_text().partition("# Servers")[0]))
    assert told.keys() == {"netwar", *pins("requirements.txt")}
    for name, block in pins("requirements.txt").items():
        if "; " not in block.splitlines()[0]:  # for some Pythons only
            assert metadata.version(name) == told[name], f"{name}: make venv"


def test_an_installation_has_the_programs_on_its_path(tmp_path: Path) -> None:
    source, prefix = tmp_path / "source", tmp_path / "prefix"
    for name in ("netwar", "bin"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run([*install, "--prefix", prefix, source], check=True, env=environment, timeout=120)
    [library] = prefix.glob("lib/python*/site-packages")
    assert sorted(path.name for path in (prefix / "bin").iterdir()) == sorted(path.name for path in BIN.glob("tw-*"))
    shipped = {
        path.relative_to(ROOT)
        for path in (ROOT / "netwar").rglob("*")
        if path.suffix in (".py", ".lua") or path.parent.name == "data"
    }
    assert {path for path in shipped if not (library / path).is_file()} == set()
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(library)}
    said = subprocess.run(
        [prefix / "bin/tw-elk", "-h"], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("Usage: tw-elk ")


def _fits(version: str, requirement: str) -> bool:
    """Whether a version lies between the bounds of `name>=LOW,<HIGH`."""
    low, high = re.findall(r">=([\d.]+),<([\d.]+)", requirement)[0]
    return _numbers(low) <= _numbers(version) < _numbers(high)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]

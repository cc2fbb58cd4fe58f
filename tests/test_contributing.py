"""CONTRIBUTING's four steps, taken literally in a copy of the tree: what they make passes every check of a program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.desk import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
STEPS = PAGE.partition("\n## A command in four steps\n")[2].partition("\n## ")[0]
MAX_PROGRAM, MAX_PAGE = 40, 145
COPIED = (
    "netwar",
    "bin",
    "tests",
    "docs",
    "conf",
    "installing",
    "Makefile",
    "pyproject.toml",
    "crontab.txt",
    "example.conf",
    "requirements.txt",
    "versions.txt",
)


def files() -> dict[str, str]:
    """What the steps write: path, and the whole file."""
    blocks = re.findall(r"^   ```python (\S+)\n(.*?)^   ```$", STEPS, re.MULTILINE | re.DOTALL)
    return {path: dedent(text) for path, text in blocks}


def rows() -> dict[str, str]:
    """What the steps add to files that are there: path and line."""
    return dict(re.findall(r"^   \| (\S+) \| `(.+)` \|$", STEPS, re.MULTILINE))


pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which the steps were followed."""
    copy = tmp_path_factory.mktemp("newcomer")
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for path in [*map(ROOT.joinpath, COPIED), *ROOT.glob("*.md"), *ROOT.glob("requirements*.txt")]:
        if path.is_dir():
            shutil.copytree(path, copy / path.name, symlinks=True, ignore=ignored)
        else:
            shutil.copy2(path, copy)
    for name, text in files().items():
        (copy / name).write_text(text)
        (copy / name).chmod(0o755)
    for name, row in rows().items():
        add(copy / name, row)
    run(copy, "make", "format", "-o", ".venv/checks", f"PY={sys.executable}")
    return copy


def add(path: Path, row: str) -> None:
    """Put a row among those that are most like it: before the first that it comes before."""
    lines = path.read_text().splitlines()
    alike = [at for at, line in enumerate(lines) if re.match(r'\s*(- tw-|"tw-[a-z0-9]+": |\("tw-[a-z0-9 -]+", )', line)]
    at = next((at for at in alike if lines[at].strip() > row), alike[-1] + 1)
    lines.insert(at, re.match(r"\s*", lines[alike[0]])[0] + row)  # type: ignore[index]
    path.write_text("\n".join(lines) + "\n")


def run(tree: Path, *command: str) -> str:
    """What a command says in the copy, where it must end well."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_page_and_its_program_are_short() -> None:
    (program, text), _ = files().items()
    assert program.startswith("bin/tw-")
    assert len(text.splitlines()) <= MAX_PROGRAM
    assert len(PAGE.splitlines()) <= MAX_PAGE


def test_what_the_steps_make_passes_the_checks(tree: Path) -> None:
    program, test = files()
    assert len(rows()) == 5
    name = Path(program).name
    assert f"| `{name}` |" in (tree / "README.md").read_text()
    assert f'"{program}"' in (tree / "pyproject.toml").read_text()
    python = sys.executable
    run(tree, python, "-m", "ruff", "check", ".")
    run(tree, python, "-c", "from importlinter.cli import lint_imports_command as check; check()")
    about_programs = [f"tests/test_{subject}.py" for subject in ("house", "soak", "every_program", "hostile", "docs")]
    every = tree / "tests" / "test_every_program.py"
    every.write_text(every.read_text().replace('BIN.glob("tw-*")', f'BIN.glob("{name}")', 1))  # the others are tried by ours
    of_each = "test_every_program and not (there_are or checkout or ruff_reads or tried)"
    rows_of_it = "program_has_its_row or changelog or that_others_wrote"
    chosen = f"{name} or uncovered or programs_import or limits or {rows_of_it} or ({of_each})"
    said = run(tree, python, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-vv", test, *about_programs, "-k", chosen)
    for asked in (
        "its_help_loads_little",
        "only_those_without_coverage",
        "row_in_the_readme",
        "program_has_its_row",
        "that_others_wrote",
    ):
        assert re.search(rf"{asked}.* PASSED", said), f"{asked} was not asked:\n{said}"

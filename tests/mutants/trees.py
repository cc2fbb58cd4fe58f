"""Copies of the tree, in which the tests run while something is changed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.mutants.table import ROOT, Mutant

LEFT_OUT = (".git", ".venv", "build", "*_cache", ".hypothesis", "__pycache__", "*.egg-info")
SECONDS = 300  # for all the tests of a row; a change that makes them hang longer is noticed

# Without what takes longer to begin than most tests to end.
PYTEST = ("-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest", "--timeout", "120")

Verdict = Literal["noticed", "unnoticed", "not run", "broken"]


@dataclass(frozen=True, slots=True)
class Trial:
    """How the tests ended, what they said, and how long it took."""

    verdict: Verdict
    said: str
    seconds: float


class Tree:
    """A copy of the tree in `folder`, which one at a time works with."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.root = folder / "tree"
        self._scratch = folder / "scratch"
        self._steps = 0
        self._process: subprocess.Popen[str] | None = None
        shutil.copytree(ROOT, self.root, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        if (ROOT / "build").exists():
            (self.root / "build").symlink_to((ROOT / "build").resolve())

    def tried(self, mutant: Mutant) -> Trial:
        """Make the change, run the tests that should notice, and take it back."""
        path = self.root / mutant.file
        before = path.read_text()
        self._write(path, mutant.changed(before))
        try:
            return self.run(mutant.tests)
        finally:
            self._write(path, before)

    def run(self, tests: Sequence[str]) -> Trial:
        """Run tests with the tree as it is."""
        began = time.monotonic()
        command = [sys.executable, "-m", "pytest", *PYTEST, f"--basetemp={self._scratch}", *tests]
        environment = {**os.environ, "PYTHONPATH": str(self.root), "NETWAR_SEED": "1", "NETWAR_EVERY_KIND": "1"}
        pipe, err = subprocess.PIPE, subprocess.STDOUT
        process = self._process = subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=pipe, stderr=err, text=True, errors="replace", start_new_session=True
        )
        try:
            said, _ = process.communicate(timeout=SECONDS)
            verdict = _verdict(process.returncode, said)
        except subprocess.TimeoutExpired:
            verdict, said = "noticed", f"the tests hang longer than {SECONDS} s"
        finally:
            self.stop()
            process.communicate()
        return Trial(verdict, said, time.monotonic() - began)

    def stop(self) -> None:
        """End the tests that run, and whatever they have started and a change kept from ending."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _write(self, path: Path, text: str) -> None:
        """Write a file, a second later each time: by whole seconds Python tells whether what it compiled is of this text."""
        self._steps += 1
        path.write_text(text)
        moment = path.stat().st_mtime_ns + self._steps * 10**9
        os.utime(path, ns=(moment, moment))


def _verdict(status: int, said: str) -> Verdict:
    """pytest: 0 all passed, 1 some failed; anything else is no answer."""
    if status == 1:
        return "noticed"
    if status != 0:
        return "broken"
    return "unnoticed" if re.search(r"\b\d+ passed\b", said) else "not run"

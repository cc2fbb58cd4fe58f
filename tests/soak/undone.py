"""Proof that the soak finds what it is there for:  python -m tests.soak.undone [NAME ...] [--seconds N]

Faults that the recorder once had are put back into a copy of the tree, one after the other, and the soak runs there. It must find
each of them in its first minute. A line for each; status 1 if one is not found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.desk import ROOT

COPIED = ("bin", "conf", "netwar", "tests", "README.md", "crontab.txt", "example.conf", "pyproject.toml")
TRIES = 3  # seeds: what a minute brings is a matter of luck, too


@dataclass(frozen=True)
class Change:
    """In this file `now` is replaced by `then`."""

    file: str
    now: str
    then: str

    def undo(self, tree: Path) -> None:
        text = (tree / self.file).read_text()
        assert text.count(self.now) == 1, f"{self.file} has changed: {self.now!r} is there {text.count(self.now)} times"
        (tree / self.file).write_text(text.replace(self.now, self.then))


@dataclass(frozen=True)
class Undone:
    """A fault of old, and the arguments of the soak that shall find it."""

    name: str
    changes: tuple[Change, ...]
    arguments: tuple[str, ...] = ()


TABLE = (
    Undone(
        "locks-dropped",  # opening and closing a database beside SQLite drops its locks, and its log is removed in use
        (
            Change(
                "netwar/connections/sqlite.py",
                "        connection = opened(path, BUSY_SECONDS, new",
                "        path.exists() and path.open().close()\n        connection = opened(path, BUSY_SECONDS, new",
            ),
        ),
    ),
    Undone(
        "redis-forgets",  # its log is replayed as the user `default`, who may do nothing
        (Change("conf/redis/netwar.acl", "user default off resetpass ~* &* +@all\n", "user default off\n"),),
        ("--stores", "redis"),
    ),
    Undone(
        "silent-hole",  # a page is taken to end with its oldest post, and its run ends before another page shows that it does not
        (
            Change(
                "netwar/walk.py",
                "        enough = STRAYS + 1 if _descends(self._last) else DOUBTFUL\n",
                "        enough = 1\n",
            ),
        ),
    ),
)


def found(undone: Undone, seconds: float) -> str | None:
    """What the soak said of a tree with this fault, None if it found nothing."""
    with tempfile.TemporaryDirectory(prefix="tw-undone-", dir="/tmp") as folder:
        tree = Path(folder)
        tree.chmod(0o755)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tree / name, symlinks=True)
            else:
                shutil.copy(ROOT / name, tree / name)
        (tree / "build").symlink_to(ROOT / "build")
        for change in undone.changes:
            change.undo(tree)
        return _soaked(tree, undone, seconds)


def _soaked(tree: Path, undone: Undone, seconds: float) -> str | None:
    environment = os.environ | {"PYTHONPATH": str(tree)}
    for seed in range(TRIES):
        command = [sys.executable, "-m", "tests.soak", "--seed", str(seed), "--minutes", str(seconds / 60), *undone.arguments]
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            faults = [line.strip() for line in done.stdout.splitlines() if line.startswith("  - ")]
            return f"seed {seed}: {faults[0] if faults else done.stderr[-300:]}"
    return None


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.soak.undone")
    asked.add_argument("names", nargs="*", choices=[[], *(one.name for one in TABLE)], metavar="NAME")
    asked.add_argument("--seconds", type=float, default=60)
    given = asked.parse_args()
    missed = 0
    for one in TABLE:
        if not given.names or one.name in given.names:
            began = time.monotonic()
            what = found(one, given.seconds)
            missed += what is None
            print(f"{one.name}: {time.monotonic() - began:.0f} s, {what or 'NOT FOUND'}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

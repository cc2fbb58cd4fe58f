"""A home folder whose configuration leads to a sandbox, and programs that are run there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.client import sign_in

ROOT = Path(__file__).parents[1]


@contextmanager
def sandbox(home: Path, scenario: str) -> Iterator[str]:
    """A tw-sandbox in a process of its own; its address."""
    (home / "world.toml").write_text(scenario)
    command = [sys.executable, str(ROOT / "bin" / "tw-sandbox"), "--port", "0", "--scenario", str(home / "world.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Desk:
    """A home folder whose configuration leads to a sandbox."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url
        sign_in(url, home / ".twitter")
        settings = (home / ".twitter").read_text().replace("budget = 100000", "budget = 1000000\nmaxcpu = 100\nmaxmem = 100")
        (home / ".twitter").write_text(settings)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a program; what it says is in the file `said`."""
        environment = os.environ | {"HOME": str(self.home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
        with open(self.home / "said", "wb") as said:
            return subprocess.Popen([sys.executable, ROOT / "bin" / words[0], *words[1:]], env=environment, stderr=said)

    def ask(self, path: str) -> Any:
        """What the sandbox tells at /sandbox/PATH."""
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}") as answer:
            return json.load(answer)

    def truth(self, user: str) -> set[int]:
        """Who follows a user."""
        with urllib.request.urlopen(f"{self.url}/sandbox/truth/followers/{user}") as answer:
            return set(map(int, answer.read().split()))

    @property
    def file(self) -> Path:
        """The archive of profiles."""
        return self.home / "data" / "archive" / "usertest.sqlite"

    def bytes_of_notes(self) -> int:
        """What the notes of the ledger take."""
        with sqlite3.connect(self.file) as db:
            return int(db.execute("SELECT sum(length(key) + length(value)) FROM note").fetchone()[0])

    def spent(self) -> int:
        """Micro-dollars that the meter has booked."""
        with sqlite3.connect(self.home / "data" / "meter.sqlite") as db:
            return int(db.execute("SELECT sum(micro) FROM charges").fetchone()[0])

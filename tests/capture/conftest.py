"""An operator with a sandbox: signs in by PIN, queues users, records, and compares with what is true."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Desk, Ended, Sandbox


@dataclass
class Operator:
    """A desk whose ~/.twitter holds keys of one sandbox."""

    desk: Desk
    sandbox: Sandbox

    def run(self, name: str, *args: object, check: int | None = 0, **more: Any) -> Ended:
        return self.desk.run(name, *map(str, args), check=check, **more)

    def users(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.get("truth/users").splitlines()]

    def truth(self, user: str) -> list[int]:
        """Every id that a user ever posted, newest first."""
        return [int(line) for line in self.get(f"truth/tweets/{user}").split()]

    def bill(self) -> dict[str, Any]:
        return json.loads(self.get("bill"))

    def log(self, last: int = 10_000) -> list[dict[str, Any]]:
        return json.loads(self.get(f"log?last={last}"))

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.sandbox.url}/sandbox/{path}") as answer:
            return answer.read().decode()

    def post(self, path: str, body: object, method: str = "POST") -> Any:
        request = urllib.request.Request(f"{self.sandbox.url}/sandbox/{path}", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def queue(self, users: Iterable[str], check: int = 0) -> Ended:
        return self.run("tw-quser2work", "-", input="\n".join(users) + "\n", check=check)

    def select(self, index: str, query: str, *values: object) -> list[Any]:
        """Rows of an archive file, read as any tool would."""
        with sqlite3.connect(f"file:{self.desk.home}/.local/share/netwar/archive/{index}.sqlite?mode=ro", uri=True) as db:
            return db.execute(query, values).fetchall()

    def recorded(self, index: str, user: str) -> set[int]:
        """The ids of a user's own tweets that a timeline brought."""
        return {row[0] for row in self.select(index, "SELECT id FROM tweets WHERE user_id = ? AND via = 'timeline'", int(user))}

    def coverage(self, index: str) -> dict[str, dict[str, Any]]:
        lines = self.run("tw-coverage", index, "--json").stdout.splitlines()
        return {record["user"]: record for record in map(json.loads, lines)}

    def work(self) -> dict[str, Any]:
        return json.loads(self.run("tw-showwork", "--json").stdout)

    def spent(self) -> int:
        """Micro-dollars booked by the meter, whatever the day."""
        with sqlite3.connect(f"file:{self.desk.home}/.local/share/netwar/meter.sqlite?mode=ro", uri=True) as db:
            return db.execute("SELECT coalesce(sum(micro), 0) FROM charges").fetchone()[0]


@pytest.fixture
def operator(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Operator]:
    """Start a sandbox with a scenario (TOML) and options, and sign in there."""

    def begin(scenario: str = "", *options: str | Path, **settings: object) -> Operator:
        file = tmp_path / "scenario.toml"
        file.write_text(scenario)
        sandbox = new_sandbox("--scenario", file, *options)
        desk.configure(sandbox.url, **{"budget": 10_000, "maxcpu": 100, "maxmem": 100, **settings})
        return Operator(desk, sandbox)

    return begin

"""An operator with a sandbox, and short ways to see what is recorded of profiles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.records.entries import written
from tests.conftest import Desk, Ended, Sandbox
from tests.timelines.conftest import Operator

USERTEST = "usertest"


class Observer(Operator):
    """An operator who records profiles."""

    def put(self, *users: str) -> None:
        self.run("tw-quser2usertest", "-", input="\n".join(map(written, users)) + "\n")

    def record(self, *options: object, check: int = 0) -> Ended:
        return self.run("tw-queue2usertest", *options, check=check)

    def waiting(self) -> dict[str, Any]:
        return json.loads(self.run("tw-showusertest", "--json").stdout)

    def account(self, path: Path, **settings: object) -> Path:
        """A configuration with keys of its own for the same app."""
        return self.desk.configure(self.sandbox.url, path=path, **{"budget": 1000, "maxcpu": 100, "maxmem": 100, **settings})

    @property
    def data(self) -> Path:
        return self.desk.home / ".local" / "share" / "netwar"

    @contextmanager
    def archive(self) -> Iterator[SqliteArchive]:
        archive = SqliteArchive(self.data / "archive", self.data / "dead-letters")
        try:
            yield archive
        finally:
            archive.close()

    def profiles(self) -> dict[str, dict[str, Any]]:
        with self.archive() as archive:
            return {body["id"]: body for body in archive.scan(USERTEST)}

    def outcome(self, user: str) -> str | None:
        with self.archive() as archive:
            return archive.record(USERTEST, user).outcome

    def asked(self, path: str = "/2/users") -> list[dict[str, Any]]:
        """Look-ups of ids, or with /2/users/by of names."""
        return [line for line in self.log() if line["path"] == path]

    def change(self, user: str, **change: object) -> None:
        self.post("state", {"user": user, **change})

    def no_bug(self, ended: Ended) -> Ended:
        assert "Traceback" not in ended.stderr
        assert "bug in the program" not in ended.stderr
        return ended


@pytest.fixture
def observer(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Callable[..., Observer]:
    """Start a sandbox with a scenario (TOML) and options, and sign in there."""

    def begin(scenario: str = "", *options: str | Path, **settings: object) -> Observer:
        file = tmp_path / "scenario.toml"
        file.write_text(scenario)
        sandbox = new_sandbox("--scenario", file, *options)
        desk.configure(sandbox.url, **{"budget": 100_000, "maxcpu": 100, "maxmem": 100, **settings})
        return Observer(desk, sandbox)

    return begin

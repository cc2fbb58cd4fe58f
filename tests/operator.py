"""Those who work at a desk: what they do in a test, and short ways to compare what is recorded with what is true."""

from __future__ import annotations

import json
import shutil
import sqlite3
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record
from netwar.records.entries import written
from tests.desk import Desk, Ended, Sandbox

# Of a scenario's [world]: nobody is suspended, protected, gone or renamed, or has more than X serves.
ALL_OPEN = """\
prolific = 0
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
"""

# Three users to record, the first on two pages, and three who are not to be had.
THREE = """
[world]
users = 6
prolific = 0
[[users]]
posts = 120
[[users]]
posts = 10
[[users]]
posts = 10
[[users]]
state = "suspended"
posts = 10
[[users]]
state = "gone"
posts = 10
[[users]]
state = "protected"
posts = 10
"""
TIMELINE = "/2/users/:id/tweets"
USERTEST = "usertest"


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
        bill: dict[str, Any] = json.loads(self.get("bill"))
        return bill

    def log(self, last: int = 10_000) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = json.loads(self.get(f"log?last={last}"))
        return lines

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.sandbox.url}/sandbox/{path}") as answer:
            return str(answer.read().decode())

    def post(self, path: str, body: object, method: str = "POST") -> Any:
        request = urllib.request.Request(f"{self.sandbox.url}/sandbox/{path}", json.dumps(body).encode(), method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def queue(self, users: Iterable[str], check: int = 0) -> Ended:
        return self.run("tw-quser2work", "-", input="\n".join(users) + "\n", check=check)

    def select(self, index: str, query: str, *values: object, data: str = ".local/share/netwar") -> list[Any]:
        """Rows of an archive file, read as any tool would."""
        with closing(
            sqlite3.connect(f"file:{self.desk.home}/{data}/archive/{index}.sqlite?mode=ro", uri=True, isolation_level=None)
        ) as db:
            return db.execute(query, values).fetchall()

    def recorded(self, index: str, user: str, data: str = ".local/share/netwar") -> set[int]:
        """The ids of a user's own tweets that a timeline brought."""
        query = "SELECT id FROM tweets WHERE user_id = ? AND via = 'timeline'"
        return {row[0] for row in self.select(index, query, int(user), data=data)}

    def coverage(self, index: str) -> dict[str, dict[str, Any]]:
        lines = self.run("tw-coverage", index, "--json").stdout.splitlines()
        return {record["user"]: record for record in map(json.loads, lines)}

    def work(self) -> dict[str, Any]:
        work: dict[str, Any] = json.loads(self.run("tw-showwork", "--json").stdout)
        return work

    def spent(self) -> int:
        """Micro-dollars booked by the meter, whatever the day."""
        if not (self.desk.home / ".local/share/netwar/meter.sqlite").exists():
            told = json.loads(self.run("tw-spend", "--no-ask", "--json", "--since", "2006-03-21").stdout)
            return sum(charge["micro_dollars"] for charge in told["charges"])
        with closing(
            sqlite3.connect(f"file:{self.desk.home}/.local/share/netwar/meter.sqlite?mode=ro", uri=True, isolation_level=None)
        ) as db:
            return int(db.execute("SELECT coalesce(sum(micro), 0) FROM charges").fetchone()[0])


@dataclass
class Three(Operator):
    """An operator with three users on the queue, at one of many desks of the same sandbox."""

    began: int = 0  # requests that the sandbox had served before
    first: Path | None = None  # the home folder that this desk's is a copy of

    def at(self, home: Path) -> Three:
        """Another desk that is a copy of the first one; the bill is clean and the windows are full."""
        first = self.first or self.desk.home
        shutil.copytree(first, home)
        three = Three(Desk(home), self.sandbox, first=first)
        three.mend()
        three.post("bill/reset", {})
        three.post("windows/reset", {})
        log = three.log(1)
        three.began = log[-1]["number"] if log else 0
        return three

    def anew(self, row: int) -> Three:
        """A desk for a row of a test (tests/rows.py)."""
        return self.at(self.desk.home.with_name(f"home{row}"))

    def fault(self, kind: str, **more: object) -> None:
        """Switch a fault on, for ever if nothing else is said."""
        self.post("faults", {"kind": kind, "times": 0, **more})

    def mend(self) -> None:
        self.post("faults", [], method="DELETE")

    def ids(self) -> list[str]:
        return [user["id"] for user in self.users()]

    def capture(self, *options: object, **more: Any) -> Ended:
        return self.run("tw-idu3elk", "three", *options, **{"check": None, **more})

    def asked(self) -> list[dict[str, Any]]:
        """The requests for timelines since this desk began."""
        lines = [line for line in self.log() if line["number"] > self.began and line["path"].endswith("/tweets")]
        return [line for line in lines if line["method"] == "GET"]  # what asks for the time alone is none

    def held(self) -> int:
        """Reservations that stand open in the meter."""
        with closing(sqlite3.connect(f"file:{self.data}/meter.sqlite?mode=ro", uri=True, isolation_level=None)) as db:
            return int(db.execute("SELECT count(*) FROM reservations").fetchone()[0])

    def entries(self) -> list[tuple[str, str]]:
        """Who is on the queue, and how; quicker than tw-showwork."""
        with closing(sqlite3.connect(f"file:{self.data}/queues.sqlite?mode=ro", uri=True, isolation_level=None)) as db:
            return db.execute("SELECT state, user FROM entries").fetchall()

    def record(self, user: str) -> Record:
        """What the ledger knows of a user."""
        from netwar.archive.sqlite.store import SqliteArchive

        archive = SqliteArchive(self.data / "archive", self.data / "dead-letters")
        try:
            return archive.record("twthree", user)
        finally:
            archive.close()

    @property
    def data(self) -> Path:
        return self.desk.home / ".local" / "share" / "netwar"

    def completes(self, *options: object) -> None:
        """Run without any fault: everything is there, nobody waits, and the bill is paid to the micro-dollar."""
        self.mend()
        no_bug(self.capture(*options, check=0))
        self.is_complete()

    def is_complete(self) -> None:
        for user in self.ids()[:3]:
            assert self.recorded("three", user) == set(self.truth(user))
            record = self.record(user)
            assert (record.outcome, record.gaps, record.lost) == ("complete", (), ())
        assert self.entries() == []
        assert self.spent() == self.bill()["micro"]
        assert self.held() == 0


def no_bug(ended: Ended) -> None:
    assert "Traceback" not in ended.stderr
    assert "bug in the program" not in ended.stderr


class Observer(Operator):
    """An operator who records profiles."""

    def put(self, *users: str) -> None:
        self.run("tw-quser2usertest", "-", input="\n".join(map(written, users)) + "\n")

    def record(self, *options: object, check: int = 0) -> Ended:
        return self.run("tw-queue2usertest", *options, check=check)

    def waiting(self) -> dict[str, Any]:
        waiting: dict[str, Any] = json.loads(self.run("tw-showusertest", "--json").stdout)
        return waiting

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


@dataclass
class Recorded(Operator):
    """Three users of four are recorded in `shown`: one with tweets, one without, one suspended."""

    everybody: list[dict[str, Any]]

    @property
    def user(self) -> dict[str, Any]:
        """The one with tweets."""
        return self.everybody[0]


Who = TypeVar("Who", bound=Operator)


def beginning(
    who: type[Who], desk: Desk, new_sandbox: Callable[..., Sandbox], folder: Path, budget: int = 10_000
) -> Callable[..., Who]:
    """Start a sandbox with a scenario (TOML) and options, and sign in there as one of these."""

    def begin(scenario: str = "", *options: str | Path, **settings: Any) -> Who:
        file = folder / "scenario.toml"
        file.write_text(scenario)
        sandbox = new_sandbox("--scenario", file, *options)
        desk.configure(sandbox.url, **{"budget": budget, "maxcpu": 100, "maxmem": 100, **settings})
        return who(desk, sandbox)

    return begin

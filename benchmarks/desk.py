"""A home folder whose configuration leads to a sandbox, and programs that are run there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.client import sign_in

if TYPE_CHECKING:
    from netwar.archive.elastic.store import ElasticArchive
    from netwar.archive.sqlite.store import SqliteArchive

ROOT = Path(__file__).parents[1]
MERGES = 24  # five seconds apart
TICK = os.sysconf("SC_CLK_TCK")


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
    """A home folder whose configuration leads to a sandbox, and to Elasticsearch if it is given the address."""

    def __init__(self, home: Path, url: str, elasticsearch: str | None = None) -> None:
        self.home = home
        self.url = url
        sign_in(url, home / ".twitter")
        settings = (home / ".twitter").read_text().replace("budget = 100000", "budget = 1000000\nmaxcpu = 100\nmaxmem = 100")
        (home / ".twitter").write_text(settings + (f"elksg = {elasticsearch}\n" if elasticsearch else ""))

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a program; what it says is in the file `said`."""
        environment = os.environ | {"HOME": str(self.home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
        with open(self.home / "said", "wb") as said:
            return subprocess.Popen([sys.executable, ROOT / "bin" / words[0], *words[1:]], env=environment, stderr=said)

    def ask(self, path: str) -> Any:
        """What the sandbox tells at /sandbox/PATH."""
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}") as answer:
            return json.load(answer)

    def lines(self, path: str) -> list[str]:
        """The same, where it is lines of text."""
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}") as answer:
            return str(answer.read().decode()).split("\n")

    def post(self, path: str, body: object) -> None:
        """Change the sandbox's world."""
        request = urllib.request.Request(f"{self.url}/sandbox/{path}", json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request).close()

    def truth(self, user: str) -> set[int]:
        """Who follows a user."""
        return {int(line) for line in self.lines(f"truth/followers/{user}") if line}

    @property
    def file(self) -> Path:
        """The archive of profiles, where it is a file."""
        return self.home / "data" / "archive" / "usertest.sqlite"

    @contextmanager
    def archive(self) -> Iterator[ElasticArchive | SqliteArchive]:
        """The archive that the configuration names."""
        from netwar.archive.elastic.store import ElasticArchive
        from netwar.archive.sqlite.store import SqliteArchive
        from netwar.config import load
        from netwar.connections.elastic import connect

        settings, refused = load(self.home / ".twitter"), self.home / "data" / "dead-letters"
        opened = (
            ElasticArchive(connect(settings), refused, self.url) if settings.elksg else SqliteArchive(self.file.parent, refused)
        )
        with closing(opened) as archive:
            yield archive

    def bytes_of_archive(self) -> int:
        """What the archive takes: its file, or its indices."""
        with self.archive() as archive:
            if server := _in_server(archive):
                return sum(bytes_of(server, index) for index in ("usertest", "tcusertest"))
        return self.file.stat().st_size

    def bytes_of_notes(self) -> int:
        """What the notes of the ledger take; in Elasticsearch that is the whole ledger, once its segments are one."""
        with self.archive() as archive:
            if server := _in_server(archive):
                _merge(server, "tcusertest")
                return bytes_of(server, "tcusertest")
        with closing(sqlite3.connect(self.file, isolation_level=None)) as db:
            return int(db.execute("SELECT sum(length(key) + length(value)) FROM note").fetchone()[0])

    def spent(self) -> int:
        """Micro-dollars that the meter has booked."""
        with closing(sqlite3.connect(self.home / "data" / "meter.sqlite", isolation_level=None)) as db:
            return int(db.execute("SELECT sum(micro) FROM charges").fetchone()[0])


def _in_server(archive: ElasticArchive | SqliteArchive) -> ElasticArchive | None:
    from netwar.archive.elastic.store import ElasticArchive

    return archive if isinstance(archive, ElasticArchive) else None


def bytes_of(archive: ElasticArchive, index: str) -> int:
    """What an index in Elasticsearch takes on the disk, without replicas."""
    archive.cluster.ask("POST", f"/{index}/_refresh")  # lets what was written be counted
    told = archive.cluster.ask("GET", f"/{index}/_stats/store")["indices"][index]["primaries"]
    return int(told["store"]["size_in_bytes"])


def _merge(archive: ElasticArchive, index: str) -> None:
    """Make one segment of an index, without what was deleted: newer servers keep that for a minute."""
    for _ in range(MERGES):
        archive.cluster.ask("POST", f"/{index}/_forcemerge", params={"max_num_segments": 1, "flush": "true"}, seconds=600)
        told = archive.cluster.ask("GET", f"/{index}/_stats/docs")["indices"][index]["primaries"]["docs"]
        if not told["deleted"]:
            return
        time.sleep(5)


def processor(pid: int) -> float:
    """Seconds of processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK

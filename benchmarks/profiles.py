#!/usr/bin/env python3
"""How long it takes to record a hundred thousand profiles by four processes, and what a profile takes on disk.

    python -m benchmarks.profiles [--users 100000] [--processes 4]

A sandbox serves the profiles, without rate limits. They are queued as ids and names mixed, recorded, compared with the truth
and with the bill; then one in a hundred is renamed, and all are recorded once more.
"""

import argparse
import json
import sqlite3
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.desk import Desk, sandbox

WORLD = """
[world]
users = {users}
renamed = 0
taken = 0
[limits]
"/2/users" = 1_000_000_000
"/2/users/by" = 1_000_000_000
"""


def users(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/sandbox/truth/users") as answer:
        return [json.loads(line) for line in answer]


def queue(desk: Desk, everybody: list[dict[str, Any]], names: int) -> None:
    """Ids, and every so many of them a name."""
    file = desk.home / "users.txt"
    file.write_text(
        "".join(f"{user['id'] if number % names else '@' + user['name']}\n" for number, user in enumerate(everybody, 1))
    )
    assert desk.start("tw-quser2usertest", str(file)).wait() == 0


def record(desk: Desk, processes: int, *options: str) -> float:
    """All of the queue by several processes, each with a configuration of its own; seconds."""
    configuration = (desk.home / ".twitter").read_text()
    began = time.perf_counter()
    started = []
    for number in range(processes):
        path = desk.home / f"account{number}"
        path.touch(mode=0o600)
        path.write_text(configuration)
        started.append(desk.start("tw-queue2usertest", "--config", str(path), *options))
    assert [process.wait() for process in started] == [0] * processes, (desk.home / "said").read_text()
    return time.perf_counter() - began


def size(desk: Desk) -> int:
    with closing(sqlite3.connect(desk.file, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return desk.file.stat().st_size


def rename(desk: Desk, everybody: list[dict[str, Any]]) -> int:
    """One in a hundred bears another name now; how many."""
    some = [user for user in everybody if user["state"] == "active"][::100]
    for number, user in enumerate(some):
        body = json.dumps({"user": user["id"], "name": f"renamed_{number}"}).encode()
        urllib.request.urlopen(urllib.request.Request(f"{desk.url}/sandbox/state", body)).close()
    return len(some)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--processes", type=int, default=4)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder), WORLD.format(users=asked.users)) as url:
        desk = Desk(Path(folder), url)
        everybody = users(url)
        shown = {user["id"] for user in everybody if user["state"] in ("active", "protected")}
        queue(desk, everybody, 10)
        seconds = record(desk, asked.processes)
        bill = desk.ask("bill")
        returned, billed = bill["returned"]["user"], bill["billed"]["user"]
        with closing(sqlite3.connect(desk.file, isolation_level=None)) as db:
            kept = {str(id) for (id,) in db.execute("SELECT id FROM profile")}
        assert kept == shown, "none lost"
        assert returned == billed == len(shown), "none twice"
        print(f"{asked.users:,} users by {asked.processes} processes: {seconds:.0f} s, {asked.users / seconds:,.0f} a second")
        print(f"  {len(kept):,} profiles, each sent once; meter {desk.spent() / bill['micro']:.4f} of the bill")
        first = size(desk)
        print(f"  {first / len(kept):.0f} bytes a profile, full text, indexes and ledger included")
        renamed = rename(desk, everybody)
        queue(desk, everybody, len(everybody) + 1)
        seconds = record(desk, asked.processes, "--fresh", "0", "--again")
        with closing(sqlite3.connect(desk.file, isolation_level=None)) as db:
            past = db.execute("SELECT count(username), count(*), sum(length(fields)) FROM profile_past").fetchone()
        assert past[0] == renamed, "history has what changed, and nothing else"
        versions = f"{past[1]:,} versions of {past[2] / past[1]:.0f} bytes (some mention others by their names)"
        print(f"  once more, {renamed:,} of them renamed: {seconds:.0f} s; {versions}")
        print(f"  the file grew by {(size(desk) - first) / len(kept):.1f} bytes a profile")


if __name__ == "__main__":
    main()

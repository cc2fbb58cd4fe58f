#!/usr/bin/env python3
"""How long a list of a million followers takes, in how much memory, and how many bytes an edge its snapshots are.

    python -m benchmarks.follows [--followers 1000000] [--kills 0] [--ids-only] [--keep FOLDER] [--kinds es654,es953]

A sandbox serves the list, without rate limits. tw-follow2usertest reads it as an operator runs it, killed with -9 at random
moments as often as --kills says, and a second time, when nothing has changed. What is in the archive is compared with the
truth, and what X sent with what was needed. A follower that is stored costs what 100 bytes more or less of a profile cost;
the bytes an edge are those of the ledger's notes. With --kinds the archive is in these of the laboratory's servers
(`make servers`), one after the other, and the bytes an edge are those of the whole ledger after a merge.
"""

import argparse
import json
import random
import signal
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from benchmarks.desk import Desk, sandbox
from benchmarks.memory import peak
from tests.servers import start

WORLD = """
[world]
users = 2
suspended = 0
gone = 0
[[users]]
name = "famous"
followers = {followers}
[limits]
"/2/users/:id/followers" = 1_000_000_000
"/2/users/by" = 1_000_000_000
"""


def killed(desk: Desk, words: list[str], kills: int, pages: int, chance: random.Random) -> None:
    """Kill runs at random moments, so that the list is about read in the end."""
    for kill in range(kills):
        aim = pages * (kill + 1) // (kills + 1)
        process = desk.start(*words)
        while desk.ask("bill")["answers"] < aim and process.poll() is None:
            time.sleep(0.02)
        time.sleep(chance.random() * 0.3)
        process.kill()
        assert process.wait() == -signal.SIGKILL, (desk.home / "said").read_text()


def run(desk: Desk, words: list[str]) -> tuple[float, int]:
    """A run to its end: seconds, and the most memory (bytes)."""
    began = time.perf_counter()
    process = desk.start(*words)
    memory = peak(process)
    said = (desk.home / "said").read_text()
    assert process.returncode == 0, said
    print("   ", said.splitlines()[-1].partition(" ")[2])
    return time.perf_counter() - began, memory


def check(desk: Desk, user: str) -> None:
    """The newest snapshot is the truth."""
    from netwar.follows.snapshots import Snapshots

    with desk.archive() as archive:
        snapshots = Snapshots(archive, "usertest", "followers", user)
        truth = desk.truth(user)
        assert set(snapshots.members(snapshots.complete()[-1].number)) == truth
        recorded = archive.count("usertest")
    print(f"    the snapshot is the truth: {len(truth):,} followers; {recorded:,} profiles recorded")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--followers", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--ids-only", action="store_true")
    parser.add_argument("--keep", type=Path, help="home folder to use and leave; it must be empty")
    parser.add_argument("--kinds", help="servers to measure in place of a file")
    asked = parser.parse_args()
    for kind in asked.kinds.split(",") if asked.kinds else [None]:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            home = asked.keep or Path(folder)
            home.mkdir(exist_ok=True)
            elasticsearch = stack.enter_context(start(kind, quick=False, heap="1g")).url if kind else None
            url = stack.enter_context(sandbox(home, WORLD.format(followers=asked.followers)))
            print(kind or "SQLite")
            measure(Desk(home, url, elasticsearch), asked.followers, asked.kills, asked.ids_only, int(time.time()))


def measure(desk: Desk, followers: int, kills: int, ids_only: bool, seed: int) -> None:
    with urllib.request.urlopen(f"{desk.url}/sandbox/truth/users") as answer:
        user = json.loads(answer.readline())["id"]
    words = ["tw-follow2usertest", "famous", "--yes", *(["--ids-only"] if ids_only else [])]
    print(f"{followers:,} followers{', ids only' if ids_only else ''}, {kills} kills (seed {seed})")
    killed(desk, words, kills, followers // 1000, random.Random(seed))
    seconds, memory = run(desk, words)
    bill = desk.ask("bill")
    notes = desk.bytes_of_notes()
    rate = f", {followers / seconds:,.0f} a second" if not kills else ""
    print(f"  first snapshot: {seconds:.0f} s{rate}, {memory / 2**20:.0f} MiB, {notes / followers:.1f} bytes an edge")
    sent, billed, size = bill["returned"]["follower"], bill["billed"]["follower"], desk.bytes_of_archive()
    print(f"    X sent {sent:,}, billed {billed:,}; the archive has {size:,} bytes")
    check(desk, user)
    print(f"    meter {desk.spent() / bill['micro']:.4f} of the bill")
    assert bill["returned"]["follower"] <= bill["billed"]["follower"] + 1000 * kills
    seconds, memory = run(desk, words)
    more = desk.bytes_of_notes() - notes
    print(f"  unchanged second: {seconds:.0f} s, {memory / 2**20:.0f} MiB, {more / followers:.6f} bytes an edge")
    check(desk, user)


if __name__ == "__main__":
    main()

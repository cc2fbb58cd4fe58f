#!/usr/bin/env python3
"""Measure exports: each form beside a bare scan that dumps, and beside twarc2's flatten and sqlite-utils on the same tweets.

    python -m benchmarks.exports [--tweets 100000,1000000] [--rounds 3] [--kept FOLDER] [--forms=--raw --forms=flattened]

The archive has made-up tweets (tests/exports/made.py), so many of them and what they speak of. The bound, `bare`, is a program
that scans the same archive and writes orjson.dumps of each document. All are processes of their own, in turns; a rate is that of
the best round, with starting and ending. twarc2 and sqlite-utils stand in build/tools, which is made if need be; what they read
is at most 100,000 tweets. With --kept archives stay in FOLDER for the next run. Those beyond a million have its rows
again and again, under ids of their own.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.memory import peak
from netwar.archive.sqlite.store import SqliteArchive
from tests.exports.made import PAGE, Pages, fill

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "build" / "tools"
MOST_OF_OTHERS = 100_000
MADE = 1_000_000  # tweets that are made up and recorded; more are copies of their rows
SHIFT = 1 << 41  # between a tweet's id and its copy's: nine minutes
USERS = 50_000
BARE = """
import sys
from pathlib import Path
import orjson
from netwar.archive.sqlite.store import SqliteArchive
archive = SqliteArchive(Path(sys.argv[1]), Path(sys.argv[1]) / "dead-letters", looks=True)
with open(sys.argv[2], "wb") as file:
    for body in archive.scan("twmade"):
        file.write(orjson.dumps(body) + b"\\n")
archive.close()
"""
FORMS = {
    "--raw": ("out.jsonl", "--raw"),
    "flattened": ("out.jsonl",),
    "flattened, .zst": ("out.jsonl.zst",),
    "flattened, .gz": ("out.jsonl.gz",),
    "--ids": ("out.txt", "--ids"),
    "--csv": ("out.csv", "--csv"),
    "--csv of 4 fields": ("out.csv", "--csv", "--fields", "id,created_at,author_id,text"),
    "--parquet": ("out.parquet", "--parquet"),
}


@dataclass(slots=True)
class Figure:
    """What a program took for `count` tweets in its best round: seconds, those of the processor, and the most memory (MiB)."""

    count: int
    seconds: float = float("inf")
    processor: float = float("inf")
    memory: float = 0

    @property
    def rate(self) -> float:
        """Tweets a second."""
        return self.count / self.seconds

    def take(self, command: list[str | Path], environment: dict[str, str], folder: Path) -> None:
        """Run it once more."""
        began, before = time.monotonic(), _processor()
        with open(folder / "said", "wb") as said, open(folder / "printed", "wb") as printed:
            process = subprocess.Popen(command, env=environment, cwd=folder, stdout=printed, stderr=said)
        self.memory = max(self.memory, peak(process) / 2**20)
        if process.returncode:
            raise SystemExit(f"{command} ended {process.returncode}: {(folder / 'said').read_text()[-500:]}")
        self.seconds = min(self.seconds, time.monotonic() - began)
        self.processor = min(self.processor, _processor() - before)


def _processor() -> float:
    """Seconds of the processor that processes took which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Desk:
    """A home folder with an archive of `tweets` tweets, or as many as are there already."""

    def __init__(self, home: Path, tweets: int) -> None:
        self.home, self.tweets = home, tweets
        self.archive = home / ".local" / "share" / "netwar" / "archive"
        self.environment = os.environ | {"HOME": str(home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
        self.made = Pages(1, USERS)
        (home / ".twitter").touch(mode=0o600)
        with closing(SqliteArchive(self.archive, home / "dead-letters")) as archive:
            if archive.count("twmade") < min(tweets, MADE):
                fill(archive, self.made, -(-min(tweets, MADE) // PAGE))
        if tweets > MADE:
            _multiply(self.archive / "made.sqlite", tweets)

    def ours(self, *words: str) -> list[str | Path]:
        return [sys.executable, ROOT / "bin" / "tw-dumptweets", "made", *words, "-q"]

    def pages(self, tweets: int) -> Path:
        """The answers of X that so many of the tweets came in, for other tools."""
        path = self.home / f"pages-{tweets}.jsonl"
        if not path.exists():
            with open(path, "wb") as file:
                for number in range(tweets // PAGE):
                    file.write(orjson.dumps(self.made.page(number)) + b"\n")
        return path


def _multiply(path: Path, tweets: int) -> None:
    """Copy rows, and what their documents say, until there are so many."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        columns = [name for _, name, *_ in file.execute("PRAGMA table_info(tweet)") if name not in ("key", "id")]
        named, last = ", ".join(columns), file.execute("SELECT max(key) FROM tweet").fetchone()[0]
        copies = 0
        while (lacking := tweets - file.execute("SELECT count(*) FROM tweet").fetchone()[0]) > 0:
            copies += 1
            file.execute(
                f"INSERT OR IGNORE INTO tweet (id, {named}) SELECT id + ?, {named} FROM tweet WHERE key <= ? LIMIT ?",
                (copies * SHIFT, last, lacking),
            )


def measure(desk: Desk, rounds: int, forms: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    """Bare and our own in turns, then, where all forms are wanted, the tools of others."""
    figures = {name: Figure(desk.tweets) for name in ("bare", *(forms or FORMS))}
    for _ in range(rounds):
        figures["bare"].take([sys.executable, "-c", BARE, desk.archive, "bare.jsonl"], desk.environment, desk.home)
        for name in forms or FORMS:
            figures[name].take(desk.ours(*FORMS[name]), desk.environment, desk.home)
    yield from figures.items()
    if forms:
        return
    few = min(desk.tweets, MOST_OF_OTHERS)
    others: dict[str, tuple[int, Callable[[], list[str | Path]]]] = {
        "twarc2 flatten": (few, lambda: [TOOLS / "bin" / "twarc2", "flatten", desk.pages(few), "flat.jsonl"]),
        "sqlite-utils rows": (desk.tweets, lambda: [TOOLS / "bin" / "sqlite-utils", "rows", "--nl", _copy(desk), "tweets"]),
    }
    for name, (count, command) in others.items():
        figure = Figure(count)
        figure.take(command(), desk.environment | {"BEARER_TOKEN": "none"}, desk.home)
        yield name, figure


def _copy(desk: Desk) -> Path:
    return desk.archive / "made.sqlite"


@contextmanager
def _folder(kept: str | None, tweets: int) -> Iterator[Path]:
    if kept:
        (folder := Path(kept).resolve() / str(tweets)).mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main() -> None:
    """All sizes, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tweets", default="20000", help="sizes, with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kept", help="where archives stay")
    parser.add_argument("--forms", action="append", choices=FORMS, default=[], help="only these; say --forms=--raw")
    given = parser.parse_args()
    subprocess.run(["make", "--quiet", "tools"], cwd=ROOT, check=True)
    print("| tweets | | tweets/s | of bare | of processor time | memory |\n|---|---|---|---|---|---|")
    for tweets in map(int, given.tweets.split(",")):
        with _folder(given.kept, tweets) as folder:
            bare: Figure | None = None
            for name, one in measure(Desk(folder, tweets), given.rounds, given.forms):
                bare = bare or one
                ratios = one.rate / bare.rate, one.count / one.processor / (bare.count / bare.processor)
                cells = (f"{tweets:,}", name, f"{one.rate:,.0f}", *(f"{ratio:.2f}" for ratio in ratios), f"{one.memory:.0f} MiB")
                print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()

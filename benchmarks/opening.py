#!/usr/bin/env python3
"""How long a database takes to be opened: by the library alone, where only its owner may write, and where a group may.

    python -m benchmarks.opening [--rounds 9] [--times 300]

In turns, in one process, so that a busy machine slows all of them alike; the ratio is what to look at. In a folder of a group a
reader of ours is in the database first, and what stands beside it is looked at by another thread.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

SCHEMA = ["CREATE TABLE t (x);"]


def bare(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA user_version").fetchone()


def ours(path: Path) -> None:
    from netwar.connections.sqlite import connect

    connect(path, SCHEMA).close()


def made(folder: Path, mode: int) -> Path:
    """A database in a folder of its own."""
    folder.mkdir()
    folder.chmod(mode)
    ours(folder / "x.sqlite")
    return folder / "x.sqlite"


def processor_microseconds(opened: Callable[[Path], None], path: Path, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        opened(path)
    return (time.process_time() - began) / times * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--times", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        own, shared = made(Path(name) / "own", 0o700), made(Path(name) / "shared", 0o770)
        cases = {"the library alone": (bare, own), "in a folder of one's own": (ours, own), "in a group's": (ours, shared)}
        taken: dict[str, list[float]] = {what: [] for what in cases}
        for _ in range(given.rounds):
            for what, (opened, path) in cases.items():
                taken[what].append(processor_microseconds(opened, path, given.times))
    base = statistics.median(taken["the library alone"])
    for what, figures in taken.items():
        median = statistics.median(figures)
        print(f"{what:<26}{median:>7.0f} µs of the processor  {median / base:>5.1f} x the library alone")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How long tw-status takes where much is going on: 64 accounts, a million users on queues, ten million tweets.

    python -m benchmarks.status [--accounts 64] [--users 1000000] [--tweets 10000000] [--redis PORT] [--rounds 5]

Tweets are rows without words or documents, written by one statement: tw-status looks at none of them, and the file has its size
all the same. Each account has a run at work, one that ended, and rate windows; the users of the ledger are a tenth of those who
wait. tw-status is run as an operator runs it, each time in a process of its own: first when coverage must be counted anew, then
within the minute. Beside it stands a program that only starts (tw-help), in turns: a busy machine slows both, their
processor time least.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOW = 1_795_000_000_000
INDEX = "twbench"
TWEETS = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO tweet (id, user, created, version, document)
    SELECT (1640000000000 + n * 1000 - 1288834974657) << 22, n % 50000, 1640000000 + n, 1, x'00' FROM numbers
"""
LEDGER = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
    INSERT INTO ledger SELECT 'twbench', CAST(n AS TEXT), 'user_' || n, 'complete', NULL, ? - n * 100, 0, NULL,
        CASE n % 100 WHEN 0 THEN '[[7,9,1]]' ELSE '[[0,1795000000000000000,200]]' END, '[]', '[]' FROM numbers
"""


def fill(data: Path, accounts: int, users: int, tweets: int, settings: dict[str, str]) -> None:
    """Make what there is to look at."""
    from netwar.archive.sqlite.store import SqliteArchive

    archive = SqliteArchive(data / "archive", data / "dead-letters")
    archive.touch([INDEX])
    archive.close()
    with closing(sqlite3.connect(data / "archive/bench.sqlite")) as db:
        db.execute("PRAGMA synchronous = OFF")
        for statement, values in ((TWEETS, (tweets,)), (LEDGER, (max(users // 10, 1), NOW))):
            db.execute(statement, values)
            db.commit()
    _fill_stores(data, accounts, users, settings)


def _fill_stores(data: Path, accounts: int, users: int, settings: dict[str, str]) -> None:
    from netwar.board.base import Board, RunState
    from netwar.board.redis import RedisBoard
    from netwar.board.sqlite import SqliteBoard
    from netwar.config import Settings
    from netwar.connections.redis import connect
    from netwar.connections.runs import Run
    from netwar.meter.base import Windows
    from netwar.meter.redis import RedisWindows
    from netwar.meter.sqlite import SqliteWindows
    from netwar.queues.base import Queue
    from netwar.queues.redis import RedisQueue
    from netwar.queues.sqlite import SqliteQueue

    run = Run(data / "runs")
    board: Board
    windows: Windows
    queue: Queue
    if settings:
        server = connect(Settings(redishost="127.0.0.1", redisport=int(settings["redisport"])))
        board, windows, queue = RedisBoard(server), RedisWindows(server), RedisQueue(server, "work", run)
    else:
        board, windows = SqliteBoard(data / "board.sqlite"), SqliteWindows(data / "meter.sqlite")
        queue = SqliteQueue(data / "queues.sqlite", "work", run)
    queue.put(map(str, range(10**9, 10**9 + users)))
    for number in range(accounts):
        state = RunState(
            f"{number}",
            f"host{number % 4}",
            "tw-idu3elk",
            f"c{number}",
            config=f"/a/{number}.conf",
            account=f"account_{number}",
            app="app",
            tokens={"account": f"t{number}"},
            subject="work",
        )
        board.say(state)
        board.say(replace(state, id=f"e{number}", program="tw-queue2usertest", status=0))
        for endpoint in ("users/:id/tweets", "users"):
            windows.update(f"t{number}", endpoint, limit=900, remaining=number, reset=time.time() + 600)


Taken = tuple[float, float]


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(command: list[str], environment: dict[str, str]) -> Taken:
    """How long a process takes: by the clock, and of the processor."""
    began, used = time.perf_counter(), _processor()
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return time.perf_counter() - began, _processor() - used


def rounds(home: Path, number: int) -> Iterator[tuple[str, Taken]]:
    """Each way to look, in turns."""
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NETWAR_SYSTEM_CONF": os.devnull}
    status, start = ([sys.executable, str(ROOT / "bin" / name)] for name in ("tw-status", "tw-help"))
    for _ in range(number):
        yield "a program starts", seconds(start, environment)
        _forget_coverage(home)
        yield "tw-status, coverage counted anew", seconds(status, environment)
        yield "tw-status", seconds(status, environment)
        yield "tw-status --json", seconds([*status, "--json"], environment)


def _forget_coverage(home: Path) -> None:
    path = home / "data/board.sqlite"
    if path.exists():
        with closing(sqlite3.connect(path)) as db:
            db.execute("DELETE FROM notes")
            db.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("accounts", 64), ("users", 1_000_000), ("tweets", 10_000_000), ("rounds", 5), ("redis", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        home, settings = Path(folder), {"redishost": "127.0.0.1", "redisport": str(wish.redis)} if wish.redis else {}
        (home / "data").mkdir()
        lines = [f"{key} = {value}" for key, value in {"data": home / "data", **settings}.items()]
        (home / ".twitter").write_text("[API]\nconsumer_key = bench\n[STREAM]\n" + "\n".join(lines) + "\n")
        (home / ".twitter").chmod(0o600)
        fill(home / "data", wish.accounts, wish.users, wish.tweets, settings)
        size = (home / "data/archive/bench.sqlite").stat().st_size
        taken: dict[str, list[Taken]] = {}
        for name, figure in rounds(home, wish.rounds):
            taken.setdefault(name, []).append(figure)
    print(f"{wish.accounts} accounts, {wish.users:,} users, {wish.tweets:,} tweets ({size / 1e9:.1f} GB)")
    print(f"load {os.getloadavg()[0]:.0f}")
    print(f"{'what':<34}{'ms':>8}{'x start':>9}{'of processor':>14}{'x start':>9}")
    middles = {name: [statistics.median(each) for each in zip(*figures, strict=True)] for name, figures in taken.items()}
    clock, processor = middles["a program starts"]
    for name, (by_clock, of_it) in middles.items():
        print(f"{name:<34}{by_clock * 1000:>8.0f}{by_clock / clock:>9.1f}{of_it * 1000:>14.0f}{of_it / processor:>9.1f}")


if __name__ == "__main__":
    main()

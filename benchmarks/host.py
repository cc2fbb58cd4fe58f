#!/usr/bin/env python3
"""A recorder's host in small: many accounts in bulk, and many captures by stream, at once, under supervisord.

    python -m benchmarks.host [--minutes 15] [--accounts 64] [--captures 16] [--rate 250] [--window 900]

A sandbox gives each account 90 requests for timelines in 15 minutes (as many in shorter windows), and sends posts for the
captures. The units are those of tw-supervise; queue, meter and captures are in the shipped Redis, the archive in Elasticsearch.
Measured by the sandbox's log: the part of each account's windows that was used, and refusals (429); by /proc: what each service
takes. Then what is recorded is compared with the truth: every post that was sent is in each of its captures and in no other, and
every tweet is there that coverage claims. Exit status 1 if less than 95 % of a window were used, or anything was refused.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psutil

from benchmarks.desk import Desk, sandbox
from benchmarks.shares import Shares
from benchmarks.streams import Streams
from benchmarks.windows import Windows
from netwar.config import write
from tests.desk import BIN, ROOT, sign_in
from tests.operations import supervisord
from tests.operator import ALL_OPEN
from tests.shipped_redis import ShippedRedis, shipped_redis

REQUESTS, QUARTER = 90, 900  # of an account, in so many seconds
PAGES, PAGE = 32, 100  # of a user's timeline: all that X serves
LEAST = 0.95  # of a window
LOOK = 10.0  # seconds
INDEX = "brexit"
HEAP = "2g"
WORLD = f"""
[world]
users = {{users}}
{ALL_OPEN}silent = 0
[limits]
window = {{window}}
"/2/users/:id/tweets" = {{requests}}
"""
SIZED = f"""[[users]]
index = {{index}}
posts = {PAGES * PAGE}
"""


class Host:
    """A desk with a folder of accounts and captures, all of which supervisord keeps running."""

    def __init__(self, desk: Desk, redis: ShippedRedis, elastic: str, given: argparse.Namespace) -> None:
        self.desk = desk
        self.folder = desk.home / "accounts"
        self.folder.mkdir()
        self.stores = {**redis.settings(), "elksg": elastic, "data": desk.home / "data"}
        self.users = [json.loads(line) for line in desk.lines(f"truth/users?first={users_of(given)}") if line]
        self._sign_in(given.accounts)
        self.streams = Streams(desk, given.captures)
        self.streams.register(self.folder)

    def _sign_in(self, accounts: int) -> None:
        """A configuration for each account; the desk's own is that of the first one."""
        for number, user in enumerate(self.users[:accounts]):
            keys = sign_in(self.desk.url, user["name"]) | {"api": self.desk.url, "auth": "user"}
            keys |= {"budget": "100000000", "maxcpu": "100", "maxmem": "100"}
            kept = {("STREAM", key): str(value) for key, value in {**self.stores, "index": INDEX}.items()}
            write(self.folder / f"account{number:02}.conf", {("API", key): value for key, value in keys.items()} | kept)
        (self.desk.home / ".twitter").write_bytes((self.folder / "account00.conf").read_bytes())

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"HOME": str(self.desk.home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}

    def queue(self) -> None:
        (self.desk.home / "users").write_text("\n".join(user["id"] for user in self.users))
        assert self.desk.start("tw-quser2work", str(self.desk.home / "users"), "-q").wait() == 0

    @contextmanager
    def kept(self) -> Iterator[supervisord.Supervisord]:
        """All of them under supervisord, by the units that tw-supervise prints."""
        words = (BIN / "tw-supervise", self.folder, "-q", "--log", self.desk.home)
        command = [sys.executable, *map(str, words)]
        units = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout
        with supervisord.running(self.desk.home, units, self.environment) as running:
            yield running

    def holder(self) -> int:
        """The process that holds the stream."""
        from netwar.cli.services import Services

        with closing(Services("bench", self.desk.home / ".twitter")) as services:
            services.looks = True
            found = services.captures.holder()
        assert found, (self.desk.home / "tw-stream-capture00.log").read_text()
        return int(found.pid)

    def claimed(self) -> tuple[int, int, int]:
        """How many users were begun; how many of their tweets coverage claims; how many of these are not there."""
        with self.desk.archive() as archive:
            records = archive.records_of(f"tw{INDEX}", [user["id"] for user in self.users])
            claimed = missing = 0
            for user, record in records.items():
                truth = [line for line in self.desk.lines(f"truth/tweets/{user}") if line]
                ids = [id for id in truth if any(span.low <= int(id) <= span.high for span in record.spans)]
                claimed += len(ids)
                missing += len(archive.missing(f"tw{INDEX}", "id", ids)) if ids else 0
        return len(records), claimed, missing


def requests_of(given: argparse.Namespace) -> int:
    """In one window."""
    return int(REQUESTS * given.window / QUARTER)


def users_of(given: argparse.Namespace) -> int:
    """So many that nobody runs out of work: two windows more than there are, and one user at a time each."""
    windows = given.minutes * 60 / given.window + 2
    return int(given.accounts * (windows * requests_of(given) / PAGES + 1)) + 1


def world(given: argparse.Namespace) -> str:
    users = users_of(given)
    sized = "".join(SIZED.format(index=index) for index in range(users))
    return WORLD.format(users=users, window=given.window, requests=requests_of(given)) + sized


def measured(host: Host, given: argparse.Namespace, servers: dict[str, int]) -> bool:
    """Let all of it run; print what it came to. Whether that is good enough."""
    windows = Windows(host.desk, given.window, requests_of(given))
    with host.kept() as keeper:
        host.streams.await_connection()
        host.streams.warm_up()  # without accounts yet: their queue is empty
        host.queue()
        shares = Shares(servers, keeper.process.pid, host.holder())
        shares.begin()
        host.desk.post("stream", {"rate": given.rate})
        until = _watched(windows, shares, given)
        lag, behind = host.streams.live()
        table = shares.table()
        host.desk.post("stream", {"rate": 0})
        host.streams.settle()
    print(f"{given.accounts} accounts, {given.captures} captures at {given.rate:.0f} posts/s, {given.minutes:g} minutes\n")
    print(f"{table}\n\nload {os.getloadavg()[0]:.0f}; posts {lag / 1000:.1f} s late (p99), {behind >> 20} MiB of them waited")
    full = [len(one) / windows.limit for mine in windows.of_accounts() for one in mine if one[0] + given.window <= until]
    least = min(full, default=0.0)
    print(f"{len(full)} full windows: used {least:.1%} at least, {sum(full) / max(len(full), 1):.1%} on average")
    print(f"{len(windows.asked):,} requests for timelines; {len(windows.refused)} answers 429", flush=True)
    print(f"every one of {host.streams.check():,} posts is in its captures", flush=True)
    users, claimed, missing = host.claimed()
    print(f"{claimed:,} tweets of {users} users are claimed, {missing} of them are not there")
    return least >= LEAST and not windows.refused and not missing


def _watched(windows: Windows, shares: Shares, given: argparse.Namespace) -> float:
    """Wait until so many minutes have passed since the last account has begun; when that was, in seconds since 1970."""
    begun, until = 0, float("inf")
    while time.time() < until:
        time.sleep(LOOK)
        windows.learn()
        shares.look()
        firsts = [mine[0][0] for mine in windows.of_accounts()]
        if len(firsts) > begun:
            begun, until = len(firsts), max(firsts) + given.minutes * 60 + 1
    return until


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--accounts", type=int, default=64)
    parser.add_argument("--captures", type=int, default=16)
    parser.add_argument("--rate", type=float, default=250, help="posts a second")
    parser.add_argument("--window", type=int, default=QUARTER, help="seconds of a rate window")
    parser.add_argument("--kind", default="es953", help="which Elasticsearch of `make servers`")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    from tests.servers import start

    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(shipped_redis())
        elastic = stack.enter_context(start(given.kind, quick=False, heap=HEAP))
        url = stack.enter_context(sandbox(home, world(given)))
        [box] = [child.pid for child in psutil.Process().children() if any("tw-sandbox" in word for word in child.cmdline())]
        assert elastic.pid
        servers = {"Redis": redis.server.process.pid, "Elasticsearch": elastic.pid, "sandbox (X)": box}
        host = Host(Desk(home, url, elastic.url), redis, elastic.url, given)
        sys.exit(not measured(host, given, servers))


if __name__ == "__main__":
    main()

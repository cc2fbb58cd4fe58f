#!/usr/bin/env python3
"""Many observers on one host: how much of its rate windows each uses, and what a process takes.

    python -m benchmarks.observers [--observers 64] [--members 20] [--requests 90] [--window 900] [--stores files|redis]

A sandbox serves a list of each observer, whose members have two rate windows' worth of posts. One tw-tracklists --wait runs for
each, all of them on one queue, meter and archive. Measured by the sandbox's log: the part of each observer's window that was
used, but for the last, and how long after its end the next one was begun; answers 429; peak memory of each process. At the end
the archive is compared with the truth.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

from benchmarks.desk import Desk, sandbox
from benchmarks.windows import Windows
from netwar.config import write
from tests.desk import sign_in
from tests.operator import ALL_OPEN
from tests.shipped_redis import shipped_redis

ROOT = Path(__file__).parents[1]
PAGE = 100  # posts on a page of a timeline
WORLD = """
[world]
users = {users}
observers = {observers}
lists = 1
members = {members}
silent = 0
{open}
[limits]
window = {window}
"/2/users/:id/tweets" = {requests}
"""
SIZED = """[[users]]
index = {index}
posts = {posts}
"""


class Observers:
    """So many accounts at a desk, each with a configuration and a running tw-tracklists of its own."""

    def __init__(self, desk: Desk, given: argparse.Namespace) -> None:
        self.desk = desk
        self.count = given.observers
        self.windows = Windows(desk, given.window, given.requests)

    def configure(self, settings: dict[str, object]) -> None:
        """A configuration for each account."""
        for number in range(self.count):
            name = "observer" if number == 0 else f"observer{number + 1}"
            keys = sign_in(self.desk.url, name) | {"api": self.desk.url, "auth": "user", "budget": "1000000"}
            keys |= {"maxcpu": "100", "maxmem": "100"}
            kept = {"data": self.desk.home / "data", **settings}
            known = {("API", key): value for key, value in keys.items()}
            write(self._path(number), known | {("STREAM", key): str(value) for key, value in kept.items()})

    @contextmanager
    def running(self) -> Iterator[list[subprocess.Popen[bytes]]]:
        """All of them at work."""
        environment = os.environ | {"HOME": str(self.desk.home), "NETWAR_SYSTEM_CONF": os.devnull, "PYTHONPATH": str(ROOT)}
        program = [sys.executable, str(ROOT / "bin" / "tw-tracklists"), "brexit", "--wait", "--config"]
        processes = []
        try:
            for number in range(self.count):
                with open(self.desk.home / f"said{number}", "wb") as said:
                    processes.append(subprocess.Popen([*program, str(self._path(number))], env=environment, stderr=said))
            yield processes
        finally:
            for process in processes:
                process.terminate()

    def is_done(self, processes: list[subprocess.Popen[bytes]], members: int) -> bool:
        """Whether everybody is recorded completely."""
        for number, process in enumerate(processes):
            assert process.poll() is None, (self.desk.home / f"said{number}").read_text()
        with self.desk.archive() as archive:
            return sum(1 for record in archive.records("twbrexit") if record.outcome == "complete") >= members

    def used(self) -> tuple[list[float], list[float]]:
        """The part of each full window that was used, and the seconds from a window's end to the next one's first request."""
        found = list(self.windows.of_accounts())
        parts = [len(window) / self.windows.limit for windows in found for window in windows[:-1]]
        ends = [(before[0] + self.windows.seconds, after[0]) for windows in found for before, after in pairwise(windows)]
        return parts, [begun - end for end, begun in ends]

    def _path(self, number: int) -> Path:
        return self.desk.home / f"observer{number}.conf"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--observers", type=int, default=64)
    parser.add_argument("--members", type=int, default=20)
    parser.add_argument("--requests", type=int, default=90)
    parser.add_argument("--window", type=int, default=900)
    parser.add_argument("--stores", choices=("files", "redis"), default="files")
    given = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        observers = Observers(Desk(home, stack.enter_context(sandbox(home, world(given)))), given)
        observers.configure(stack.enter_context(shipped_redis()).settings() if given.stores == "redis" else {})
        measure(observers, given.observers * given.members)


def world(given: argparse.Namespace) -> str:
    """Members who have two windows' worth of pages."""
    everybody = given.observers * (given.members + 1)
    posts = 2 * given.requests // given.members * PAGE
    sized = "".join(SIZED.format(index=index, posts=posts) for index in range(given.observers, everybody))
    return WORLD.format(users=everybody, open=ALL_OPEN, **vars(given)) + sized


def measure(observers: Observers, members: int) -> None:
    """Until everybody is recorded."""
    began = time.monotonic()
    with observers.running() as processes:
        while not observers.is_done(processes, members):
            time.sleep(10)
            observers.windows.learn()
    used = [os.wait4(process.pid, 0)[2] for process in processes]
    peaks = [one.ru_maxrss / 1024 for one in used]
    observers.windows.learn()
    (parts, late), asked, refused = observers.used(), len(observers.windows.asked), len(observers.windows.refused)
    print(f"{observers.count} observers, {members} members: {time.monotonic() - began:.0f} s, {asked} timelines")
    print(f"used of a window: {min(parts):.1%} at least, {sum(parts) / len(parts):.1%} on average; {refused} answers 429")
    print(f"the next window is begun {sum(late) / len(late):.1f} s late on average, {max(late):.1f} s at most")
    processor = sum(one.ru_utime + one.ru_stime for one in used) / asked
    print(f"processor time of the programs: {processor * 1000:.0f} ms a timeline")
    print(f"memory: {max(peaks):.0f} MiB at most, {sum(peaks) / len(peaks):.0f} MiB on average")
    compare(observers.desk)


def compare(desk: Desk) -> None:
    """Every post of every member is in the archive."""
    with urllib.request.urlopen(f"{desk.url}/sandbox/truth/users?first=5000") as answer:
        users = [json.loads(line)["id"] for line in answer.read().decode().splitlines()]
    with desk.archive() as archive:
        listed = [user for user in users if archive.record("twbrexit", user).outcome]
        missing = sum(
            len(archive.missing("twbrexit", "id", [line for line in desk.lines(f"truth/tweets/{user}") if line]))
            for user in listed
        )
    print(f"{len(listed)} members compared with the truth: {missing} posts are missing")


if __name__ == "__main__":
    main()

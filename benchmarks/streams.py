#!/usr/bin/env python3
"""What 16 captures on one connection take at X's highest rate, and the highest rate that is held.

    python -m benchmarks.streams [--seconds 600] [--rate 250] [--rates 500,1000,1500,2000] [--elasticsearch URL] [--twarc PYTHON]

A sandbox sends posts of 2,000 users, whom 16 captures follow, 3 in 10 posts for two of them. One tw-stream holds. Then every
post that was sent is looked for in each of its captures, and nowhere else. The bound is what any recorder has to do: the same
documents into an archive, in the same batches, without a stream. Trust the ratio before the rates.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import twarc
from benchmarks.desk import Desk, processor, sandbox
from netwar.captures.base import Live
from tests.desk import sign_in

CAPTURES, VOICES = 16, 2000
WORLD = ""
SETTLE = 35.0  # seconds until the rules surely work
MINUTE = 60.0  # whose lag is told
XS_OWN = 260  # posts a second: X sends 250 at most
LAG, LAG_BEYOND, BEHIND = 3_000, 5_000, 4 << 20  # ms up to X's own rate and beyond it, bytes: a rate is held within these


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a while at one rate: posts a second, share of a processor, bytes of memory at the most, ms of lag, bytes that wait."""

    rate: float
    share: float
    peak: int
    lag: int
    behind: int

    @property
    def held(self) -> bool:
        return self.lag <= (LAG if self.rate <= XS_OWN else LAG_BEYOND) and self.behind <= BEHIND

    def row(self, bound: float) -> str:
        each = self.share / self.rate * 1e6 if self.rate else 0.0
        ratio = f"{each / bound:.2f}" if bound else ""
        told = (f"{self.rate:,.0f}", f"{self.share:.1%}", f"{each:,.0f}", ratio, self.peak >> 20, f"{self.lag / 1000:.1f}")
        return f"| {' | '.join(map(str, told))} | {'yes' if self.held else 'no'} |"


class Streams:
    """An operator of so many captures, with what each of them looks for."""

    def __init__(self, desk: Desk, captures: int = CAPTURES) -> None:
        self.desk = desk
        desk.post("stream", {"rate": VOICES})
        time.sleep(2)  # once round all who post
        desk.post("stream", {"rate": 0})
        made = [json.loads(line) for line in desk.lines("truth/stream?all=1") if line]
        users = sorted({one["author"] for one in made if not one["author"].endswith("000")})  # no spreadsheet has rounded these
        own = len(users) // captures
        self.lists = {
            f"capture{number:02}": {
                *users[number * own : (number + 1) * own],
                *users[(number + 1) * own % len(users) :][: own * 3 // 10],
            }
            for number in range(captures)
        }

    def register(self, folder: Path | None = None) -> None:
        """Let each capture be known, with its lines in a file."""
        for index, users in self.lists.items():
            (file := (folder or self.desk.home) / f"{index}.txt").write_text("\n".join(sorted(users)))
            assert self.desk.start("tw-stream", index, str(file), "--detach").wait() == 0

    @contextmanager
    def held(self) -> Iterator[subprocess.Popen[bytes]]:
        process = self.desk.start("tw-stream", "capture00")
        try:
            self.await_connection()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)

    def warm_up(self) -> None:
        """Let the archive make what each capture needs (three indices of a server take seconds), and the lag of that be old."""
        self.desk.post("stream", {"rate": 100})
        time.sleep(5)
        self.desk.post("stream", {"rate": 0})
        self.settle()
        time.sleep(MINUTE)

    def settle(self) -> None:
        """Wait until all that came is in the archive."""
        time.sleep(5)
        while self.live()[1]:
            time.sleep(1)

    def measure(self, process: subprocess.Popen[bytes], rate: float, seconds: float) -> Figures:
        self.desk.post("stream", {"rate": rate})
        time.sleep(3)
        before, sent, began = processor(process.pid), self.sent(), time.monotonic()
        time.sleep(seconds)
        took = time.monotonic() - began
        share, came = (processor(process.pid) - before) / took, (self.sent() - sent) / took
        lag, behind = self.live()
        return Figures(came, share, _peak(process.pid), lag, behind)

    def sent(self) -> int:
        return sum(int(one["posts"]) for one in self.desk.ask("truth/stream/connections"))

    def await_connection(self) -> None:
        """Wait until the connection stands, and all rules surely work."""
        while not self._live().connected:
            time.sleep(1)
        time.sleep(SETTLE)

    def live(self) -> tuple[int, int]:
        """How late posts are (ms, 99th percentile), and bytes that wait."""
        found = self._live()
        return found.lag, found.behind

    def _live(self) -> Live:
        from netwar.cli.services import Services

        with closing(Services("bench", self.desk.home / ".twitter")) as services:
            services.looks = True
            return services.captures.live()

    def check(self) -> int:
        """Every post that was sent is in each of its captures, and in no other; how many there were."""
        sent = {json.loads(line)["id"] for line in self.desk.lines("truth/stream/flushed") if line}
        authors = {
            one["id"]: one["author"] for line in self.desk.lines("truth/stream?all=1") if line and (one := json.loads(line))
        }
        with self.desk.archive() as archive:
            for index, users in self.lists.items():
                wanted = {id for id in sent if authors[id] in users}
                kept = {post["id"] for post in archive.scan(f"tw{index}") if post["netwar"]["via"] == "stream"}
                assert kept == wanted, f"{index}: {len(wanted - kept)} are missing, {len(kept - wanted)} do not belong there"
        return len(sent)

    def bound(self, rate: float) -> float:
        """Microseconds of processor time a post to write the documents that were recorded, a second of them at once."""
        from netwar.archive.sqlite.store import SqliteArchive
        from netwar.records.documents import Document

        some = int(rate) // CAPTURES
        with self.desk.archive() as archive, closing(SqliteArchive(self.desk.home / "bound", self.desk.home / "none")) as other:
            found = {index: [*_first(archive.scan(f"tw{index}"), 20 * some)] for index in self.lists}
            began = time.process_time()
            posts = set()
            for first in range(0, 20 * some, some):
                batch = [
                    Document(f"tw{index}", str(body["id"]), body, True, 1)
                    for index, all_ in found.items()
                    for body in all_[first : first + some]
                ]
                posts |= {document.id for document in batch}
                other.write(batch)
            return (time.process_time() - began) / max(len(posts), 1) * 1e6


def _first(bodies: Iterator[dict[str, object]], count: int) -> Iterator[dict[str, object]]:
    for _, body in zip(range(count), bodies, strict=False):
        yield body


def _peak(pid: int) -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=250)
    parser.add_argument("--rates", default="500,1000,1500,2000")
    parser.add_argument("--elasticsearch", default=None)
    parser.add_argument("--twarc", metavar="PYTHON", help="a Python that has twarc, to be measured beside it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sandbox(Path(folder), WORLD) as url:
        streams = Streams(Desk(Path(folder), url, given.elasticsearch))
        text = (Path(folder) / ".twitter").read_text().replace("budget = 1000000", "budget = 100000000")
        token = sign_in(url)["bearer_token"]
        (Path(folder) / ".twitter").write_text(text.replace("[API]\n", f"[API]\nbearer_token = {token}\n", 1))
        streams.register()
        found: list[Figures] = []
        with streams.held() as process:
            streams.warm_up()
            found.append(streams.measure(process, given.rate, given.seconds))
            for rate in filter(None, given.rates.split(",")):
                found.append(streams.measure(process, float(rate), min(given.seconds, 30)))
                if not found[-1].held:
                    break
            streams.desk.post("stream", {"rate": 0})
            streams.settle()
        bound = streams.bound(given.rate)
        print("| posts/s | of a processor | µs a post | to the bound | MiB at most | lag p99, s | held |")
        print("|---|---|---|---|---|---|---|")
        print("\n".join(one.row(bound) for one in found))
        print(f"load {os.getloadavg()[0]:.0f}; bound {bound:.0f} µs a post; {(Path(folder) / 'said').read_text()}")
        print(f"every one of {streams.check():,} posts is in its captures")
        print(twarc.beside(streams, given.twarc, token, given.rate, min(given.seconds, 30)) if given.twarc else "without twarc")


if __name__ == "__main__":
    main()

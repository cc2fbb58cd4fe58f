"""Captures whose holder is killed again and again while everything goes wrong on the stream, an hour in some minutes.

python -m tests.streams.killed --kills 100

What must hold: whatever was made while a capture was valid, and matches its lines, is recorded or lies in a gap that tw-gaps
lists; nothing is recorded where it does not belong; no gap is longer than what was interrupted needs; X never sees more than 50
connects in 15 minutes; the meter has booked what the bill has, but for what nobody had read when a connection was cut.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.desk import BIN, Desk, running_sandbox
from tests.operator import Operator
from tests.randomly import SEED

HURRIED = Path(__file__).with_name("hurried.py")
WINDOW, CONNECTS = 900_000, 50
SLACK = 65_000  # ms of a gap beside what was interrupted
FAULTS: list[dict[str, Any]] = [
    {"kind": "end"},
    {"kind": "reset"},
    {"kind": "half-line"},
    {"kind": "operational-disconnect"},
    {"kind": "slow-reader"},
    {"kind": "bad-json"},
    {"kind": "no-tag"},
    {"kind": "no-matching-rules"},
    {"kind": "unknown-rule"},
    {"kind": "post-errors"},
    {"kind": "duplicate"},
    {"kind": "out-of-order"},
    {"kind": "late", "seconds": 10},
    {"kind": "split-crlf"},
    {"kind": "silence", "seconds": 45},
]
READ_BADLY = ("bad-json", "no-matching-rules", "unknown-rule", "half-line")


@dataclass
class Killed(Operator):
    """An operator of captures whose clocks go `speed` times faster than ours since `since` (ms)."""

    speed: float = 1.0
    since: int = 0
    lines: dict[str, list[str]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    kills: int = 0
    faults: list[str] = field(default_factory=list)
    program: Path = BIN / "tw-stream"

    def hurry(self, speed: float) -> None:
        self.since, self.speed = int(time.time() * 1000), speed
        self.post("clock", {"speed": speed, "strict": True})  # keys are signed by clocks as fast

    @property
    def now(self) -> int:
        """What time it is in the sandbox (ms)."""
        return int(json.loads(self.get("clock"))["milliseconds"])

    def command(self, name: str, *arguments: object) -> list[str]:
        words = [sys.executable, HURRIED, self.speed, self.since, BIN / name, *arguments]
        return [str(word) for word in words]

    def hurried(self, name: str, *arguments: object, check: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(name, *arguments), env=self.desk.environment, cwd=self.desk.home, capture_output=True, text=True
        )
        assert check is None or done.returncode == check, done.stderr
        return done

    def register(self, index: str, *lines: str) -> None:
        """Let a capture be there."""
        self.lines[index] = list(lines)
        file = self.desk.home / f"{index}.txt"
        file.write_text("".join(f"{line}\n" for line in lines))
        self.hurried("tw-stream", index, file, "--detach")

    @contextmanager
    def held(self) -> Iterator[subprocess.Popen[str]]:
        """One process records, until the block ends with it."""
        index = random.Random(SEED + self.kills).choice([*self.lines])
        with (
            open(self.desk.home / "said", "a+") as said,
            subprocess.Popen(self.command("tw-stream", index), env=self.desk.environment, cwd=self.desk.home, stderr=said) as one,
        ):
            try:
                yield one  # type: ignore[misc]
            finally:
                one.kill()
                one.wait()
                said.seek(0)
                assert "Traceback" not in (text := said.read()), text

    def run_for(self, seconds: float, *, kill: bool) -> None:
        """Record for so many of our seconds, and end by kill -9, or by TERM."""
        with self.held() as one:
            time.sleep(seconds)
            assert one.poll() is None, (self.desk.home / "said").read_text()[-3000:]
            if kill:
                self.kills += 1
            else:
                one.terminate()
                one.wait(60)

    def happen(self, chance: random.Random) -> None:
        """Something goes wrong on the stream some time later."""
        fault = dict(chance.choice(FAULTS))
        self.faults.append(fault["kind"])
        self.post("stream/faults", fault | {"second": chance.random() * 60})

    # -- what must hold ------------------------------------------------------------------------

    def made(self, index: str, since: int, until: int) -> dict[int, int]:
        """Every post of a time that matches the lines of a capture: id and time (ms)."""
        found = {}
        for line in self.lines[index]:
            query = f"from:{line}" if line.isdigit() else line
            for told in self.get(f"truth/stream?query={quote(query)}&since={since}&until={until}").splitlines():
                post = json.loads(told)
                found[int(post["id"])] = int(post["ms"])
        return found

    def kept(self, index: str) -> set[int]:
        rows = self.select(index, "SELECT id FROM tweets WHERE via = 'stream'")
        return {row[0] for row in rows}

    def gaps(self, index: str) -> list[tuple[int, int]]:
        lines = self.hurried("tw-gaps", index, "--json").stdout.splitlines()
        return [(in_ms(one["since"]), in_ms(one["until"])) for one in map(json.loads, lines)]

    def connections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get("truth/stream/connections"))
        return found

    def unread(self) -> tuple[int, int]:
        """Micro-dollars of the bill that are not booked: they were flushed, and nobody read them."""
        return self.bill()["micro"], self.spent()


def in_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def check(story: Killed, since: int, until: int) -> dict[str, Any]:
    """What must hold; what is to be told of it."""
    told: dict[str, Any] = {"missing": 0, "recorded": 0, "gaps": 0, "longest": 0.0}
    for index in story.lines:
        made, kept, gaps = story.made(index, since, until), story.kept(index), story.gaps(index)
        assert kept <= {*story.made(index, since, 1 << 60)}, f"{index} has what does not match it"
        missing = {post: at for post, at in made.items() if post not in kept}
        lost = {post: at for post, at in missing.items() if not any(low <= at <= high for low, high in gaps)}
        assert not lost, f"{index}: {len(lost)} of {len(missing)} missing posts lie in no gap: {sorted(lost.items())[:5]}, {gaps}"
        told["missing"] += len(missing)
        told["recorded"] += len(kept)
        told["gaps"] += len(gaps)
        told["longest"] = max(told["longest"], *(_beyond(story, low, high) for low, high in gaps), 0.0)
    connects = sorted(one["ms"] for one in json.loads(story.get("truth/stream/connects")))
    for first, last in zip(connects, connects[CONNECTS:], strict=False):
        assert last - first >= WINDOW, "more than 50 connects in 15 minutes"
    billed, booked = story.unread()
    assert booked <= billed, "more is booked than X billed"
    return told | {"connects": len(connects), "billed": billed / 1e6, "booked": booked / 1e6}


def _beyond(story: Killed, low: int, high: int) -> float:
    """By how many ms a gap is longer than the times without a connection in it, for each of these."""
    stood = [(one["connected"], one["closed"] or one["gone"] or high) for one in story.connections()]
    edges = [low, *sorted(edge for pair in stood for edge in pair if low < edge < high), high]
    down = interruptions = 0
    for start, end in pairwise(edges):
        if not any(first <= (start + end) / 2 <= last for first, last in stood):
            down += end - start
            interruptions += 1
    return (high - low - down) / max(interruptions, 1)


def killed(story: Killed, kills: int, *, seconds: float, rate: float) -> dict[str, Any]:
    """The whole story; what must hold is asserted. A run lasts up to so many of our seconds."""
    chance = random.Random(SEED)
    story.post("stream", {"rate": rate})
    time.sleep(30 / rate / story.speed)
    people = sorted({post["author"] for post in map(json.loads, story.get("truth/stream?all=1").splitlines())})[:200]
    story.register("cats", "brexit", '"climate change"')
    story.register("dogs", "brexit lang:en", "election")
    story.register("people", *people)
    began = story.now
    while story.kills < kills:
        for _ in range(chance.randrange(4)):
            story.happen(chance)
        story.run_for(seconds * (0.2 + chance.random()), kill=True)
    story.post("stream/faults", [], method="DELETE")
    until = story.now
    story.run_for(max(seconds, 150 / story.speed + 3), kill=False)
    return check(story, began, until)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=8.0, help="of ours that a run lasts at most")
    parser.add_argument("--rate", type=float, default=3.0, help="posts a second of the sandbox")
    given, began = parser.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        desk = Desk(home)
        with running_sandbox(desk) as sandbox:
            desk.configure(sandbox.url, budget=100_000, maxcpu=100, maxmem=100)
            story = Killed(desk, sandbox)
            story.hurry(given.speed)
            first = story.now
            told = killed(story, given.kills, seconds=given.seconds, rate=given.rate)
            hours = (story.now - first) / 3_600_000
            took = time.perf_counter() - began
            print(f"{story.kills} kills, {len(story.faults)} faults in {hours:.1f} h of the sandbox, {took:.0f} s")
            print(f"{told} (NETWAR_SEED={SEED})")


if __name__ == "__main__":
    main()

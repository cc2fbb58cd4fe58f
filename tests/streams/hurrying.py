"""An operator of captures whose clocks go many times faster than ours, on one host or on several that share a Redis."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import quote

from netwar.records.ids import first_id
from tests import forked
from tests.desk import BIN, Begun, Desk, Ended
from tests.operator import Operator
from tests.randomly import SEED

HURRIED = Path(__file__).with_name("hurried.py")


@dataclass
class Killed(Operator):
    """An operator of captures whose clocks go `speed` times faster than ours since `since` (ms). `deaths`: when (ms of the
    sandbox) a holder was killed, `outages`: from when to when Redis was away."""

    speed: float = 1.0
    since: int = 0
    lines: dict[str, list[str]] = field(default_factory=dict)
    kills: int = 0
    deaths: list[int] = field(default_factory=list)
    outages: list[tuple[int, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def hurry(self, speed: float) -> None:
        self.since, self.speed = int(time.time() * 1000), speed
        self.post("clock", {"speed": speed, "strict": True})  # keys are signed by clocks as fast

    @property
    def now(self) -> int:
        """What time it is in the sandbox (ms)."""
        return int(json.loads(self.get("clock"))["milliseconds"])

    def command(self, name: str, *arguments: object) -> list[str]:
        return [str(word) for word in (HURRIED, self.speed, self.since, BIN / name, *arguments)]

    def hurried(self, name: str, *arguments: object, check: int | None = 0) -> Ended:
        """Run a program to its end."""
        ended = Begun(self.command(name, *arguments), self.desk.environment, self.desk.home).end()
        assert check is None or ended.status == check, ended.stderr
        return ended

    def register(self, index: str, *lines: str, options: tuple[str, ...] = ()) -> None:
        """Let a capture be there."""
        self.lines[index] = list(lines)
        file = self.desk.home / f"{index}.txt"
        file.write_text("".join(f"{line}\n" for line in lines))
        self.hurried("tw-stream", index, file, "--detach", *options)

    def record(self, desk: Desk | None = None) -> BaseProcess:
        """Begin a tw-stream, at another host's desk if one is given; what it says goes to the file `said` of its home."""
        desk = desk or self.desk
        index = random.Random(SEED + self.kills).choice([*self.lines])
        with open(os.devnull, "rb") as nothing, open(desk.home / "said", "ab") as said:
            files = [nothing.fileno(), said.fileno(), said.fileno()]
            return forked.start(self.command("tw-stream", index), desk.environment, desk.home, files)

    def said(self, desk: Desk | None = None) -> str:
        """What they said, none of which is a bug."""
        text = ((desk or self.desk).home / "said").read_text()
        assert "Traceback" not in text, text[-6000:]
        return text

    @contextmanager
    def held(self, desk: Desk | None = None) -> Iterator[BaseProcess]:
        """One process records, until the block ends with it: with TERM, if it is not dead by then."""
        one = self.record(desk)
        try:
            yield one
            one.terminate()
            one.join(60)
        finally:
            one.kill()
            one.join()
        self.said(desk)

    def run_for(self, seconds: float, *, kill: bool, posts: int = 0) -> None:
        """Record for so many of our seconds, and until so many more posts were sent, and end by kill -9, or by TERM."""
        wanted = len(self.flushed()) + posts
        with self.held() as one:
            time.sleep(seconds)
            while one.is_alive() and len(self.flushed()) < wanted:
                time.sleep(0.1)
            assert one.is_alive(), self.said()[-3000:]
            if kill:
                self.kills += 1
                one.kill()

    # -- what is true, and what is recorded -----------------------------------------------------

    def made(self, index: str, since: int, until: int) -> dict[int, int]:
        """Every post of a time that matches the lines of a capture: id and time (ms)."""
        told = [self.get(f"truth/stream?query={query}&since={since}&until={until}") for query in self.queries(index)]
        posts = [json.loads(line) for lines in told for line in lines.splitlines()]
        return {int(post["id"]): int(post["ms"]) for post in posts}

    def searchable(self, index: str, since: int) -> set[int]:
        """What X's search has for the lines of a capture: no retweets by words, nor what matches by the text it quotes alone."""
        told = [self.get(f"truth/search?query={query}&since_id={first_id(since)}") for query in self.queries(index)]
        return {int(id) for ids in told for id in ids.split()}

    def queries(self, index: str) -> list[str]:
        return [quote(f"from:{line}" if line.isdigit() else line) for line in self.lines[index]]

    def notes(self, index: str) -> str:
        """What stands of the times of a capture in its archive, unparsed: quicker than tw-gaps."""
        return str(self.select(index, "SELECT value FROM note"))

    def kept(self, index: str) -> set[int]:
        """Ids of what is recorded, by whatever brought it last: a search reads across what came by the stream, too."""
        return {row[0] for row in self.select(index, "SELECT id FROM tweets WHERE via IN ('stream', 'search')")}

    def flushed(self) -> list[int]:
        """Ids of what the sandbox sent, in order."""
        return [int(json.loads(line)["id"]) for line in self.get("truth/stream/flushed").splitlines()]

    def gaps(self, index: str) -> list[tuple[int, int, str]]:
        """From, until (ms), state."""
        lines = self.hurried("tw-gaps", index, "--json").stdout.splitlines()
        return [(in_ms(one["since"]), in_ms(one["until"]), one["state"]) for one in map(json.loads, lines)]

    def connections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get("truth/stream/connections"))
        return found

    def happened(self) -> list[dict[str, Any]]:
        """The faults of the stream, and when each happened."""
        found: list[dict[str, Any]] = json.loads(self.get("stream"))["faults"]
        return found

    def spending(self) -> dict[str, Any]:
        """What tw-spend tells of all days."""
        told: dict[str, Any] = json.loads(self.hurried("tw-spend", "--no-ask", "--json", "--since", "2006-03-21").stdout)
        return told

    def doubtful(self) -> int:
        """Micro-dollars that are set aside, or in doubt."""
        told = self.spending()["micro_dollars"]
        return int(told["held"] + told["in_doubt"])

    def unread(self) -> tuple[int, int]:
        """Micro-dollars of the bill, and those that are booked: what was flushed and nobody read lies between them."""
        return self.bill()["micro"], self.spent()


def in_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)

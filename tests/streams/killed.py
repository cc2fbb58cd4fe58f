"""Captures whose holder is killed again and again while everything goes wrong on the stream, an hour in some minutes.

python -m tests.streams.killed --kills 100                 one process at a time, in files
python -m tests.streams.killed --kills 100 --redis         always three, on two hosts, the next takes over; Redis and archive go

What must hold: whatever was made while a capture was valid, and matches its lines, is recorded or lies in a gap that tw-gaps
lists; nothing is recorded where it does not belong; what a search can bring is there in the end; X never sees more than 50
connects in 15 minutes; the meter has booked what the bill has, but for what nobody had read when a connection was cut, and that
is in doubt. How much longer gaps were than what was interrupted, and how soon after a death X saw a connect, is told.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.desk import Desk, running_sandbox
from tests.randomly import SEED
from tests.streams.hosts import Hosts, hurried_redis
from tests.streams.hurrying import Killed
from tests.streams.judged import Judged, check

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
    {"kind": "no-keep-alives", "seconds": 45},
    {"kind": "silence", "seconds": 45},
]


def begin(story: Killed, rate: float) -> int:
    """Three captures, one of users; since when (ms) they are there."""
    story.post("stream", {"rate": rate})
    time.sleep(30 / rate / story.speed)
    people = sorted({post["author"] for post in map(json.loads, story.get("truth/stream?all=1").splitlines())})[:200]
    story.register("cats", "brexit", '"climate change"')
    story.register("dogs", "brexit lang:en", "election")
    story.register("people", *people)
    return story.now


def happen(story: Killed, chance: random.Random, within: float) -> None:
    """Something goes wrong on the stream some time later."""
    fault = dict(chance.choice(FAULTS))
    story.faults.append(fault["kind"])
    story.post("stream/faults", fault | {"second": round(chance.random() * within, 1)})


def killed(story: Killed, kills: int, *, seconds: float, rate: float, last: float = 300) -> Judged:
    """The whole story of one process at a time; what must hold is asserted. A run lasts up to so many seconds of the sandbox, and
    in the `last` one nothing more goes wrong. That one has posts, even if all others were killed before they had any."""
    chance = random.Random(SEED)
    began = begin(story, rate)
    while story.kills < kills:
        for _ in range(chance.randrange(4)):
            happen(story, chance, 60)
        story.run_for(seconds * (0.2 + chance.random()) / story.speed, kill=True)
    until = story.now
    story.run_for(last / story.speed + 3, kill=False, posts=30)
    return check(story, began, until)


def taken_over(story: Killed, hosts: Hosts, kills: int, *, seconds: float, rate: float) -> Judged:
    """The same on two hosts, with others waiting to take over; Redis is restarted and the archive away for ten minutes."""
    chance = random.Random(SEED)
    began = begin(story, rate)
    events = {kills * 2 // 10: hosts.stop_redis, kills * 4 // 10: hosts.lock_archive, kills * 8 // 10: hosts.kill_redis}
    hosts.staff()
    while story.kills < kills:
        if event := events.pop(story.kills, None):
            event()
        if chance.random() < 0.7:
            happen(story, chance, 30)
        hosts.wait(seconds * (0.2 + chance.random()))
        hosts.kill_holder()
    until = story.now
    hosts.finish(420)
    return check(story, began, until)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=80.0, help="of the sandbox that a holder lives at most")
    parser.add_argument("--rate", type=float, default=3.0, help="posts a second of the sandbox")
    parser.add_argument("--redis", action="store_true", help="three processes on two hosts, instead of one at a time")
    parser.add_argument("--folder", type=Path, required=True, help="a new one, that stays")
    return parser.parse_args()


def keep_truth(story: Killed, folder: Path) -> None:
    """What the sandbox knows, for whoever looks for a fault."""
    for name in ("truth/stream/flushed", "truth/stream/connections", "truth/stream/connects", "truth/stream/rules", "stream"):
        (folder / name.replace("/", "-")).write_text(story.get(name))
    (folder / "deaths").write_text(json.dumps(story.deaths))


def main() -> None:
    given, began = arguments(), time.perf_counter()
    home = given.folder / "home"
    home.mkdir(parents=True)
    desk, settings = Desk(home), {"budget": 100_000, "maxcpu": 100, "maxmem": 100}
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(desk))
        story = Killed(desk, sandbox)
        stack.callback(keep_truth, story, given.folder)
        desk.configure(sandbox.url, **settings)
        story.hurry(given.speed)
        first = story.now
        if given.redis:
            redis = stack.enter_context(hurried_redis(story))
            hosts = stack.enter_context(Hosts.of(story, redis, given.folder / "other", settings))
            told = taken_over(story, hosts, given.kills, seconds=given.seconds, rate=given.rate)
        else:
            told = killed(story, given.kills, seconds=given.seconds, rate=given.rate)
        hours, took = (story.now - first) / 3_600_000, time.perf_counter() - began
        print(f"{story.kills} kills, {len(story.faults)} faults in {hours:.1f} h of the sandbox, {took:.0f} s")
        print(f"{asdict(told)} (NETWAR_SEED={SEED})")


if __name__ == "__main__":
    sys.exit(main())

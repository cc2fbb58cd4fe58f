"""An observer's lists, tracked from two hosts that share a Redis and are killed again and again while days pass.

    python -m tests.tracking.killed --kills 100
    python -m tests.tracking.killed --kills 100 --within 7200 --step 60

The second passes a minute from one run to the next on each host, as crontabs do, and one in five is to be killed: then nobody
waits longer than the bound and a minute. (A host frees at once what its own dead run had claimed, the other one when the lease is
over; that is real time, of which a minute at X takes two seconds here.)
"""

from __future__ import annotations

import argparse
import json
import random
import re
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.contract.opening import DATABASES
from tests.desk import Desk, running_sandbox
from tests.randomly import SEED
from tests.redis_server import Redis, running_redis
from tests.tracking.desk import DAY, MOST, WORLD, Lists

HOSTS = ("host-a", "host-b")
# The lists are looked at with each run, many times in a rate window. Nobody has more than two pages as it begins, which is
# enough for a kill between two of them: what a kill costs is then what a program does, not what X has to make up.
OFTEN = WORLD.replace(MOST, "most_posts = 150\n") + '[limits]\n"/2/users/:id/owned_lists" = 100000\n'
MINUTE = 60.0
MOST_REQUESTS = 12  # of a run that is killed
A_REQUEST = 0.05  # seconds that one takes, and what is done with its answer
RELIST = 1  # seconds: a run that comes sooner does not look at the lists, has mostly nothing to do, and ends unkilled
LOOK = 0.03  # seconds from one look at how often X was asked to the next: each costs as much as a request
ROUND = re.compile(r"round (\d+): (\d+) of (\d+) members are due")


@dataclass(frozen=True)
class Pace:
    """Seconds at X: everybody is asked within the first, and the second pass from one run to the next."""

    within: float = DAY
    step: float = DAY / 10

    @property
    def is_judged(self) -> bool:
        """Whether runs are so near to each other that nobody may wait longer than the bound."""
        return self.step <= MINUTE

    @property
    def killed(self) -> float:
        """Of the runs, so many are to be killed: where nobody waits, as many as leave some to do the work in the end."""
        return 0.2 if self.is_judged else 0.7


class Killed:
    """The observer, what both hosts said, and how long (seconds at X) anybody waited at most, by what the roster says."""

    def __init__(self, lists: Lists, chance: random.Random, pace: Pace) -> None:
        self.lists = lists
        self.chance = chance
        self.pace = pace
        self.waited = 0.0
        self.said: list[str] = []
        self.kills = 0
        self.spare = [user["id"] for user in lists.users()[20:]]

    def go_on(self, kills: int) -> None:
        """Days of runs on either host, most of them killed, until so many were."""
        while self.kills < kills:
            self._happen()
            began = time.monotonic()
            for host in HOSTS if self.pace.is_judged else [self.chance.choice(HOSTS)]:
                self._run(host, self._requests() if self.chance.random() < self.pace.killed else None)
            if self.pace.is_judged:
                self._see_who_waits()
            else:
                time.sleep(RELIST)
            self.lists.post("clock", {"advance": max(0, self.pace.step - (time.monotonic() - began))})

    def settle(self) -> None:
        """Let everybody be asked once more, on either host, undisturbed, when nobody posts any more; and a while later a round
        begin, as until then all may have been asked for waiting too long, which begins none."""
        for user in self.lists.users():
            self.lists.post("pace", {"user": user["id"], "posts_a_day": 0})
        self.lists.pass_by(DAY)
        for _ in range(2):
            for host in HOSTS:
                self._run(host, None)
        self.lists.pass_by(self.pace.within / 2)
        self._run(HOSTS[0], None)

    def begun(self) -> list[int]:
        """The numbers of the rounds that were begun, as the runs told. A run that is killed may have had no time to tell."""
        return [int(found[1]) for text in self.said for found in ROUND.finditer(text)]

    def rounds(self) -> int:
        """How many were begun, told or not."""
        return int(self._shown()["round"]["number"])

    def union(self, user: str) -> set[int]:
        """What either host has recorded of a user."""
        return {post for host in HOSTS if self._has(host) for post in self.lists.recorded("brexit", user, data=host)}

    def _has(self, host: str) -> bool:
        return (self.lists.desk.home / host / "archive" / "brexit.sqlite").exists()

    def _requests(self) -> int:
        """After how many requests a run is to be killed: rather few, as most runs have few to make and end before many."""
        return self.chance.randint(1, self.chance.randint(1, MOST_REQUESTS))

    def _happen(self) -> None:
        """Now and then somebody is put on a list."""
        if self.spare and self.chance.random() < 0.2:
            self.lists.put(self.chance.choice([*self.lists.listed()]), self.spare.pop())

    def _see_who_waits(self) -> None:
        """How long ago each member was asked, or put on a list, by what a run has written down."""
        now = datetime.fromisoformat(json.loads(self.lists.get("clock"))["now"]).timestamp()
        members = self._shown()["members"]
        asked = [datetime.fromisoformat(one["asked"] or one["since"]).timestamp() for one in members if not one["held_until"]]
        self.waited = max([self.waited, *(now - at for at in asked)])

    def _shown(self) -> Any:
        """What tw-showmywork has of the observer, the same on both hosts."""
        config = self.lists.desk.home / f"{HOSTS[0]}.conf"
        return json.loads(self.lists.run("tw-showmywork", "brexit", "--json", "--config", config).stdout)

    def _run(self, host: str, requests: int | None) -> None:
        """A run; killed soon after X was asked so often. By the clock, a busy machine would kill each before it did anything."""
        desk = self.lists.desk
        within, config = f"{self.pace.within / 60:.0f}m", desk.home / f"{host}.conf"
        until = self._asked() + (requests or 0)
        process = desk.begin("tw-tracklists", "brexit", "--relist", str(RELIST), "--within", within, "--config", config)
        if requests is not None:
            while process.runs and self._asked() < until:
                time.sleep(LOOK)
            self.kills += process.kill_after(self.chance.random() * A_REQUEST)
        ended = process.end()
        self._note(ended.stderr)
        assert requests is not None or ended.status == 0, self.said[-1]

    def _asked(self) -> int:
        """How many requests have reached the sandbox."""
        return int(json.loads(self.lists.get(""))["requests"])

    def _note(self, said: str) -> None:
        self.said.append(said)
        assert "Traceback" not in said, said


def killed(lists: Lists, redis: Redis, kills: int, pace: Pace = Pace()) -> Killed:
    """The whole story; what must hold is asserted."""
    settings = redis.settings(db=next(DATABASES))
    for host in HOSTS:
        file, room = lists.desk.home / f"{host}.conf", {"maxcpu": 100, "maxmem": 100}
        lists.desk.configure(lists.sandbox.url, path=file, data=host, budget=1000, **room, **settings)
    story = Killed(lists, random.Random(SEED), pace)
    story.go_on(kills)
    story.settle()
    for user in lists.everybody():
        missing = set(lists.truth(user)) - story.union(user)
        assert not missing, f"{user}: {len(missing)} are missing; {story.said[-4:]}"
    begun = story.begun()
    assert begun == sorted(set(begun)), "a round was begun twice"
    assert not pace.is_judged or story.waited <= pace.within + MINUTE, f"somebody waited {story.waited:.0f} s ({SEED})"
    return story


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--within", type=float, default=DAY, help="seconds")
    parser.add_argument("--step", type=float, default=DAY / 10, help="seconds at X from one run to the next")
    given, began = parser.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, running_redis() as redis:
        home = Path(folder) / "home"
        home.mkdir()
        desk = Desk(home)
        with running_sandbox(desk, "--scenario", _world(Path(folder))) as sandbox:
            desk.configure(sandbox.url, budget=1000, maxcpu=100, maxmem=100)
            story = killed(Lists(desk, sandbox), redis, given.kills, Pace(given.within, given.step))
            print(
                f"{story.kills} kills in {time.perf_counter() - began:.0f} s, {len(story.said)} runs, "
                f"{story.rounds()} rounds, each begun once; nobody waited longer than {story.waited:.0f} s "
                f"(bound {given.within:.0f} s, {given.step:.0f} s a run): the archives are the truth (NETWAR_SEED={SEED})"
            )


def _world(folder: Path) -> Path:
    (folder / "world.toml").write_text(OFTEN)
    return folder / "world.toml"


if __name__ == "__main__":
    main()

"""An observer's lists, tracked from two hosts that share a Redis and are killed again and again while days pass.


python -m tests.tracking.killed --kills 100
"""

from __future__ import annotations

import argparse
import random
import re
import tempfile
import time
from pathlib import Path

from tests.contract.opening import DATABASES
from tests.desk import Desk, running_sandbox
from tests.randomly import SEED
from tests.redis_server import Redis, running_redis
from tests.tracking.desk import DAY, WORLD, Lists

HOSTS = ("host-a", "host-b")
# The lists are looked at with each run, many times in a rate window.
OFTEN = WORLD + '[limits]\n"/2/users/:id/owned_lists" = 100000\n'
RUNS_A_DAY = 10
ROUND = re.compile(r"round (\d+): (\d+) of (\d+) members are due")


class Killed:
    """The observer, what both hosts said, and when each member was asked last, by the sandbox's clock."""

    def __init__(self, lists: Lists, chance: random.Random) -> None:
        self.lists = lists
        self.chance = chance
        self.said: list[str] = []
        self.kills = 0
        self.spare = [user["id"] for user in lists.users()[20:]]

    def go_on(self, kills: int) -> None:
        """Days of runs on either host, most of them killed, until so many were."""
        while self.kills < kills:
            self._happen()
            self._run(self.chance.choice(HOSTS), self.chance.random() * 1.5)
            self.lists.post("clock", {"advance": DAY / RUNS_A_DAY})

    def settle(self) -> None:
        """Let everybody be asked once more, on either host, undisturbed, when nobody posts any more."""
        for user in self.lists.users():
            self.lists.post("pace", {"user": user["id"], "posts_a_day": 0})
        self.lists.post("clock", {"advance": DAY})
        for _ in range(2):
            for host in HOSTS:
                self._run(host, None)

    def begun(self) -> list[int]:
        """The numbers of the rounds that were begun, as the runs told."""
        return [int(found[1]) for text in self.said for found in ROUND.finditer(text)]

    def union(self, user: str) -> set[int]:
        """What either host has recorded of a user."""
        return {post for host in HOSTS if self._has(host) for post in self.lists.recorded("brexit", user, data=host)}

    def _has(self, host: str) -> bool:
        return (self.lists.desk.home / host / "archive" / "brexit.sqlite").exists()

    def _happen(self) -> None:
        """Now and then somebody is put on a list."""
        if self.spare and self.chance.random() < 0.2:
            self.lists.put(self.chance.choice([*self.lists.listed()]), self.spare.pop())

    def _run(self, host: str, seconds: float | None) -> None:
        desk = self.lists.desk
        process = desk.begin("tw-tracklists", "brexit", "--relist", "1", "--config", desk.home / f"{host}.conf")
        if seconds is not None:
            self.kills += process.kill_after(seconds)
        ended = process.end()
        self._note(ended.stderr)
        assert seconds is not None or ended.status == 0, self.said[-1]

    def _note(self, said: str) -> None:
        self.said.append(said)
        assert "Traceback" not in said, said


def killed(lists: Lists, redis: Redis, kills: int) -> Killed:
    """The whole story; what must hold is asserted."""
    settings = redis.settings(db=next(DATABASES))
    for host in HOSTS:
        file, room = lists.desk.home / f"{host}.conf", {"maxcpu": 100, "maxmem": 100}
        lists.desk.configure(lists.sandbox.url, path=file, data=host, budget=1000, **room, **settings)
    story = Killed(lists, random.Random(SEED))
    story.go_on(kills)
    story.settle()
    for user in lists.everybody():
        missing = set(lists.truth(user)) - story.union(user)
        assert not missing, f"{user}: {len(missing)} are missing; {story.said[-4:]}"
    begun = story.begun()
    assert begun == sorted(set(begun)), "a round was begun twice"
    return story


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    kills, began = parser.parse_args().kills, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, running_redis() as redis:
        home = Path(folder) / "home"
        home.mkdir()
        desk = Desk(home)
        with running_sandbox(desk, "--scenario", _world(Path(folder))) as sandbox:
            desk.configure(sandbox.url, budget=1000, maxcpu=100, maxmem=100)
            story = killed(Lists(desk, sandbox), redis, kills)
            print(
                f"{story.kills} kills in {time.perf_counter() - began:.0f} s, {len(story.said)} runs, "
                f"{len(story.begun())} rounds, each begun once: the archives are the truth (NETWAR_SEED={SEED})"
            )


def _world(folder: Path) -> Path:
    (folder / "world.toml").write_text(OFTEN)
    return folder / "world.toml"


if __name__ == "__main__":
    main()

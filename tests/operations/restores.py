"""Backups taken while recorders run and are killed, each restored: what is claimed is there, and a further run completes it.

python -m tests.operations.restores --stores redis+es953 --backups 20 --posts 20000
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.desk import Begun, Desk, running_sandbox
from tests.operations import stores
from tests.operator import ALL_OPEN, Operator, no_bug
from tests.randomly import SEED

USERS = 8
WORLD = f"""
[world]
users = {USERS}
{ALL_OPEN}
[limits]
"/2/users/:id/tweets" = 100000
"""
INDEX = "brexit"
AMPLE: dict[str, Any] = {"budget": 100_000, "maxcpu": 100, "maxmem": 100}


@dataclass
class Story:
    """An operator who records with two accounts, is killed now and then, and takes backups meanwhile."""

    who: Operator
    chance: random.Random
    stores: stores.Files
    users: list[str] = field(default_factory=list)
    kills: int = 0
    runs: list[Begun] = field(default_factory=list)

    @property
    def place(self) -> Path:
        return self.who.desk.home / "backups"

    def begin(self, posts: int) -> None:
        self.users = [user["id"] for user in self.who.users()]
        for user in self.users:
            self.who.post("posts", {"user": user, "count": posts // USERS})
        self.second = self.who.desk.configure(
            self.who.sandbox.url, self.who.desk.home / "second.conf", **AMPLE, **self.stores.settings
        )
        self.who.queue(self.users)

    def record(self) -> None:
        """Have both accounts at work; kill one now and then; let people post, and queue everybody again."""
        self.runs = [run for run in self.runs if run.runs or self.ended(run)]
        for run in self.runs:
            if self.chance.random() < 0.6 and run.kill_after(0):
                self.kills += 1
        self.runs = [run for run in self.runs if run.runs or self.ended(run)]
        for config in [(), ("--config", str(self.second))]:
            self.runs.append(self.who.desk.begin("tw-idu3elk", INDEX, "-q", *config))
        if self.chance.random() < 0.3:
            self.who.post("posts", {"user": self.chance.choice(self.users), "count": 150})
            self.who.queue(self.users)

    def ended(self, run: Begun) -> bool:
        """What a run said that has ended; never true."""
        no_bug(run.end())
        return False

    def backup(self) -> bool:
        """Take one in the thick of it; one in four is killed, and leaves nothing that looks like a backup."""
        time.sleep(self.chance.uniform(0.2, 0.8))
        taking = self.who.desk.begin("tw-backup", self.place, "-q")
        killed = self.chance.random() < 0.25 and taking.kill_after(self.chance.uniform(0.05, 0.4))
        ended = taking.end()
        no_bug(ended)
        assert killed or ended.status == 0, ended.stderr
        self.kills += killed
        return not killed

    def stop(self) -> None:
        for run in self.runs:
            run.kill_after(0)
            with suppress(AssertionError):
                run.end()

    def restored(self, backup: Path, number: int) -> str:
        """Restore one, judge it, complete it."""
        data = self.who.desk.home / f"restored{number}"
        where = {**AMPLE, **self.stores.emptied(), "data": data}
        config = self.who.desk.configure(self.who.sandbox.url, data.with_suffix(".conf"), **where)
        self.who.run("tw-verify", backup, "--config", config)
        self.who.run("tw-restore", backup, "--config", config, "--spent", f"{self.who.bill()['micro'] / 1e6:.6f}")
        self.stores.let_leases_end()
        claimed, waiting = self.judged(config)
        no_bug(self.who.run("tw-idu3elk", INDEX, "-q", "--config", config))  # whoever waits since then, and perhaps was recorded
        self.who.run("tw-quser2work", "-", "--config", config, input="\n".join(self.users))
        no_bug(self.who.run("tw-idu3elk", INDEX, "-q", "--config", config))
        for user in self.users:
            kept, truth = self.stores.kept(config, INDEX, user), set(self.who.truth(user))
            assert kept == truth, f"{backup}: {user} lacks {len(truth - kept)} and has {len(kept - truth)} too many"
        assert self.stores.spent(config) >= self.who.bill()["micro"], "the meter says less than X's bill"
        return f"{claimed:,} claimed, {waiting} waiting"

    def judged(self, config: Path) -> tuple[int, int]:
        """Whatever the ledger claims is there; who is not complete waits, but for those of whom only what X may no longer serve
        is left: what lies below so many posts that a run that was killed cannot tell."""
        waiting = set(self.who.run("tw-showwork", "--names", "--config", config).stdout.split())
        queue = json.loads(self.who.run("tw-showwork", "--json", "--config", config).stdout)
        waiting |= {claim["user"] for claim in queue["claimed"]}  # by runs that are no more
        count = 0
        for user in self.users:
            record, truth = self.stores.record(config, INDEX, user), self.who.truth(user)
            claimed = {id for id in truth if any(span.low <= id <= span.high for span in record.spans)}
            lacking = claimed - self.stores.kept(config, INDEX, user)
            assert not lacking, f"{user}: {len(lacking)} are claimed and not there"
            ended = record.outcome == "complete" or (record.lost and not record.gaps)
            assert ended or user in waiting, f"{user} is {record.outcome} and does not wait"
            count += len(claimed)
        return count, len(waiting)


def told(who: Operator, backups: int, posts: int, chance: random.Random, kept: stores.Files) -> str:
    """The whole story; what must hold is asserted. What it came to, in words."""
    story = Story(who, chance, kept)
    story.begin(posts)
    taken = 0
    try:
        while taken < backups:
            story.record()
            taken += story.backup()
    finally:
        story.stop()
    found = sorted(story.place.glob("netwar-*"))
    assert [path for path in found if path.suffix != ".part"] == [path for path in found if (path / "manifest.json").exists()]
    whole = [path for path in found if path.suffix != ".part"]
    assert len(whole) >= backups
    said = [story.restored(path, number) for number, path in enumerate(whole[:backups])]
    return f"{backups} backups restored, {story.kills} kills: {'; '.join(said)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backups", type=int, default=20)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--stores", choices=stores.ALL, default="files")
    asked, began = parser.parse_args(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, stores.opened(asked.stores) as kept:
        (home := Path(folder) / "home").mkdir()
        (scenario := Path(folder) / "world.toml").write_text(WORLD)
        desk = Desk(home)
        with running_sandbox(desk, "--scenario", scenario) as sandbox:
            desk.configure(sandbox.url, **AMPLE, **kept.settings)
            said = told(Operator(desk, sandbox), asked.backups, asked.posts, random.Random(SEED), kept)
            print(f"{asked.stores}: {said}; {time.perf_counter() - began:.0f} s (NETWAR_SEED={SEED})")


if __name__ == "__main__":
    main()

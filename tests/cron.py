"""Several accounts of one app in one crontab, with short runs that begin and end as chance has it.

    python -m tests.cron [--accounts 2,4,8] [--seeds 20] [--first 0] [--runs 12] [--budget 20]

Each account runs the crontab's programs one after the other, beside the others, on one queue, with one meter and one budget,
against a sandbox of its own world. At the end the meter's file must be whole, and the meter must say to the micro-dollar
what X bills, which must not be more than the budget. A line for each seed; status 1 if any of them fails.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import sys
import tempfile
import threading
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.desk import Desk, Ended, running_sandbox, sign_in

WORLD = """
[world]
seed = {seed}
users = 80
prolific = 0
suspended = 0
protected = 0
gone = 0
most_posts = 150
"""
ENDS = {0, 75, 77}  # done, another run is at it, the budget is spent


@dataclass
class Cron:
    """A desk with `accounts` configurations of one app, its queues filled."""

    desk: Desk
    url: str
    accounts: int
    budget: int
    ends: list[tuple[str, Ended]] = field(default_factory=list)

    def prepare(self) -> None:
        users = [json.loads(line) for line in self.ask("truth/users").splitlines()]
        for number in range(self.accounts):
            keys = sign_in(self.url, users[number]["name"])
            common = {"budget": self.budget, "maxcpu": 100, "maxmem": 100, "data": "data"}
            self.desk.configure(self.url, self.config(number), **keys, **common)
        everybody = "".join(f"x.com/i/user/{user['id']}\n" for user in users)
        for name in ("tw-quser2work", "tw-quser2usertest"):
            self.desk.run(name, "-", "--config", self.config(0), input=everybody, check=0)

    def run(self, runs: int, chance: random.Random) -> None:
        """Let each account run its programs so many times, all accounts side by side."""
        rows = [threading.Thread(target=self._row, args=(number, runs, chance.random())) for number in range(self.accounts)]
        for row in rows:
            row.start()
        for row in rows:
            row.join()

    def _row(self, number: int, runs: int, seed: float) -> None:
        chance = random.Random(seed)
        for _ in range(runs):
            time.sleep(chance.random() * 0.5)
            work = ["tw-idu3elk", "brexit", "--limit", str(chance.randint(1, 4))]
            words = chance.choices([work, ["tw-queue2usertest"], ["tw-spend", "--no-ask"]], [8, 1, 1])[0]
            self.ends.append((words[0], self.desk.run(*words, "-q", "--config", self.config(number))))
            if self.ends[-1][1].status == 77:
                return

    def config(self, number: int) -> Path:
        return self.desk.home / f"account{number}"

    def ask(self, path: str) -> str:
        with urllib.request.urlopen(f"{self.url}/sandbox/{path}") as answer:
            return str(answer.read().decode())

    def billed(self) -> int:
        """Micro-dollars by the books of X."""
        return int(json.loads(self.ask("bill"))["micro"])

    def metered(self) -> int:
        """Micro-dollars by the meter."""
        with closing(sqlite3.connect(f"file:{self.desk.home}/data/meter.sqlite?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT coalesce(sum(micro), 0) FROM charges").fetchone()[0])

    def faults(self) -> list[str]:
        """What is not as it must be."""
        found = [f"{name} ended {ended.status}: {ended.stderr}" for name, ended in self.ends if ended.status not in ENDS]
        for file in sorted((self.desk.home / "data").rglob("*.sqlite")):
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
                try:
                    said = [row[0] for row in db.execute("PRAGMA integrity_check")]
                except sqlite3.DatabaseError as error:
                    said = [str(error)]
            found += [f"{file.name}: {one}" for one in said if one != "ok"]
        if not found and not self.metered() == self.billed() <= self.budget * 1_000_000:
            found.append(f"the meter says {self.metered()}, X bills {self.billed()}, the budget is {self.budget} dollars")
        return found


def case(home: Path, accounts: int, seed: int, runs: int, budget: int) -> tuple[list[str], int]:
    """Run one case to its end in an empty folder: what is wrong, and X's bill (micro-dollars)."""
    (scenario := home / "world.toml").write_text(WORLD.format(seed=seed))
    with running_sandbox(Desk(home), "--scenario", scenario) as sandbox:
        cron = Cron(Desk(home), sandbox.url, accounts, budget)
        cron.prepare()
        cron.run(runs, random.Random(seed))
        return cron.faults(), cron.billed()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", default="2,4,8", help="how many accounts, one after the other")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--runs", type=int, default=12, help="of each account")
    parser.add_argument("--budget", type=int, default=20, help="dollars")
    given = parser.parse_args()
    failed = 0
    for accounts in map(int, given.accounts.split(",")):
        for seed in range(given.first, given.first + given.seeds):
            with tempfile.TemporaryDirectory() as home:
                found, billed = case(Path(home), accounts, seed, given.runs, given.budget)
            failed += bool(found)
            print(f"{accounts} accounts, seed {seed}: bill ${billed / 1e6:.3f}", *(found or ["= meter"]), sep="; ", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())

"""A host to which everything happens while it records: tw-doctor names each thing while it lasts, and in the end nothing is lost.

python -m tests.operations.mishaps --orders 36

It is renamed, its clock is an hour ahead, its disk is full; Redis, Elasticsearch and the recorders are stopped and started in
every order. As root the disk and the name are real; without root these two are left out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netwar.archive.base import Within
from netwar.cli.services import Services
from tests.desk import Desk, running_sandbox
from tests.operator import ALL_OPEN, Operator
from tests.randomly import SEED
from tests.servers.elastic import ElasticServer
from tests.soak import hosts as making
from tests.soak.hosts import Account, Host, UnixUser
from tests.soak.stores import Stores, Struck

WORLD = f"[world]\nusers = 8\nmost_posts = 120\n{ALL_OPEN}"
INDEX = "brexit"
BOTH = ("redis", "elasticsearch")
ORDERS = [*itertools.product([*itertools.permutations([*BOTH, "recorders"])], repeat=2)]  # of stops, and of starts
FINE = {0, 69, 75, 78, 143, -15}  # done, something is away, not now, the clock is wrong, ended
HOUR = 3_600.0
ROOM = 4 << 30  # bytes of a disk that nobody calls full
PAUSE = 3.0  # seconds from one beginning of a run to the next one: cron's minute


@dataclass
class Story:
    """Two recorders on a host, which are begun again whenever they have ended, as cron does."""

    who: Operator
    host: Host
    stores: Stores
    chance: random.Random
    runs: list[tuple[Account, subprocess.Popen[str]]] = field(default_factory=list)
    kept: bool = True
    named: int = 0
    begun: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        home = self.host.folder / "home" / "accounts"
        home.mkdir(parents=True)
        for number in range(2):
            account = Account(self.host, home / f"account{number}.conf", UnixUser(None, None), number)
            known = {"budget": 100_000, "maxcpu": 100, "maxmem": 100, "data": self.host.data, "timeout": 5, "index": INDEX}
            self.who.desk.configure(self.who.sandbox.url, account.config, **known, **self.stores.settings)
            self.host.accounts.append(account)
        self.users = [user["id"] for user in self.who.users()]
        self.run("tw-elkinit", "-q")
        self.live()
        self.run("tw-backup", str(self.host.folder / "backups"), "-q")
        self.tend(5)

    def run(self, program: str, *words: str, given: str = "", status: int | None = 0, anew: bool = False) -> str:
        """Run a program to its end; what it printed."""
        run = self.host.start(self.host.accounts[0], program, words, anew=anew)
        stdout, stderr = run.communicate(given)
        assert "Traceback" not in stderr, stderr
        assert status is None or run.returncode == status, f"{program} ended with {run.returncode}: {stderr}{stdout}"
        return stdout

    def live(self) -> None:
        """People post, and everybody waits again."""
        for user in self.chance.sample(self.users, 4):
            self.who.post("posts", {"user": user, "count": 40})
        self.run("tw-quser2work", "-", "-q", given="\n".join(self.users))

    def tend(self, seconds: float) -> None:
        """Let both record."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            at_it = [account for account, run in self.runs if run.poll() is None]
            for account in self.host.accounts:
                rested = time.monotonic() - self.begun.get(account.index, 0) >= PAUSE
                if self.kept and rested and account not in at_it:
                    self.begun[account.index] = time.monotonic()
                    with (self.host.folder / "said").open("a") as said:
                        self.runs.append((account, self.host.start(account, "tw-idu3elk", ["-q"], said.fileno())))
            time.sleep(1)
        self.look()

    def look(self) -> None:
        """Nobody ended in another way than may be, or with a bug."""
        said = (self.host.folder / "said").read_text() if self.runs else ""
        assert "Traceback" not in said, said[-6000:]
        ended = {run.poll() for _, run in self.runs} - {None, -9}
        assert ended <= FINE, f"{ended}: {said[-3000:]}"

    def end(self, *, kill: bool = False) -> None:
        self.kept = False
        self.begun.clear()  # it is long past their minute when they are kept again
        for _, run in self.runs:
            run.kill() if kill else run.terminate()
        for _, run in self.runs:
            run.wait(120)
        self.look()

    def wrong(self, *, anew: bool = False) -> set[str]:
        """What tw-doctor finds wrong."""
        told = [json.loads(line) for line in self.run("tw-doctor", "--json", status=None, anew=anew).splitlines()]
        return {one["what"] for one in told if one["state"] == "wrong"}

    def names(self, *things: str) -> None:
        """tw-doctor names these things, and nothing else. The host's name is looked at apart; this disk is as full as it is."""
        assert (found := self.wrong() - {"host", "watermarks"}) == {*things}, f"{found}, not {things}"
        self.named += len(things)

    # -- what happens --------------------------------------------------------------------------

    def renamed(self) -> None:
        """In the midst of a run. What it held is free when its lease is over, which is not waited for here."""
        while not self.fell_silent():
            self.live()
            self.kept = True
            self.tend(2)
            self.end(kill=True)
        self.host.name, self.kept = "beta", True
        if self.stores.redis:
            with self.stores.redis._client() as client:
                for token in client.zrange("tw:work:leases", 0, -1):
                    client.zadd("tw:work:leases", {token: 1})
        self.tend(2)

    def fell_silent(self) -> bool:
        """Is a run on the board that nobody ended? Who was done before, or has not spoken yet, leaves nothing to be told of."""
        runs = json.loads(self.run("tw-status", "--json", status=None))["runs"]
        return not self.kept and any(run["status"] is None for run in runs)

    def clock(self) -> None:
        self.host.error = HOUR
        self.host.set_clock(0)
        self.tend(3)
        self.names("clock", "redis clock")
        self.host.error = 0
        self.host.set_clock(0)

    def disk(self) -> None:
        """A disk in memory that is made as small as what is on it, and large again."""
        disk = os.statvfs(self.host.data)
        self.sized((disk.f_blocks - disk.f_bfree) * disk.f_frsize)
        self.tend(3)
        self.names("disk")
        self.sized(ROOM)

    def sized(self, size: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.host.data)], check=True)

    def services(self, stops: tuple[str, ...], starts: tuple[str, ...]) -> None:
        servers = dict(zip(BOTH, (server for _, server in self.stores.servers), strict=True))
        self.live()
        for name in stops:
            self.tend(self.chance.uniform(0, 2))
            self.stop(servers[name]) if name in servers else self.end()
        down = set(BOTH)
        for name in starts:
            self.names(*down)
            if name in servers:
                servers[name].start()
                down.remove(name)
            self.kept |= name == "recorders"
            self.tend(1)
        self.names()

    def stop(self, server: Struck) -> None:
        """Stop it. Elasticsearch keeps its place among those that may run at a time: others may have them all when it starts."""
        if not isinstance(server, ElasticServer):
            return server.stop()
        place, server._slot = server._slot, None
        server.stop()
        server._slot = place

    # -- what holds ----------------------------------------------------------------------------

    def complete(self) -> str:
        """Everybody is recorded as they are, and no less is booked than X's bill.

        Who is put while a run is at them does not wait once more: what they post just then is the next round's.
        """
        self.work_off()
        self.live()
        self.work_off()
        with closing(Services("judge", self.host.accounts[0].config)) as services:
            services.looks = True
            for user in self.users:
                found = services.archive.find(f"tw{INDEX}", Within(user))
                kept: set[Any] = {int(str(one["id"])) for one in found}
                lacking = set(self.who.truth(user)) - kept
                assert not lacking, f"{user} lacks {len(lacking)} of {len(self.who.truth(user))}"
            money = services.money
            booked = sum(charge.micro for charge in money.charges()) + money.doubtful() + money.reserved()
        assert booked >= self.who.bill()["micro"]
        return f"{sum(len(self.who.truth(user)) for user in self.users):,} tweets, none of them lost"

    def work_off(self) -> None:
        """Let both record until nobody waits, is claimed, or is at it."""
        until = time.monotonic() + 120
        self.kept = True
        while self.kept or any(run.poll() is None for _, run in self.runs):
            assert time.monotonic() < until, (self.host.folder / "said").read_text()[-3000:]
            self.tend(1)
            work = json.loads(self.run("tw-showwork", "--json"))
            self.kept = bool(work["waiting"] or work["claimed"])
        self.look()

    def forgotten(self) -> None:
        """Those who died under the old name are told of, until somebody has seen to it; also by a program that begins anew."""
        until = time.monotonic() + 120
        while "host" not in self.wrong():
            assert time.monotonic() < until
            time.sleep(3)
        assert "host" in self.wrong(anew=True)
        self.run("tw-status", "--forget")
        assert self.wrong() == set()


def told(folder: Path, orders: list[Any], chance: random.Random, closing: ExitStack, elastic: ElasticServer | None = None) -> str:
    """The whole story, on a server of its own if none is given; what must hold is asserted. What it came to, in words."""
    host = Host("alpha", folder, "sandbox-key", os.geteuid() == 0)
    host.data.mkdir()
    host.set_clock(0)
    making._share(host, UnixUser(None, None), ROOM >> 20)
    closing.callback(host.close, keep=False)
    stores = Stores("redis+es953", elastic)
    closing.callback(stores.close)
    (scenario := folder / "world.toml").write_text(WORLD)
    desk = Desk(folder)
    story = Story(Operator(desk, closing.enter_context(running_sandbox(desk, "--scenario", scenario))), host, stores, chance)
    closing.callback(story.end, kill=True)
    story.begin()
    story.names()
    if host.named:
        story.renamed()
    story.clock()
    if host.mounted:
        story.disk()
    for stops, starts in orders:
        story.services(stops, starts)
    said = story.complete()
    if host.named:
        story.forgotten()
    return f"{len(orders)} orders of stops and starts, {len(story.runs)} runs, {story.named} faults named: {said}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=len(ORDERS), help="how many of 36, drawn by chance")
    parser.add_argument("--first", type=int, default=0, help="leave out so many of them")
    asked, began = parser.parse_args(), time.perf_counter()
    orders = random.Random(SEED).sample(ORDERS, len(ORDERS))[asked.first : asked.first + asked.orders]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        said = told(Path(folder), orders, random.Random(SEED), stack)
    print(f"{said}; {time.perf_counter() - began:.0f} s (NETWAR_SEED={SEED})")
    sys.exit(0)


if __name__ == "__main__":
    main()

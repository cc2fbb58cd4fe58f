"""A soak: programs started at random on every host, mishaps meanwhile, day after day, until its time is over."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.soak import hosts as making
from tests.soak import programs as do
from tests.soak import signing, streaming, table
from tests.soak.books import Books
from tests.soak.crew import PAUSE, Crew
from tests.soak.ending import Ending
from tests.soak.hosts import Account, Host
from tests.soak.journal import Journal
from tests.soak.mishaps import Mishaps
from tests.soak.programs import Around
from tests.soak.promises import Promises
from tests.soak.runs import Command
from tests.soak.stores import Stores
from tests.soak.troubles import Troubles
from tests.soak.watching import Watch
from tests.soak.wishes import Wishes
from tests.soak.world import OBSERVED, World

KINDS = ("x", "stray", "stream", "kill", "term", "disk", "clock", "server", "life")
USERS = 16
DAY = (6.0, 14.0)  # seconds that a day lasts at least and at most
BUDGETS = (3, 10, 30, 80)  # dollars a day
PLENTY = (1000,)  # when all is left to finish: what is in doubt stays for ten minutes of real time, however many days pass at X


@dataclass(frozen=True)
class Options:
    """What was asked for; `without` are KINDS that are left out, `together` is how many programs run at once."""

    seed: int
    seconds: float
    stores: str
    accounts: int
    hosts: int
    without: frozenset[str] = frozenset()
    together: int = 4


class Soak:
    """One soak in a folder of its own; `run()` is all of it, what it found is in the journal."""

    def __init__(self, options: Options, folder: Path, closing: ExitStack) -> None:
        self.options = options
        self.chance = Random(options.seed)
        self.kinds = set(KINDS) - options.without
        self.journal = Journal(folder / "steps", options.seed)
        self.troubles = Troubles()
        self.world = World(folder, self.chance, USERS, deep=self.chance.random() < 0.3)
        closing.callback(self.world.close)
        self.stores = Stores(options.stores)
        closing.callback(self.stores.close)
        one_app = self.stores.redis is not None
        self.hosts = making.made(folder, options.hosts, options.accounts, one_app, options.seconds / 60)
        for host in self.hosts:
            closing.callback(self._leave, host)
        self.accounts = [account for host in self.hosts for account in host.accounts]
        self.budgets: tuple[int, ...] = BUDGETS
        self.books = Books(self.world, self.journal, self.troubles)
        shared = Promises() if self.stores.redis else None
        self.promises = {host.name: shared or Promises() for host in self.hosts}
        self.wishes: dict[str, Wishes] = {}
        for host in self.hosts:
            shares = self.wishes.get(self.hosts[0].name) if one_app else None
            self.wishes[host.name] = shares or Wishes(self.world.now, host.folder)
        self.searched: set[str] = set()
        self.voices = self.world.voices()
        self._watch = Watch(self.journal, self.troubles, self.stores.secrets)
        (said := folder / "said").mkdir()
        self.crew = Crew(said, self.journal, self._watch, self.books, self.promises)
        closing.callback(self.crew.close)
        self.mishaps = Mishaps(self.chance, self.world, self.hosts, self.stores, self.troubles, self.journal, self.kinds)
        self.ending = Ending(self)
        self._looks = 0.0

    def run(self) -> None:
        self._settle_in()
        until = time.monotonic() + self.options.seconds
        while time.monotonic() < until and not self.journal.faults:
            self._live_a_day(until)
            self._end_day()
        if not self.journal.faults:
            self.ending.run()

    @property
    def places(self) -> list[Host]:
        """A host for each queue and meter that there are."""
        return self.hosts[:1] if self.stores.redis else self.hosts

    @property
    def secrets(self) -> set[str]:
        """What nobody may tell."""
        return self.stores.secrets.union(*(account.secrets() for account in self.accounts))

    def _leave(self, host: Host) -> None:
        host.close(keep=bool(self.journal.faults))

    # -- the first day ---------------------------------------------------------------------------

    def _settle_in(self) -> None:
        """Hosts are set up as the documents say, and each account signs in by PIN."""
        for host in self.hosts:
            host.shared = self.stores.settings
            host.write_shared()
            host.set_clock(self.world.offset)
        for number, account in enumerate(self.accounts):
            self._set_up(account, number)
        self._new_budget()
        for account in self.accounts:
            self.crew.start(signing.begin(self._around(account)), account)
        self.crew.quiet()
        for host in self.places:
            self.ending.queue_everybody(host.accounts[0])
            for command in streaming.first(around := self._around(host.accounts[0])):
                self.crew.start(table.configured(command, around), around.account)
        self.crew.quiet()

    def _set_up(self, account: Account, number: int) -> None:
        """Its user is one of the crowd, whom nothing happens to."""
        account.index = 1_000 + number
        while self.world.tell("state", {"user": account.index})["state"] != "active":
            account.index += 100
        account.name = self.world.name(account.index)
        account.auth = "app" if number % 4 == 3 else "user"
        secret = account.host.app.replace("-key", "-secret")
        keys = {"consumer_key": account.host.app, "consumer_secret": secret, "auth": account.auth, "api": self.world.url}
        kinds = {"expand": "full" if number % 4 == 2 else "default", "dialect": "post" if number % 2 else "legacy"}
        account.write(**keys, **kinds, data=account.host.data, budget=5, timeout=2, maxcpu=100, maxmem=100, graph="on")

    # -- days ------------------------------------------------------------------------------------

    def _live_a_day(self, until: float) -> None:
        if self.chance.random() < 0.6:
            self.mishaps.happen("x")  # most is read in the morning
        night = min(until, time.monotonic() + self.chance.uniform(*DAY))
        for host in self.hosts:
            around = self._around(self.chance.choice(host.accounts))
            if command := streaming.morning(around):
                self._begin(table.configured(command, around), around.account)
        while time.monotonic() < night and not self.journal.faults:
            if len(self.crew.running) < self.options.together:
                self._begin_something()
            self.mishaps.tick()
            self.crew.tick()
            time.sleep(PAUSE)

    def _begin_something(self) -> None:
        """Something happens in the world, something goes wrong, and a program begins, which may have to end early."""
        if "life" in self.kinds and self.chance.random() < 0.4:
            self.journal.step(self.world.live(), "events of the world")
        if self.chance.random() < 0.5:
            self.mishaps.happen()
        account = self.chance.choice(self.accounts)
        self._begin(table.drawn(self._around(account), self.chance), account)

    def _begin(self, command: Command, account: Account) -> None:
        limited = "disk" in self.kinds and not account.host.mounted and self.chance.random() < 0.03
        run = self.crew.start(command, account, self.chance.choice((20_000, 200_000)) if limited else None)
        fate = self.chance.random()
        if command.stays:
            if "kill" in self.kinds and fate < 0.4:
                run.doom = (run.began + self.chance.uniform(0.5, 12), signal.SIGKILL)
            return
        if "kill" in self.kinds and fate < 0.2:
            run.doom = (run.began + self._soon(), signal.SIGKILL)
        elif "term" in self.kinds and fate < 0.32:
            run.doom = (run.began + self._soon(), self.chance.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP)))

    def _soon(self) -> float:
        """Seconds in which a program may be at anything: most are over within one."""
        return self.chance.choice((self.chance.uniform(0.05, 0.7), self.chance.uniform(0.2, 3)))

    def _around(self, account: Account) -> Around:
        users = self.world.users()
        known = (users, users[:OBSERVED], self.stores.elastic is not None, self.ending.seen, self.voices)
        return Around(self.chance, account, *known, self.wishes[account.host.name], self.searched)

    def _end_day(self) -> None:
        """All come to their end, what must hold at any time is looked at, and the next day begins."""
        self.mishaps.over()
        self.crew.quiet()
        if time.monotonic() >= self._looks:
            began = time.monotonic()
            self.ending.look()
            self._looks = 3 * time.monotonic() - 2 * began  # looking takes ever longer, and finds no less a day later
        self.next_day()
        newcomers = self.world.come()
        for host in self.places:
            self.crew.start(do.put_on_work(host.accounts[0], newcomers), host.accounts[0])

    def next_day(self) -> None:
        """A new day at X and on every host, with another budget. No program may be running."""
        self.world.next_day()
        for host in self.hosts:
            host.set_clock(self.world.offset)
        if self.stores.redis:
            self.stores.redis.in_step(self.hosts[0].app, self.world.offset)
        self._new_budget()
        self.journal.step(f"it is {self.world.day}", "days")

    def plenty(self) -> None:
        """From now on, which is a new day, money is no obstacle."""
        self.budgets = PLENTY
        self.next_day()

    def _new_budget(self) -> None:
        dollars = self.chance.choice(self.budgets)
        for account in self.accounts:
            account.write(budget=dollars)
        for host in self.hosts:
            self.books.budgets[host.app, self.world.day] = dollars * 1_000_000

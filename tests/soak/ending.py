"""The end: all is mended and let run dry, and then what is recorded must be what X serves."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from tests.soak import archives, judging
from tests.soak.hosts import Account, Host
from tests.soak.last_holds import LastHolds
from tests.soak.programs import COPY, INDEX, entry
from tests.soak.runs import Run
from tests.soak.world import OBSERVED, WINDOW

if TYPE_CHECKING:
    from tests.soak.soak import Soak

QUEUES = ("work", "weekly", "usertest")
SETTLING = 8  # days until what was doubted of a list is believed
ROUNDS = 40


class Ending:
    """Looks at the end of each day at what holds at any time, and at the end at everything."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak
        self._journal = soak.journal
        self._world = soak.world
        self._ask = soak.crew.ask
        self.streams = LastHolds(soak)
        self.seen: list[str] = []  # some tweets that are recorded

    def run(self) -> None:
        """Let all run dry, twice: as it was left, and with everybody queued once more."""
        self._soak.plenty()
        self.streams.run()
        self._run_dry()
        self._keep_promises()
        self._soak.next_day()
        for host in self._soak.places:
            self._ask(host.accounts[0], "tw-wipework", "--queue", "weekly", "--yes")  # who failed there waits on work now
            self.queue_everybody(host.accounts[0])
        self._run_dry()
        for host in self._soak.hosts:
            self._replay(host)
        self.streams.judge()
        self.look()
        for host in self._soak.places:
            self._judge_queues(host)
            self._judge_people(host)
            self._judge_lists(host)
        for host in self._soak.hosts:
            self._judge_graph(host)
        self._judge_timelines()

    def look(self) -> None:
        """Nobody runs: money, databases, and no hole that a ledger calls complete."""
        for host in self._soak.hosts:
            for damage in archives.damages(host.data):
                self._journal.fault(f"{host.name}: {damage}")
            for path in archives.told(host.data, self._soak.secrets):
                self._journal.fault(f"{path} holds a secret")
        if self._journal.faults:
            return
        for host in self._soak.places:
            told = self._ask(host.accounts[0], "tw-spend", "--no-ask", "--json", "--since", "2006-03-21").stdout
            self._soak.books.compare(host.app, told, self.streams.unread(host))
        for hosts in self._archives:
            for index in (INDEX, COPY):
                claims, there = self._known(hosts, index)
                self.seen = [str(post) for post in list(there)[:200]] or self.seen
                for hole in archives.silent_holes(self._world, claims, there):
                    self._journal.fault(f"{hosts[0].name}, {index}: {hole}")

    # -- letting it run dry ----------------------------------------------------------------------

    def _run_dry(self) -> None:
        """Run the recorders of every host until no queue has anybody."""
        for number in range(ROUNDS):
            for host in self._soak.hosts:
                self._round(host.accounts[number % len(host.accounts)])
            left = {f"{host.name} {queue}": self._left(host, queue) for host in self._soak.places for queue in QUEUES}
            if not any(left.values()):
                return
            time.sleep(WINDOW / 4)
            self._soak.next_day()
        self._journal.fault(f"the queues do not run dry in {ROUNDS} rounds: { ({key: n for key, n in left.items() if n}) }")

    def _round(self, account: Account) -> None:
        for queue in ("work", "weekly"):
            self._ask(account, "tw-idu3elk", INDEX, "--queue", queue, "--wait", expected=frozenset({1}))
        self._ask(account, "tw-queue2usertest", "--again", "--wait", expected=frozenset({1}))

    def _queue(self, host: Host, queue: str) -> dict[str, Any]:
        return dict(json.loads(self._ask(host.accounts[0], "tw-showwork", "--queue", queue, "--json").stdout))

    def _left(self, host: Host, queue: str) -> int:
        told = self._queue(host, queue)
        return int(told["waiting"]) + len(told["claimed"])

    def _keep_promises(self) -> None:
        for host in self._soak.places:
            for queue in ("work", "weekly"):
                failed = {one["user"] for one in self._queue(host, queue)["failed"]}
                for user in self._soak.promises[host.name].broken(queue, failed):
                    self._journal.fault(f"{host.name}: user {user} was put on {queue} and never recorded")

    def queue_everybody(self, account: Account) -> None:
        """Also those who had failed: faults of X are over."""
        given = "".join(entry(user["id"]) + "\n" for user in self._world.users())
        for program in ("tw-quser2work", "tw-quser2usertest"):
            self._ask(account, program, "-", given=given)

    def _replay(self, host: Host) -> None:
        """Every user of a host once more, for the pages that their runs had put by."""
        for account in host.accounts:
            self._ask(account, "tw-idu3elk", INDEX)

    # -- judging ---------------------------------------------------------------------------------

    @property
    def _archives(self) -> list[list[Host]]:
        """The hosts of each archive: on a server they all have one, in files each has its own."""
        return [self._soak.hosts] if self._soak.stores.elastic else [[host] for host in self._soak.hosts]

    def _known(self, hosts: list[Host], index: str) -> tuple[list[archives.Claimed], set[int]]:
        """What the ledger of an archive says, and what is there, or among the dead letters of its hosts."""
        account = hosts[0].accounts[0]
        told = self._ask(account, "tw-coverage", index, "--json", expected=frozenset({1}))
        if told.poll() != 0:
            return [], set()
        found = self._ask(account, "tw-search", index, "--since", "2006-01-01", "--json", expected=frozenset({1}))
        buried = (archives.buried(host.data, f"tw{index}") for host in hosts)
        return archives.ledger(told.stdout), archives.recorded(found.stdout).union(*buried)

    def _judge_queues(self, host: Host) -> None:
        for queue in QUEUES:
            told = self._queue(host, queue)
            if told["waiting"] or told["claimed"] or told["failed"]:
                self._journal.fault(f"{host.name}: {queue} is not empty though nothing is wrong any more: {json.dumps(told)}")

    def _judge_graph(self, host: Host) -> None:
        """What is in files is fed from them alone; of a server that hosts share each feeds what it has recorded."""
        self._ask(host.accounts[0], "tw-graph", "feed")
        if not (self._soak.stores.elastic and len(self._soak.hosts) > 1):
            self._ask(host.accounts[0], "tw-graph", "check", INDEX)

    def _judge_timelines(self) -> None:
        """In each archive; of hosts that share a queue the one counts that asked last."""
        archived = [self._known(hosts, INDEX) for hosts in self._archives]
        groups = [archived] if self._soak.stores.redis else [[one] for one in archived]
        users = self._world.users()
        for user in users:
            posts = self._world.posts(user["id"])
            for group in groups:
                claims = [(claim, there) for ledger, there in group for claim in ledger if claim.user == user["id"]]
                for wrong in judging.timeline(user, posts, *judging.latest(claims)):
                    self._journal.fault(wrong)
            self._journal.counts["posts at X"] += len(posts)
        self._journal.counts["posts in the archives"] += sum(len(there) for _, there in archived)
        for host in self._soak.hosts:
            for path in archives.spooled(host.data):
                self._journal.fault(f"{path} still has pages")

    def _judge_people(self, host: Host) -> None:
        account = host.accounts[0]
        users = [user for user in self._world.users() if entry(user["id"]) == user["id"]]
        given = "".join(user["id"] + "\n" for user in users)
        told = self._ask(account, "tw-tumsearch", "-", "-", "--both", given=given)
        for wrong in judging.profiles(users, told.stdout):
            self._journal.fault(f"{host.name}: {wrong}")
        for user in (one for one in users if one["index"] < OBSERVED):  # others may be gone
            for direction, verb in (("followers", "follow"), ("following", "friend")):
                for _ in range(2):  # the first one may go on with a list that was begun days ago, and has changed since
                    self._whole(account, f"tw-{verb}2usertest", user["id"], "--yes", "--wait")
                told = self._whole(account, f"tw-{verb}quick", user["id"], "-", "--yes")
                for wrong in judging.circle(self._world, user["id"], direction, told.stdout):
                    self._journal.fault(f"{host.name}: {wrong}")

    def _judge_lists(self, host: Host) -> None:
        """Days of quiet runs: removals that were in doubt are settled by then."""
        account = host.accounts[0]
        for _ in range(SETTLING):
            self._ask(account, "tw-tracklists", INDEX, "--relist", "1", expected=frozenset({1, 75, 77}))
            self._soak.next_day()
            time.sleep(1)
        told = self._ask(account, "tw-listlog", INDEX, "--json", expected=frozenset({1})).stdout
        for wrong in judging.lists(self._world, told):
            self._journal.fault(f"{host.name}: {wrong}")

    def _whole(self, account: Account, program: str, *arguments: str) -> Run:
        """Run a program until it is done, day after day if the budget wants it."""
        for _ in range(ROUNDS):
            run = self._ask(account, program, *arguments)
            if run.poll() not in (75, 77):
                break
            time.sleep(WINDOW / 4)
            self._soak.next_day()
        return run

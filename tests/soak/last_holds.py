"""The end of captures by stream: each host holds the connection once more, and what is recorded is held against the truth."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.soak import archives, captured
from tests.soak.hosts import Host
from tests.soak.programs import FAILS, FOUND
from tests.soak.runs import Command
from tests.soak.wishes import CAPTURES

if TYPE_CHECKING:
    from tests.soak.soak import Soak

PATIENCE = 60.0  # seconds
HELD = 6.0


class LastHolds:
    """Of all hosts."""

    def __init__(self, soak: Soak) -> None:
        self._soak = soak
        self._ask = soak.crew.ask
        self.there: dict[str, dict[str, set[int]]] = {}  # what each host has of each capture

    def run(self) -> None:
        """Nothing is wrong, and no money is short: a while of that on each host says of older times what is to be said."""
        for host in self._soak.hosts:
            account = host.accounts[0]
            index = next((one for one in CAPTURES if one in self._soak.wishes[host.name].on), None)
            if index is None:
                continue
            command = Command("tw-stream", [index, "--config", str(account.config)], expected=FAILS, longest=PATIENCE)
            run = self._soak.crew.start(command, account)
            while run in self._soak.crew.running and run.lasted < PATIENCE and "connected to X" not in run.stderr:
                self._soak.crew.tick()
                time.sleep(0.1)
            until = time.monotonic() + HELD
            while run in self._soak.crew.running and time.monotonic() < until:
                self._soak.crew.tick()
                time.sleep(0.1)
            run.signal(signal.SIGTERM)
            self._soak.crew.quiet()
            if "connected to X" not in run.stderr:
                self._soak.journal.fault(f"{run} does not connect, though nothing is wrong any more: {run.last_words}")
        for wishes in self._soak.wishes.values():
            for index in CAPTURES:
                wishes.changing(index)
        self._soak.world.tell("stream", {"rate": 0})

    def judge(self) -> None:
        """What is recorded, and what is said of it."""
        soak = self._soak
        self.there = {host.name: {index: self._recorded(host, index) for index in (*CAPTURES, FOUND)} for host in soak.hosts}
        for group in self._groups():
            for wrong in self._wrong(group):
                soak.journal.fault(f"{', '.join(host.name for host in group)}: {wrong}")
        for app in {host.app for host in soak.hosts}:
            for wrong in captured.connects(soak.world.connects(app)):
                soak.journal.fault(f"{app}: {wrong}")
        for host in soak.hosts:
            self._judge_searches(host)

    def unread(self, host: Host) -> dict[str, int]:
        """What X may have billed of the stream, by day, and nobody read (micro-dollars)."""
        there = {post for known in self.there.values() for index in CAPTURES for post in known[index]}
        return captured.unread(self._soak.world.flushed(host.app), there)

    def _groups(self) -> list[list[Host]]:
        """Hosts that share their captures."""
        hosts = self._soak.hosts
        return [hosts] if self._soak.stores.redis else [[host] for host in hosts]

    def _wrong(self, group: list[Host]) -> Iterator[str]:
        wishes = self._soak.wishes[group[0].name]
        for index in CAPTURES:
            there = {post for host in group for post in self.there[host.name][index]}
            gaps = [gap for host in group for gap in self._gaps(host, index)]
            self._soak.journal.counts["posts of the stream in captures"] += len(there)
            self._soak.journal.counts["gaps of captures"] += len(gaps)
            for wrong in captured.capture(self._soak.world, wishes.versions[index], there, gaps):
                yield f"{index}: {wrong}"

    def _gaps(self, host: Host, index: str) -> captured.Times:
        run = self._ask(host.accounts[0], "tw-gaps", index, "--json", expected=FAILS)
        return captured.times(run.stdout) if run.poll() == 0 else []

    def _recorded(self, host: Host, index: str) -> set[int]:
        run = self._ask(host.accounts[0], "tw-search", index, "--since", "2006-01-01", "--json", expected=FAILS)
        return archives.recorded(run.stdout) | archives.buried(host.data, f"tw{index}")

    def _judge_searches(self, host: Host) -> None:
        lines = "".join(f"{line}\n" for line in sorted(self._soak.searched))
        arguments = (FOUND, "-", "--coverage", "--json")
        if lines:
            told = self._ask(host.accounts[0], "tw-search2elk", *arguments, given=lines, expected=FAILS).stdout
            for wrong in captured.found(self._soak.world, told, self.there[host.name][FOUND]):
                self._soak.journal.fault(f"{host.name}, {FOUND}: {wrong}")
            self._soak.journal.counts["searches that were judged"] += told.count("\n")

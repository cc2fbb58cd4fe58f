"""What each service of a host takes of its processors and its memory, by /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

SUPERVISED = ("supervisord", "accounts", "holder of the stream", "other captures")
HEADS = ("service", "processes at most", "of a processor", "MiB at most")


@dataclass
class Shares:
    """`servers` are their processes by name; below the `supervisor` run the shells and programs that it keeps. `holder` is the
    process that holds the stream. Memory is that of a process alone and its part of what it shares (PSS)."""

    servers: dict[str, int]
    supervisor: int
    holder: int
    spent: dict[str, float] = field(default_factory=dict)
    most: dict[str, int] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    began: float = 0.0

    def begin(self) -> None:
        """What was spent until now does not count."""
        self.began, self.spent = time.monotonic(), self._seconds()

    def look(self) -> None:
        """See how much memory each service has now."""
        held: dict[str, list[int]] = {}
        for service, process in self._all():
            with suppress(psutil.NoSuchProcess):
                held.setdefault(service, []).append(process.memory_full_info().pss)
        for service, sizes in held.items():
            self.count[service] = max(self.count.get(service, 0), len(sizes))
            self.most[service] = max(self.most.get(service, 0), sum(sizes))

    def table(self) -> str:
        """A line for each service, and for all."""
        took, now = time.monotonic() - self.began, self._seconds()
        shares = {service: (spent - self.spent.get(service, 0.0)) / took for service, spent in now.items()}
        rows = [(one, self.count.get(one, 0), shares[one], self.most.get(one, 0)) for one in shares]
        rows.append(("all", sum(self.count.values()), sum(shares.values()), sum(self.most.values())))
        lines = [f"| {one} | {count} | {share:.1%} | {most >> 20:,} |" for one, count, share, most in rows]
        return "\n".join([f"| {' | '.join(HEADS)} |", "|---|---|---|---|", *lines])

    def _seconds(self) -> dict[str, float]:
        """Of processor time that each service had. Who has ended is counted by whoever waited for them; of those that are
        supervised, accounts alone end."""
        own = dict.fromkeys((*SUPERVISED, *self.servers), 0.0)
        for service, process in self._all():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                own[service] += times.user + times.system
                if service in SUPERVISED:
                    own["accounts"] += times.children_user + times.children_system
        return own

    def _all(self) -> Iterator[tuple[str, psutil.Process]]:
        for service, pid in self.servers.items():
            yield service, psutil.Process(pid)
        keeper = psutil.Process(self.supervisor)
        yield "supervisord", keeper
        for process in keeper.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                yield self._service(process), process

    def _service(self, process: psutil.Process) -> str:
        words = process.cmdline()
        if process.pid == self.holder:
            return "holder of the stream"
        if not words or os.path.basename(words[0]) in ("sh", "sleep"):
            return "supervisord"
        return "other captures" if any(word.endswith("/tw-stream") for word in words) else "accounts"

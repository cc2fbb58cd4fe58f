"""What goes wrong around the programs: X, disks, clocks, servers. Each begins by chance and is over after a while."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from tests.soak import xfaults
from tests.soak.hosts import Host
from tests.soak.journal import Journal
from tests.soak.stores import Stores
from tests.soak.troubles import Troubles
from tests.soak.world import World

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
ERRORS = (-40.0, 40.0, 2 * MINUTE, -2 * MINUTE, 20 * MINUTE, -20 * MINUTE, -3 * HOUR, 25 * HOUR, -DAY, 3 * DAY, 90 * DAY)
BALLAST = "ballast"


@dataclass
class Ill:
    """Something that is wrong, until when, and what mends it."""

    kind: str
    where: str
    until: float
    mend: Callable[[], object]
    mending: Future[object] | None = None


class Mishaps:
    """`kinds` are those that may happen: x, stray (posts out of their order at X), stream, disk, clock, server."""

    def __init__(
        self,
        chance: Random,
        world: World,
        hosts: list[Host],
        stores: Stores,
        troubles: Troubles,
        journal: Journal,
        kinds: set[str],
    ) -> None:
        self._chance = chance
        self._world = world
        self._hosts = hosts
        self._stores = stores
        self._troubles = troubles
        self._journal = journal
        self._ill: list[Ill] = []
        self._menders = ThreadPoolExecutor()
        self._strays = "stray" in kinds
        kinds = kinds if stores.servers else kinds - {"server"}
        kinds = kinds if all(host.mounted for host in hosts) else kinds - {"disk"}
        weights = {
            "x": (6, self._x),
            "stream": (4, self._stream),
            "disk": (1, self._disk),
            "clock": (2, self._clock),
            "server": (1, self._server),
        }
        self._kinds = {kind: found for kind, found in weights.items() if kind in kinds}

    def happen(self, kind: str = "") -> None:
        """Let something go wrong, unless it does already; of any kind if none is named."""
        if not self._kinds or (kind and kind not in self._kinds):
            return
        weights = [weight for weight, _ in self._kinds.values()]
        kind = kind or self._chance.choices(list(self._kinds), weights)[0]
        if kind not in {ill.kind for ill in self._ill}:
            self._kinds[kind][1]()

    def tick(self) -> None:
        """Mend what has lasted long enough. Programs go on meanwhile: a server takes its time to come back."""
        for ill in list(self._ill):
            if ill.mending is None and ill.until <= time.monotonic():
                ill.mending = self._menders.submit(ill.mend)
            if ill.mending and ill.mending.done():
                self._well(ill)

    def over(self) -> None:
        """Mend everything."""
        for ill in list(self._ill):
            ill.mending = ill.mending or self._menders.submit(ill.mend)
            self._well(ill)

    def _well(self, ill: Ill) -> None:
        assert ill.mending
        ill.mending.result()
        self._ill.remove(ill)
        self._troubles.end(ill.kind, ill.where)
        self._journal.step(f"{ill.kind} {ill.where} is well again")

    def _for(self, kind: str, least: float, most: float, mend: Callable[[], object], where: str = "") -> None:
        """To be said before it goes wrong: no program shall meet it unexplained."""
        self._troubles.begin(kind, where)
        self._ill.append(Ill(kind, where, time.monotonic() + self._chance.uniform(least, most), mend))

    def _x(self) -> None:
        faults = xfaults.drawn(self._chance, self._strays)
        self._for("x", 1, 5, lambda: self._world.tell("faults", {"faults": [], "replace": True}))
        self._world.tell("faults", {"faults": faults, "replace": True})
        self._journal.step(f"X: {json.dumps(faults)}", "faults of X")

    def _stream(self) -> None:
        faults = xfaults.of_stream(self._chance)
        self._for("stream", 2, 6, lambda: self._world.tell("stream/faults", {"faults": [], "replace": True}))
        self._world.tell("stream/faults", {"faults": faults, "replace": True})
        self._journal.step(f"X's stream: {json.dumps(faults)}", "faults of streams")

    def _disk(self) -> None:
        host = self._chance.choice(self._hosts)
        ballast = host.data / BALLAST
        self._for("disk", 0.5, 3, lambda: ballast.unlink(missing_ok=True), host.name)
        left = self._chance.choice((0, 0, 4_096, 40_000, 300_000))
        disk = os.statvfs(host.data)
        with ballast.open("wb") as file, suppress(OSError):  # others write meanwhile
            os.posix_fallocate(file.fileno(), 0, max(disk.f_bavail * disk.f_frsize - left, 1))
        self._journal.step(f"the disk of {host.name} is full, but for {left:,} bytes", "full disks")

    def _clock(self) -> None:
        host = self._chance.choice(self._hosts)

        def right() -> None:
            host.error = 0.0
            host.set_clock(self._world.offset)

        self._for("clock", 1, 5, right, host.name)
        host.error = self._chance.choice(ERRORS)
        host.set_clock(self._world.offset)
        self._journal.step(f"the clock of {host.name} is wrong by {host.error:+.0f} s", "steps of a clock")

    def _server(self) -> None:
        name, strike, back = self._stores.drawn(self._chance)
        self._for("server", 0.2, 4, back)
        strike()
        self._journal.step(name, "servers killed, restarted or held still")

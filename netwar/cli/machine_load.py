"""Room on the machine: a worker that would make a full machine fuller waits, and in the end takes no work."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

from netwar.errors import Busy

log = logging.getLogger("netwar.room")

PATIENCE = 60.0
LOOK = 1.0

Measure = Callable[[float], tuple[float, float]]


def wait_for_room(maxcpu: int, maxmem: int, patience: float = PATIENCE, measure: Measure | None = None) -> None:
    """Return when less than `maxcpu` percent of the processors and `maxmem` percent of the memory are in use.

    Both are percent of the whole machine. Looks once a second, for `patience` seconds; raises Busy
    after that. `measure(seconds)` gives (cpu, memory) in percent, the first averaged over so long.
    """
    measure = measure or in_use
    began = time.monotonic()
    for seconds in _looks():
        cpu, memory = measure(seconds)
        if cpu <= maxcpu and memory <= maxmem:
            return
        if not seconds:
            log.info("waiting up to %.0f s for room: %s", patience, _said(cpu, maxcpu, memory, maxmem))
        if time.monotonic() - began + LOOK > patience:
            raise Busy(f"no room on this machine, so no claim was taken: {_said(cpu, maxcpu, memory, maxmem)}")


def _looks() -> Iterator[float]:
    """The first look costs no time; the later ones last a second each, which is also the waiting."""
    return chain([0.0], repeat(LOOK))


def in_use(seconds: float) -> tuple[float, float]:
    """Percent of processors and memory in use. For 0 seconds the last minute's load stands for the processors."""
    import psutil

    memory = float(psutil.virtual_memory().percent)
    if seconds:
        return float(psutil.cpu_percent(seconds)), memory
    return min(100.0, 100.0 * os.getloadavg()[0] / (os.cpu_count() or 1)), memory


def _said(cpu: float, maxcpu: int, memory: float, maxmem: int) -> str:
    told = []
    if cpu > maxcpu:
        told.append(f"{cpu:.0f} % of the processors are in use (maxcpu = {maxcpu})")
    if memory > maxmem:
        told.append(f"{memory:.0f} % of the memory is in use (maxmem = {maxmem})")
    return " and ".join(told)

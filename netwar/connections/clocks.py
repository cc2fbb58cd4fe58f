"""Clocks that nobody sets: how long this machine has been up, and a time of day that counts on from there.

A host's clock is set by people, by NTP and by dead batteries, forward and back, in the middle of a run and between two.
What is to last for a while, or to come after something else, is measured by the boot clock.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

UPTIME = Path("/proc/uptime")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

# The row of each boot says by how much its time of day is before the boot clock.
TABLE = """
    CREATE TABLE boots (
        boot TEXT PRIMARY KEY,
        beyond REAL NOT NULL
    ) WITHOUT ROWID;
"""
FIND = "SELECT beyond FROM boots WHERE boot = ?"
LARGEST = 1e11  # seconds
KEEP = "INSERT OR IGNORE INTO boots VALUES (?, ?)"


def boot_clock() -> float:
    """Seconds since this machine was started, those in which it slept included."""
    return _steady() + _missing()


def boot_id() -> str:
    """What tells this start of the machine from all others; empty where the system does not say."""
    try:
        return BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@cache
def _missing() -> float:
    """By how much the library's boot clock is behind the kernel's: nothing, unless it was set off for this program alone."""
    try:
        apart = float(UPTIME.read_text("ascii").split()[0]) - _steady()
    except (OSError, ValueError, IndexError):
        return 0.0
    return apart if abs(apart) > 1 else 0.0


class SteadyClock:
    """The time of day as a file has it: seconds since 1970, of the host's clock when the file was first used since the
    machine was started, and counted on by the boot clock. All programs that use the file have the same.

    `migrated` is a connection to a file that has TABLE. Where it cannot be written the host's clock of now is used.
    """

    def __init__(
        self,
        migrated: sqlite3.Connection,
        up: Callable[[], float] = boot_clock,
        boot: str | None = None,
        wall: Callable[[], float] = lambda: time.time(),
    ) -> None:
        self._up = up
        self._wall = wall
        self.boot = boot_id() if boot is None else boot
        self._beyond = self._kept(migrated) if self.boot else None

    def __call__(self) -> float:
        return self._wall() if self._beyond is None else self._up() + self._beyond

    @property
    def ahead(self) -> float:
        """By how many seconds it is ahead of the host's clock."""
        return self() - self._wall()

    def _kept(self, connection: sqlite3.Connection) -> float | None:
        beyond = self._wall() - self._up()
        if found := connection.execute(FIND, (self.boot,)).fetchone():
            return float(found[0]) if _is_time(found[0]) else beyond  # else somebody else wrote it
        with suppress(sqlite3.OperationalError):  # a file that may only be read, or a full disk
            connection.execute(KEEP, (self.boot, beyond))
        found = connection.execute(FIND, (self.boot,)).fetchone()
        return float(found[0]) if found and _is_time(found[0]) else beyond


def _is_time(beyond: object) -> bool:
    return isinstance(beyond, int | float) and abs(beyond) < LARGEST

"""At most four servers of the Elasticsearch family at a time: they are heavy, and machines have two processors.

Three are for the tests (`lanes.LANES`), one for a soak beside them.
"""

from __future__ import annotations

import fcntl
import time
from io import TextIOWrapper
from pathlib import Path

from tests.servers import places
from tests.servers.trouble import CannotStart

AT_ONCE = 4
PATIENCE = 240.0


class Slot:
    """The right to run one of them. It is a lock on a file, which the kernel frees if we die."""

    def __init__(self, folder: Path | None = None, patience: float = PATIENCE) -> None:
        """Wait for a free one among those of a folder (of this checkout, if none is named); raises CannotStart."""
        until = time.monotonic() + patience
        while not (lock := _any_free(folder or places.locks())):
            if time.monotonic() > until:
                raise CannotStart(f"{AT_ONCE} servers ran for {patience:.0f} s without a break: let other runs of the tests end")
            time.sleep(0.2)
        self._lock = lock

    def release(self) -> None:
        self._lock.close()


def _any_free(folder: Path) -> TextIOWrapper | None:
    for number in range(AT_ONCE):
        lock = open(folder / f"slot-{number}", "w")  # noqa: SIM115
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock
    return None

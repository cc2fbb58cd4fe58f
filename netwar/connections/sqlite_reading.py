"""The first read of a database in a folder that others may write to.

SQLite opens what stands beside the file then, and waits for ever, deaf to signals, where somebody has just put a pipe there.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from netwar.connections.reaching import is_open_to_others

LOOK_SECONDS = 0.5  # from one look to the next, while there is no answer
LONGEST_SECONDS = 600  # a log of some gigabytes may have to be gone through


def first_read(connection: sqlite3.Connection, path: Path, look: Callable[[], object], leave: Callable[[], object]) -> None:
    """Read once. In such a folder another thread does it, while this one heeds signals and now and then has a `look`.

    A connection of which no answer was waited for can be neither used nor closed any more: `leave` is told before anything is
    raised. Raises sqlite3.Error, what `look` raises, and BlockingIOError.
    """
    if not is_open_to_others(path.parent):
        return _read(connection)
    failed: list[BaseException] = []
    ended = threading.Event()  # a join() that a signal ends takes the thread for ended
    until = time.monotonic() + LONGEST_SECONDS
    reading = threading.Thread(target=_tried, args=(connection, failed, ended, leave), daemon=True)
    try:
        reading.start()
    except RuntimeError:  # this user may have no more threads
        return _read(connection)
    try:
        while not ended.wait(LOOK_SECONDS):
            look()
            if time.monotonic() > until:
                raise BlockingIOError(errno.EWOULDBLOCK, f"it could not be read within {LONGEST_SECONDS} s")
    except BaseException:
        if not ended.is_set():
            leave()
        raise
    reading.join()
    if failed:
        raise failed[0]


def _tried(
    connection: sqlite3.Connection, failed: list[BaseException], ended: threading.Event, leave: Callable[[], object]
) -> None:
    """Read, and keep what `leave` knows of: Python closes nothing as it ends that a thread has which it does not wait for."""
    try:
        _read(connection)
    except BaseException as error:
        failed.append(error)
    finally:
        ended.set()


def _read(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA user_version").fetchone()

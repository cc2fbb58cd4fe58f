"""Connections that nobody closed, told for certain.

Each is part of a cycle (its cache of statements), so that the garbage collector finds it, and Python 3.13 warns of it then:
sooner or later, in this test or in another. Here they stay until they are closed, on every Python.
"""

from __future__ import annotations

import sqlite3
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netwar.connections import sqlite_files

BOARD = "board"  # what cli.teller calls its thread
SECONDS = 10  # that it may take for its last word


def hold() -> None:
    """From now on, in this process and in its forks, nothing but closing ends a connection."""
    sqlite_files._open = dict(sqlite_files._open)  # type: ignore[assignment]


@contextmanager
def closed_at_the_end() -> Iterator[None]:
    """Close what is opened in the block and left open: a test need not close what it looks into.

    A run's own thread, which tells the board, has to end first: SQLite's connections may not be closed while another thread is at
    them (Python 3.14 crashes), and in the next test it would be that thread's that are closed. So it is a fault to leave one.
    """
    before, threads = set(sqlite_files.still_open()), set(threading.enumerate())
    try:
        yield
    finally:
        telling = [thread for thread in set(threading.enumerate()) - threads if thread.name == BOARD]
        for thread in telling:
            thread.join(SECONDS)
        assert not any(map(threading.Thread.is_alive, telling)), "a run that began in this process has not ended"
        for connection in set(sqlite_files.still_open()) - before:
            connection.close()


def tell() -> None:
    """Warn of those that are open, for whoever reads what the program has said."""
    for connection in sqlite_files.still_open():
        if connection.forked:
            continue
        path = ""
        with suppress(sqlite3.Error):
            path = connection.execute("PRAGMA database_list").fetchone()[2]
        warnings.warn(f"unclosed database {path}", ResourceWarning, stacklevel=2)

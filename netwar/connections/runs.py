"""Runs: who is working, told apart from who has died.

Each process that holds a claim or a reservation keeps a lock on a run file. The kernel lets go of
the lock when the process ends, however it ends, so on one host a lock that can be had is proof that
its run is dead, and what it held can be freed at once.

Hosts that share a Redis have each its own folder of runs, and containers often have the same host name: so a holder
is named HOST:RUN:FOLDER, where FOLDER is an id that is drawn when the folder is made, and is judged only where both are ours.
RUN and FOLDER are 32 hexadecimal digits each. A name comes out of a queue or a meter that others may write to, so nothing else
of it ever becomes part of a path.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from netwar.connections.folders import existing, lock, made, opened, own, trouble
from netwar.errors import Busy, ServiceDown

HOST = socket.gethostname()
ID = "id"
HEX = r"[0-9a-f]{32}"


class Run:
    """This process's run: `holder` names it in queue and meter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.holder = ""  # until it may hold anything
        self._run = ""
        self._lock: int | None = None

    def begin(self) -> str:
        """Take the run's lock, once, before anything is held in its name; the holder's name."""
        if self._lock is None:
            self._run = uuid.uuid4().hex
            self.holder = f"{HOST}:{self._run}:{_id(self.folder) or _drawn_id(self.folder)}"
            self._lock = _locked(self._file(self._run))
        return self.holder

    def end(self) -> None:
        """Let go of the lock and remove the file: for a run that holds nothing any more."""
        if self._lock is not None:
            _removed(self._file(self._run))
            os.close(self._lock)
            self._lock = None

    def dead(self, holder: Any) -> bool:
        """Is this holder known to be dead? Never said of this run, nor of one on another host or of another folder."""
        run = self._here(holder)
        if run is None:
            return False
        try:
            handle = existing(self._file(run))
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look at once do not deceive each other
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True

    def remove_stale(self, holder: Any) -> None:
        """Remove the file of a dead run once nothing is held in its name any more."""
        if run := self._here(holder):
            _removed(self._file(run))

    def _here(self, holder: Any) -> str | None:
        """Which other run of this folder a holder is; None for what is not known to be one."""
        named = re.fullmatch(rf"{re.escape(HOST)}:({HEX})(?::({HEX}))?", str(holder))
        if named is None or holder == self.holder:
            return None
        return named[1] if named[2] in (None, _id(self.folder)) else None  # None in files of older versions

    def _file(self, run: str) -> Path:
        return self.folder / f"{run}.run"


def exclusive(folder: Path, name: str, told: str, *, among_own: bool = False) -> int:
    """Hold the lock `name` for as long as this process lives. Raises Busy, saying `told`, if another has it.

    `among_own` runs of this user alone it is a file that nobody else may hold, and with it end every run of ours.
    """
    path = made(folder) / f"{name}.alone"
    numbered = among_own and (mine := own(path)) != path
    handle = opened(mine if numbered else path, os.O_RDWR, own=numbered)
    try:
        if numbered:
            os.fchmod(handle, 0o600)  # whoever may read it may lock it
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Busy(told) from None
    return handle


def _id(folder: Path) -> str:
    """What tells a folder of runs from all others; empty when no run ever began in it, or where that cannot be told."""
    try:
        with os.fdopen(existing(folder / ID), errors="replace") as file:
            found = file.read(100)
    except OSError:
        return ""
    return found if re.fullmatch(HEX, found) else ""


def _drawn_id(folder: Path) -> str:
    """Give a folder its id; of several who do so at once, the first one's."""
    path = folder / ID
    try:
        made(folder)
        with os.fdopen(opened(path, os.O_RDWR | os.O_APPEND), "a+", errors="replace") as file:
            lock(file.fileno())
            file.seek(0)
            if not (drawn := file.read(100)):
                file.write(drawn := uuid.uuid4().hex)
    except OSError as error:
        raise ServiceDown(f"{path} cannot be made: {trouble(error)}") from error
    if not re.fullmatch(HEX, drawn):
        raise ServiceDown(f"{path} is not what this program wrote: move it away while no other program runs")
    return drawn


def _removed(path: Path) -> None:
    """A file that stays, as on a disk that is read-only by now, is that of a run that is dead all the same."""
    with suppress(OSError):
        path.unlink()


def _locked(path: Path) -> int:
    try:
        handle = opened(made(path.parent) / path.name, os.O_RDWR | os.O_EXCL)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ServiceDown(f"{path} cannot be made: {trouble(error)}") from error
    return handle

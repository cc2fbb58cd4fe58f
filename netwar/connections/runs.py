"""Runs: who is working, told apart from who has died.

Each process that holds a claim or a reservation keeps a lock on a run file. The kernel lets go of
the lock when the process ends, however it ends, so on one host a lock that can be had is proof that
its run is dead, and what it held can be freed at once.

Hosts that share a Redis have each its own folder of runs, and containers often have the same host name: so a holder
is named HOST:RUN:FOLDER, where FOLDER is an id that is drawn when the folder is made, and is judged only where both are ours.
"""

from __future__ import annotations

import fcntl
import os
import socket
import uuid
from pathlib import Path

from netwar.connections.folders import made, opened, trouble
from netwar.errors import Busy, ServiceDown

HOST = socket.gethostname()
ID = "id"


class Run:
    """This process's run: `holder` names it in queue and meter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.holder = ""  # until it may hold anything
        self._lock: int | None = None

    def begin(self) -> str:
        """Take the run's lock, once, before anything is held in its name; the holder's name."""
        if self._lock is None:
            self.holder = f"{HOST}:{uuid.uuid4().hex}:{_id(self.folder) or _drawn_id(self.folder)}"
            self._lock = _locked(_file(self.folder, self.holder))
        return self.holder

    def end(self) -> None:
        """Let go of the lock and remove the file: for a run that holds nothing any more."""
        if self._lock is not None:
            _file(self.folder, self.holder).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def dead(self, holder: str) -> bool:
        """Is this holder known to be dead? Never said of this run, nor of one on another host or of another folder."""
        host, _, *folder = holder.split(":")
        if holder == self.holder or host != HOST or folder not in ([], [_id(self.folder)]):  # [] in files of older versions
            return False
        path = _file(self.folder, holder)
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        except PermissionError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two that look at once do not deceive each other
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True

    def bury(self, holder: str) -> None:
        """Remove the file of a dead run once nothing is held in its name any more."""
        _file(self.folder, holder).unlink(missing_ok=True)


def alone(folder: Path, name: str, told: str) -> int:
    """Hold the lock `name` for as long as this process lives. Raises Busy, saying `told`, if another has it."""
    handle = opened(made(folder) / f"{name}.alone", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Busy(told) from None
    return handle


def _file(folder: Path, holder: str) -> Path:
    return folder / f"{holder.split(':')[1]}.run"


def _id(folder: Path) -> str:
    """What tells a folder of runs from all others; empty when no run ever began in it."""
    try:
        return (folder / ID).read_text()
    except FileNotFoundError:
        return ""


def _drawn_id(folder: Path) -> str:
    """Give a folder its id; of several who do so at once, the first one's."""
    path = folder / ID
    try:
        made(folder)
        with os.fdopen(opened(path, os.O_RDWR | os.O_APPEND), "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if drawn := file.read():
                return drawn
            file.write(drawn := uuid.uuid4().hex)
        return drawn
    except OSError as error:
        raise ServiceDown(f"{path} cannot be made: {trouble(error)}") from error


def _locked(path: Path) -> int:
    try:
        handle = opened(made(path.parent) / path.name, os.O_RDWR | os.O_EXCL)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ServiceDown(f"{path} cannot be made: {trouble(error)}") from error
    return handle

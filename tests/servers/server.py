"""A running server, whatever its kind."""

from __future__ import annotations

import os
import shutil
import socket
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.certificates import Certificates
from tests.servers.kinds import Kind, kind_of
from tests.servers.processes import Launch, Process
from tests.servers.slots import Slot
from tests.servers.trouble import CannotStart
from tests.servers.users import RECORDER, User

POLL_SECONDS = 0.05


@dataclass
class Server(ABC):
    """One server, with data of its own, on a port of its own. Leaving its context ends it and removes the data.

    `url` holds no password. `users` is empty where nobody is asked; else it has an admin, who may do anything, a
    recorder, who may what conf/ lets a recorder do, and a reader.
    """

    of: Kind
    port: int
    folder: Path
    launch: Launch
    users: dict[str, User] = field(default_factory=dict)
    certificates: Certificates | None = None
    version: str = ""
    patience: float = 120
    process: Process | None = field(default=None, init=False)
    _slot: Slot | None = field(default=None, init=False)

    @property
    def kind(self) -> str:
        return self.of.name

    @property
    @abstractmethod
    def url(self) -> str: ...

    @property
    def user(self) -> str | None:
        """The recorder's name, where one is needed."""
        return RECORDER if self.users else None

    @property
    def password(self) -> str | None:
        return self.users[RECORDER].password if self.users else None

    @property
    def ca(self) -> Path | None:
        return self.certificates.ca if self.certificates else None

    @property
    def wrong_ca(self) -> Path | None:
        return self.certificates.wrong_ca if self.certificates else None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.alive

    def start(self, takes_place: bool = True) -> None:
        """Start it, and wait until it answers; raises CannotStart."""
        if takes_place and not self.of.is_redis and not self._slot:
            test = os.environ.get("PYTEST_CURRENT_TEST", "")
            assert not test or kind_of(test), f"{test} must have a parameter that names the kind: tests are sorted by it"
            self._slot = Slot()
        self.process = Process(self.launch)
        try:
            self._wait_for_answer()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End it as an operator would; its data stays."""
        if self.process and self.process.alive:
            self.process.stop()
        self._release()

    def kill(self) -> None:
        """kill -9; its data stays as that left it."""
        if self.process and self.process.alive:
            self.process.kill()
        self._release()

    def restart(self) -> None:
        """The same server again: same port, same data, same users."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let it hang: what connects to it gets no answer."""
        assert self.process
        self.process.pause()

    def resume(self) -> None:
        assert self.process
        self.process.resume()

    def close(self) -> None:
        """Remove it, without the time and the processor that an orderly end takes."""
        self.kill()
        shutil.rmtree(self.folder)

    @abstractmethod
    def wipe(self) -> None:
        """Leave nothing in it but what was there at its start."""

    @abstractmethod
    def answer(self) -> str | None:
        """Its version, or None as long as it does not serve its administrator."""

    def _wait_for_answer(self) -> None:
        assert self.process
        until = time.monotonic() + self.patience
        while not (self._listens() and (version := self.answer())):
            if not self.process.alive or time.monotonic() > until:
                what = f"did not answer within {self.patience:.0f} s" if self.process.alive else "ended while it was starting"
                raise CannotStart(f"{self.kind} {what}; it said:\n{self.process.last_words()}")
            time.sleep(POLL_SECONDS)
        self.version = version

    def _listens(self) -> bool:
        """Whether it takes connections yet. To ask so costs next to nothing; a client that finds nobody costs a few ms each time,
        and a start of Java takes some hundreds of times."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def _release(self) -> None:
        if self._slot:
            self._slot.release()
            self._slot = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

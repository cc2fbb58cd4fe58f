"""One program that runs, or has run, with an account on a host."""

from __future__ import annotations

import resource
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.hosts import Account


@dataclass(frozen=True)
class Command:
    """What to run. `given` is its standard input; `expected` are statuses that it may end with whatever goes on."""

    program: str
    arguments: list[str]
    given: str = ""
    expected: frozenset[int] = frozenset()
    shows_secrets: bool = False
    longest: float = 90.0  # seconds until it is asked to end
    queued: tuple[str, tuple[str, ...]] | None = None  # the queue that it fills, and with which users by number
    wiped: str = ""  # the queue that it empties
    then: Callable[[Run], Command | None] | None = None  # what is to run once it has ended
    stays: bool = False  # runs until it is ended
    begun: Callable[[Run], None] | None = None  # is told of the run

    def __str__(self) -> str:
        return " ".join([self.program, *self.arguments])


@dataclass(eq=False)
class Run:
    """`signalled` are the signals that it was sent, `most_bytes` the size that its files may reach."""

    number: int
    command: Command
    account: Account
    folder: Path
    most_bytes: int | None = None
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None
    doom: tuple[float, signal.Signals] | None = None
    signalled: set[int] = field(default_factory=set)

    def start(self) -> None:
        command = self.account.host.command(self.account, self.command.program, self.command.arguments)
        (given := self.folder / f"{self.number}.in").write_text(self.command.given)
        limit: Callable[[], None] | None = None
        if self.most_bytes is not None:
            bytes = self.most_bytes
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes, bytes))  # noqa: E731
        with given.open() as stdin, self._file("out").open("wb") as stdout, self._file("err").open("wb") as stderr:
            self._process = subprocess.Popen(
                command,
                env=self.account.host.environment(self.account),
                cwd=self.account.home,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                preexec_fn=limit,
            )

    def poll(self) -> int | None:
        status = self._process.poll()
        if status is not None and self.ended is None:
            self.ended = time.monotonic()
        return status

    def signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            self.signalled.add(number)
            self._process.send_signal(number)

    def wait(self, seconds: float) -> int | None:
        """Its status; None if it has not ended within so many seconds."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return self.poll()

    @property
    def lasted(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    @property
    def stdout(self) -> str:
        return self._file("out").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        return self._file("err").read_text(errors="replace")

    @property
    def last_words(self) -> str:
        return " ".join(self.stderr.split())[-160:]

    def forget(self) -> None:
        """Remove what it was given and said: for a run that nothing is to be learnt from."""
        for ending in ("in", "out", "err"):
            self._file(ending).unlink(missing_ok=True)

    def _file(self, ending: str) -> Path:
        return self.folder / f"{self.number}.{ending}"

    def __str__(self) -> str:
        return f"#{self.number} {self.account.host.name}/{self.account.config.stem}: {self.command}"

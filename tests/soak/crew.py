"""The runs that are going on: started, ended by force where they are doomed, and judged as they end."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tests.soak.books import Books
from tests.soak.hosts import Account
from tests.soak.journal import Journal
from tests.soak.promises import Promises
from tests.soak.runs import Command, Run
from tests.soak.watching import Watch

PAUSE = 0.01
KEPT = 400  # runs whose words are kept


class Crew:
    """All runs of a soak; `promises` are those of each host."""

    def __init__(self, folder: Path, journal: Journal, watch: Watch, books: Books, promises: dict[str, Promises]) -> None:
        self._folder = folder
        self._journal = journal
        self._watch = watch
        self._books = books
        self._promises = promises
        self._count = 0
        self._old: list[Run] = []
        self.running: list[Run] = []

    def start(self, command: Command, account: Account, most_bytes: int | None = None) -> Run:
        self._count += 1
        run = Run(self._count, command, account, self._folder, most_bytes)
        self._books.began(run)
        run.start()
        self.running.append(run)
        if command.begun:
            command.begun(run)
        self._journal.step(f"{run} begins", "runs", command.program)
        return run

    def tick(self) -> None:
        """Send the signals that are due, and judge who has ended; who ended well may have something to follow."""
        now = time.monotonic()
        for run in list(self.running):
            if run.doom and run.doom[0] <= now:
                run.signal(run.doom[1])
                run.doom = None
            self._watch.hurry(run)
            if run.poll() is not None:
                self.running.remove(run)
                self._ended(run)

    def _ended(self, run: Run) -> None:
        asked = self._books.read()
        for promises in {id(one): one for one in self._promises.values()}.values():
            promises.asked(asked)
        self._books.ended(run)
        self._watch.ended(run, run.account.secrets())
        self._promises[run.account.host.name].ended(run)
        self._old.append(run)
        if len(self._old) > KEPT:
            self._old.pop(0).forget()
        if run.command.then and (command := run.command.then(run)):
            self.start(command, run.account)

    def quiet(self) -> None:
        """Wait until nobody runs; who would stay is sent TERM."""
        for run in self.running:
            if run.command.stays:
                run.signal(signal.SIGTERM)
        while self.running:
            self.tick()
            time.sleep(PAUSE)

    def close(self) -> None:
        """End whoever runs, for good."""
        for run in self.running:
            run.signal(signal.SIGKILL)
            run.wait(10)

    def ask(self, account: Account, program: str, *arguments: str, given: str = "", **more: object) -> Run:
        """Run one program to its end, whoever runs beside it. What is judged by must come whole, however slow the machine is."""
        command = Command(program, [*arguments, "--config", str(account.config)], given, longest=900, **more)  # type: ignore[arg-type]
        run = self.start(command, account)
        while run in self.running:
            self.tick()
            time.sleep(PAUSE)
        return run

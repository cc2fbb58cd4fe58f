"""Who was put on a queue must be asked for, or be told to have failed: a program that ended well has promised it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from tests.soak.runs import Run

GRACE = 30.0  # seconds: who was being worked on when they were put again is not asked for once more


class Promises:
    """Promises of one place (a host, or all that share a queue) for the queues of timelines."""

    def __init__(self) -> None:
        self._queued: dict[tuple[str, str], float] = {}  # by queue and user: when, on a steady clock
        self._asked: dict[str, float] = {}

    def ended(self, run: Run) -> None:
        """Take note of what a run that ended well has queued, or may have removed."""
        if run.command.wiped:
            self._queued = {key: when for key, when in self._queued.items() if key[0] != run.command.wiped}
        if run.command.queued and run.poll() in (0, 1):
            queue, users = run.command.queued
            self._queued |= {(queue, user): run.began for user in users}

    def asked(self, entries: Iterable[dict[str, Any]]) -> None:
        """Take note of what X was asked: lines of the sandbox's log."""
        for entry in entries:
            parts = entry["path"].split("/")
            if parts[-1] == "tweets" and len(parts) == 5:
                self._asked[parts[3]] = time.monotonic()

    def broken(self, queue: str, known: set[str]) -> list[str]:
        """Users who were put on a queue and not asked for since, but for those of whom the queue itself knows."""
        due = [(user, when) for (of, user), when in self._queued.items() if of == queue and user not in known]
        return sorted(user for user, when in due if self._asked.get(user, float("-inf")) < when - GRACE)

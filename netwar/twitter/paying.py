"""Setting money aside before a request is made, as much of it as the budget allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from netwar.errors import OutOfBudget
from netwar.meter.base import DoesNotFit, Money, Purpose, Reservation

PATIENCE = 300.0  # seconds to wait for other runs to settle what they have reserved

Most = Callable[[int], Mapping[str, int]]


class Purse:
    """What one command may spend; `budget` (micro-dollars) and the file where it stands are only told, the meter holds it."""

    def __init__(
        self, money: Money, budget: int, config: Path, command: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._money = money
        self._budget = budget
        self._config = config
        self._command = command
        self._sleep = sleep

    def reserve(self, request: str, sizes: Sequence[int], most: Most, index: str) -> tuple[Reservation, int]:
        """Reserve for the largest of the sizes (largest first) that the budget allows, and that size.

        `most(size)` is the most that a request of a size can bring, by kind. Where not even the last size
        fits, waits for other runs to settle; raises OutOfBudget when that cannot make room.
        """
        purpose = Purpose(self._command, index)
        for size in sizes[:-1]:
            try:
                return self._money.reserve(request, most(size), purpose), size
            except DoesNotFit:
                continue
        return self._patiently(request, most(sizes[-1]), purpose), sizes[-1]

    def _patiently(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._money.reserve(request, most, purpose)
            except DoesNotFit as no:
                if not no.held or time.monotonic() > deadline:
                    raise OutOfBudget(self._no_room(self._money.price(most), no.left)) from no
            self._sleep(0.1)

    def _no_room(self, needed: int, left: int) -> str:
        if needed > self._budget:
            return (
                f"the next request may cost ${needed / 1e6:.3f}, more than the budget of a whole day, ${self._budget / 1e6:.2f}: "
                f"write a higher `budget = DOLLARS` under [API] in {self._config}"
            )
        return (
            f"the next request may cost ${needed / 1e6:.3f}, and ${max(left, 0) / 1e6:.3f} of today's budget "
            f"of ${self._budget / 1e6:.2f} is left: "
            f"run again after midnight UTC, or write a higher `budget = DOLLARS` under [API] in {self._config}"
        )


def halves(most: int, least: int) -> Iterator[int]:
    """Sizes to try: the most, then half of it, … down to the least."""
    while most > least:
        yield most
        most //= 2
    yield least

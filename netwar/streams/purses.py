"""Budgets of single captures: each may have one of its own for a UTC day, within the app's."""

from __future__ import annotations

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime

from netwar.captures.base import Capture
from netwar.errors import NetwarError
from netwar.meter.base import Money

log = logging.getLogger("netwar.streams")

DAY = 86_400_000
LOOK = 60.0  # seconds between two looks at the meter: gaps that are filled cost, too, and so does what was owed to it
MARGIN = 60.0  # seconds of the present rate that are kept back: rules that are removed go on matching for a while


def spent(money: Money, command: str, day: date) -> Counter[str]:
    """What a command has spent on a UTC day, by index (micro-dollars). Raises ServiceDown."""
    found: Counter[str] = Counter()
    for charge in money.charges(day):
        if (charge.command, charge.day) == (command, day):
            found[charge.index] += charge.micro
    return found


class Purses:
    """What captures have spent today; a capture whose own budget is spent pauses until the next day."""

    def __init__(self, money: Money, command: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._money, self._command, self._clock = money, command, clock
        self._day, self._spent, self._due = -1, Counter[str](), 0.0
        self._late: deque[tuple[float, Mapping[str, int]]] = deque()
        self._budgets: dict[str, int] = {}
        self._looked = False
        self._on: frozenset[str] = frozenset()
        self.paused: frozenset[str] = frozenset()

    @property
    def known(self) -> frozenset[str]:
        """The captures with a budget of which it is known what they have spent: of none before the meter was asked."""
        return frozenset(self._budgets) if self._looked else frozenset()

    def bound(self, captures: Iterable[Capture]) -> None:
        """These are the budgets; whoever pauses for another one than that is judged anew."""
        on, before = {one.index: one.options.budget for one in captures if one.on}, self._budgets
        self._budgets, self._on = {index: budget for index, budget in on.items() if budget is not None}, frozenset(on)
        self.paused = frozenset(index for index in self.paused if self._budgets.get(index) == before.get(index))

    @property
    def all_spent(self) -> bool:
        """Whether every capture that is on pauses."""
        return bool(self._on) and self._on <= self.paused

    @property
    def least(self) -> int | None:
        """Micro-dollars that the poorest has left of those who do not pause; None if none has a budget."""
        return min(self._left().values(), default=None)

    @property
    def whole(self) -> int | None:
        """Micro-dollars that all who do not pause have left together; None if some have no budget of their own."""
        left = self._left()
        return sum(left.values()) if left and not self._on - left.keys() - self.paused else None

    def _left(self) -> dict[str, int]:
        return {index: max(budget - self._spent[index], 0) for index, budget in self._budgets.items() if index not in self.paused}

    def spend(self, cost: Mapping[str, int], at: int) -> frozenset[str]:
        """So much was booked (micro-dollars by index) at a time of X's (ms); the captures that have to pause."""
        now = self._clock()
        if at // DAY != self._day:
            self._day, self._spent, self._due, self.paused = at // DAY, Counter(), now, frozenset()
        else:
            self._spent.update(cost)
        if self._budgets and now >= self._due:
            self._look(at)
        self._late.append((now, Counter(cost)))
        while self._late and self._late[0][0] < now - MARGIN:
            self._late.popleft()
        soon: Counter[str] = Counter()
        for _, micro in self._late if self._budgets else ():
            soon.update(micro)
        over = {index for index, budget in self._budgets.items() if self._spent[index] + soon[index] >= budget}
        # Whoever pauses does so to the end of the day: the margin of what comes no more would let it begin anew.
        stay = {index for index in self.paused if index in self._budgets and self._spent[index] * 2 >= self._budgets[index]}
        self.paused = frozenset(over | stay)
        return self.paused

    def _look(self, at: int) -> None:
        """What the meter knows of, by whatever process."""
        try:
            self._spent = spent(self._money, self._command, datetime.fromtimestamp(at / 1000, UTC).date())
            self._due, self._looked = self._clock() + LOOK, True
        except NetwarError as error:
            log.info("what captures have spent today is not known now: %s", error)

"""Setting money aside before a request is made, as much of it as the budget allows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from netwar.connections.folders import is_gone
from netwar.connections.runs import HOST
from netwar.errors import OutOfBudget, OutOfRunBudget, ServiceDown
from netwar.meter.base import AS_RESERVED, EVERYTHING, Budget, DoesNotFit, MadeGood, Money, Purpose, Reservation, present
from netwar.records.pages import Page

log = logging.getLogger("netwar.twitter")

PATIENCE = 300.0  # seconds to wait for other runs to settle what they have reserved

QUIET = 5.0  # seconds of it that nothing is said of

Most = Callable[[int], Mapping[str, int]]


class BudgetGuard:
    """What one command may spend. The meter holds the budget; `config` is the file that says what ours is.

    `ask_time` has X tell the meter what time it is, and may raise TransientError. `run_budget` is what the operator allows
    this run beside that, in micro-dollars: what it spent, and what X may have billed for answers that did not come whole.
    """

    def __init__(
        self,
        money: Money,
        config: Path,
        command: str,
        sleep: Callable[[float], None] = time.sleep,
        ask_time: Callable[[], None] = lambda: None,
        run_budget: int | None = None,
    ) -> None:
        self._money = money
        self._config = config
        self._command = command
        self._sleep = sleep
        self._ask_time = ask_time
        self._run_budget = run_budget
        self._spent = 0  # by this run
        self._doubts: dict[str, int] = {}  # of this run, by request: several of one request are of the same things

    def reserve(self, request: str, sizes: Sequence[int], most: Most, index: str) -> tuple[Reservation, int]:
        """Reserve for the largest of the sizes (largest first) that the budget allows, and that size.

        `most(size)` is the most that a request of a size can bring, by kind. Where not even the last size
        fits, waits for other runs to settle; raises OutOfBudget when that cannot make room.
        """
        sizes = self._allowed(sizes, most)
        purpose = Purpose(self._command, index)
        for size in sizes[:-1]:
            try:
                return self._reserve(request, most(size), purpose), size
            except DoesNotFit:
                continue
        return self._patiently(request, most(sizes[-1]), purpose), sizes[-1]

    def settle(self, reservation: Reservation, bought: Iterable[tuple[str, str]], at: datetime, made_good: MadeGood) -> int:
        """Book what came; micro-dollars. Where the meter has gone away meanwhile, the most that the page can have cost stays
        reserved: it is paid for, so it is handed on all the same."""
        try:
            micro = self._money.settle(reservation, bought, at, made_good)
        except ServiceDown as error:
            micro = reservation.micro
            log.warning("what came could not be booked, $%.3f stay reserved: %s", micro / 1e6, error)
        self._spent += micro
        return micro

    def doubt(self, reservation: Reservation) -> None:
        """X may have billed what did not come whole. It counts against this run to its end, whatever makes it good."""
        self._doubts[reservation.request] = max(self._doubts.get(reservation.request, 0), reservation.micro)
        self._money.doubt(reservation)

    def _allowed(self, sizes: Sequence[int], most: Most) -> Sequence[int]:
        """The sizes that fit into what is left of the run's own budget. Raises OutOfRunBudget if none does."""
        if self._run_budget is None:
            return sizes
        doubtful = sum(self._doubts.values())
        left = self._run_budget - self._spent - doubtful
        fitting = [size for size in sizes if self._money.price(most(size)) <= left]
        if not fitting:
            told = f"${self._spent / 1e6:.3f} is spent" + (f", ${doubtful / 1e6:.3f} may be billed" if doubtful else "")
            least = self._money.price(most(sizes[-1]))
            cure = "run again for more, or" if least <= self._run_budget else "run again"
            raise OutOfRunBudget(
                f"the next request may cost ${least / 1e6:.3f}, and ${left / 1e6:.3f} of the "
                f"${self._run_budget / 1e6:.2f} of --budget is left ({told}): {cure} with a higher --budget"
            )
        return fitting

    def made_good(self, page: Page, most: Most | None, *, resumed: bool) -> MadeGood:
        """What an answer brought of a page that is in doubt: the last page has all that there was, a short one may lack some.

        `most` as for `reserve`, None for what has no pages; `resumed`: it may begin higher than the page in doubt did.
        """
        if most is None:
            return AS_RESERVED
        if page.ends:
            return MadeGood(EVERYTHING)
        micro, each = self._money.price(most(len(page.posts) or len(page.users) or len(page.lists))), self._money.price(most(2))
        return MadeGood(micro, each - self._money.price(most(1)), tuple(post["id"] for post in page.posts) if resumed else ())

    def _reserve(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        """Reserve; if it depends on what day it is, or on what another file says now, that is asked first. It costs nothing."""
        try:
            return self._money.reserve(request, most, purpose)
        except DoesNotFit as no:
            other = present(no.budget, HOST) if no.budget.file != str(self._config) else None
            if no.sure and other is None:
                raise
        if other:
            self._money.allows(other)
            return self._reserve(request, most, purpose)
        self._ask_time()
        return self._money.reserve(request, most, purpose)

    def _patiently(self, request: str, most: Mapping[str, int], purpose: Purpose) -> Reservation:
        began, asked, told = time.monotonic(), False, False
        while True:
            try:
                return self._reserve(request, most, purpose)
            except DoesNotFit as no:
                if not no.reserved or time.monotonic() > began + PATIENCE:
                    if asked:
                        raise OutOfBudget(self._no_room(self._money.price(most), no.left, no.budget)) from no
                    asked = True
                    with suppress(ServiceDown):  # a machine that was stopped for a while may not know that a day is over
                        self._ask_time()
                    continue
                if not told and time.monotonic() > began + QUIET:
                    told = True
                    held = f"${no.reserved / 1e6:.2f} that other runs have reserved for their requests"
                    log.info("waiting up to %.0f s for %s, as no more of the budget is left", PATIENCE, held)
            self._sleep(0.1)

    def _no_room(self, needed: int, left: int, budget: Budget) -> str:
        where, whose = self._whose(budget)
        if needed > budget.micro:
            return (
                f"the next request may cost ${needed / 1e6:.3f}, more than the budget of a whole day, "
                f"${budget.micro / 1e6:.2f}{whose}: write a higher `budget = DOLLARS` under [API] in {where}"
            )
        return (
            f"the next request may cost ${needed / 1e6:.3f}, and ${max(left, 0) / 1e6:.3f} of today's budget "
            f"of ${budget.micro / 1e6:.2f}{whose} is left: "
            f"run again after midnight UTC, or write a higher `budget = DOLLARS` under [API] in {where}"
        )

    def _whose(self, budget: Budget) -> tuple[str, str]:
        """The file to change, and, if the budget is another configuration's, where it stands."""
        if budget.file in ("", str(self._config)) and budget.host in ("", HOST):
            return str(self._config), ""
        whose = f"the lowest of those who use this app today, of {budget.file} on {budget.host}"
        if budget.host != HOST:
            return f"{budget.file} on {budget.host}", f" ({whose})"
        if is_gone(budget.file):
            return f"{budget.file}, made anew", f" ({whose}, which is no longer there)"
        return budget.file, f" ({whose})"


def shrinking_sizes(most: int, least: int) -> Iterator[int]:
    """Sizes to try: the most, then half of it, … down to the least."""
    while most > least:
        yield most
        most //= 2
    yield least

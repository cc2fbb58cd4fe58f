"""The meter against the bill of the sandbox, app by app and day by day.

What the meter has is on the bill. What is on the bill and not in the meter came in answers that nobody heard to their end: those
that broke off, what came without an id, and for each run that was ended, or whose disk or server went away, one that it could
not book.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tests.soak.journal import Journal
from tests.soak.runs import Run
from tests.soak.troubles import Troubles
from tests.soak.world import World

BROKEN = {"cut", "reset", "hang"}
DEAREST = 10_000  # micro-dollars: of the one object on a page that has no id
EARLIEST = "2006-03-21"


class Books:
    """`budgets` are the micro-dollars that each app may spend on a day."""

    def __init__(self, world: World, journal: Journal, troubles: Troubles) -> None:
        self._world = world
        self._journal = journal
        self._troubles = troubles
        self._answers: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # by caller: number, micro
        self._number = 0
        self._began: dict[int, int] = {}
        self._unheard: Counter[tuple[str, str]] = Counter()  # by app and day
        self.budgets: dict[tuple[str, str], int] = {}

    def read(self) -> list[dict[str, Any]]:
        """Take note of what was asked since the last time."""
        new = self._world.requests()
        self._journal.counts["requests to X"] += len(new)
        for entry in new:
            self._number = entry["number"]
            if entry["micro"]:
                self._answers[entry["caller"]].append((entry["number"], entry["micro"]))
                faults, app = set(entry.get("faults", ())), entry["caller"].split("/")[0]
                if BROKEN & faults:
                    self._miss(app, entry["time"][:10], entry["micro"])
                elif "odd-elements" in faults:
                    self._miss(app, entry["time"][:10], min(entry["micro"], DEAREST))
        return new

    def began(self, run: Run) -> None:
        self._began[run.number] = self._number

    def ended(self, run: Run) -> None:
        """A run that was ended, or met trouble, may have had one answer that it could not book: the dearest one counts."""
        since = self._began.pop(run.number)
        if run.signalled or self._troubles.met(run) - {"clock"}:
            answers = [micro for number, micro in self._answers[run.account.caller] if number > since]
            self._miss(run.account.host.app, self._world.day, max(answers, default=0))

    def _miss(self, app: str, day: str, micro: int) -> None:
        self._unheard[app, day] += micro

    def compare(self, app: str, told: str, unread: Mapping[str, int]) -> None:
        """Hold what tw-spend --json told against the bill; of streams so much at the most was `unread` by day. No program may be
        running."""
        meter: Counter[str] = Counter()
        for charge in json.loads(told)["charges"]:
            meter[charge["day"]] += charge["micro_dollars"]
        bill = self._world.bill(app)
        for day in sorted({*bill, *meter}):
            billed, booked, unheard = bill.get(day, 0), meter[day], self._unheard[app, day] + unread.get(day, 0)
            budget = self.budgets.get((app, day), 0)
            figures = f"{app}, {day}: bill {_dollars(billed)}, meter {_dollars(booked)}, never heard {_dollars(unheard)}"
            if booked > billed:
                self._journal.fault(f"the meter has more than the bill ({figures})")
            if billed > booked + unheard:
                self._journal.fault(f"the meter has less than the bill ({figures})")
            if billed > budget:
                self._journal.fault(f"the budget of {_dollars(budget)} was passed ({figures})")
            self._journal.step(figures)


def _dollars(micro: int) -> str:
    return f"${micro / 1e6:.3f}"

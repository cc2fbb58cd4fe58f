"""When what was out of order, so that the judge knows which ends of a program are to be expected."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.soak.runs import Run

ANYWHERE = ""

# What a program may end with whenever it likes: done, not now, not today.
ALWAYS = frozenset({0, 75, 77})
# What it may end with because something is out of order.
EXPLAINED = {
    "x": frozenset({1, 69, 78}),
    "disk": frozenset({69}),
    "size": frozenset({69}),
    "server": frozenset({69}),
    "clock": frozenset({69, 78}),
    "stream": frozenset(),  # ends nothing
}


@dataclass
class Trouble:
    """`kind` is a key of EXPLAINED, `where` a host's name or ANYWHERE."""

    kind: str
    where: str
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None


class Troubles:
    """All that there were, and are."""

    def __init__(self) -> None:
        self._all: list[Trouble] = []

    def begin(self, kind: str, where: str = ANYWHERE) -> Trouble:
        assert kind in EXPLAINED
        trouble = Trouble(kind, where)
        self._all.append(trouble)
        return trouble

    def end(self, kind: str, where: str = ANYWHERE) -> None:
        for trouble in self._all:
            if (trouble.kind, trouble.where) == (kind, where) and trouble.ended is None:
                trouble.ended = time.monotonic()

    def met(self, run: Run) -> set[str]:
        """The kinds that there were somewhere in the time of a run."""
        until = run.ended or time.monotonic()
        here = (ANYWHERE, run.account.host.name)
        lasted = [one for one in self._all if one.began <= until and (one.ended is None or one.ended >= run.began)]
        return {one.kind for one in lasted if one.where in here} | ({"size"} if run.most_bytes is not None else set())

    def expected(self, run: Run) -> frozenset[int]:
        """Every status that a run may have ended with."""
        found = ALWAYS | run.command.expected | {128 + number for number in run.signalled} | {-number for number in run.signalled}
        return found.union(*(EXPLAINED[kind] for kind in self.met(run)))

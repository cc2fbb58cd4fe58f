"""The contract of the outbox: ids of documents whose copies in the graph are to be renewed.

An archive that has an outbox puts ids in as it writes, in the same step (see `Archive.outbox`). Whoever feeds the graph takes
them, reads the archive's current copies, and settles what it took: so the order of writes, duplicates and outages do not matter,
and recorders never wait for a graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DueId:
    """An id that is due. `fresh`: it was never due before it was first written, so the graph can have nothing older of it.

    The `generation` is another one after each write: what is written again while it is being fed stays due.
    """

    id: str
    generation: int
    fresh: bool


@dataclass(frozen=True, slots=True)
class Pending:
    """How many ids are due, and how many tweets wait for one that they reference and that is not recorded."""

    due: int = 0
    waiting: int = 0


class Outbox(Protocol):
    """What is due, by full name of index. Every step is atomic, whoever else uses it. Raises ServiceDown."""

    def take(self, index: str, limit: int) -> list[DueId]:
        """The first ids that are due, in their order. They stay due until they are settled: a run that is killed loses none."""

    def settle(self, index: str, taken: Sequence[DueId], waits: Mapping[str, Sequence[str]]) -> None:
        """These were fed: they are due no more, unless they were written meanwhile. `waits` are those of them that could not be
        fed whole, with the ids that they wait for; whoever waits for one of `taken` is due again."""

    def add(self, index: str, ids: Sequence[str]) -> None:
        """Make ids due, whatever was fed of them."""

    def awaited(self, index: str, after: str, limit: int) -> list[str]:
        """The ids that tweets wait for, in the order of ids, above `after`."""

    def arrived(self, index: str, ids: Sequence[str]) -> None:
        """Make due whoever waits for these."""

    def pending(self, index: str) -> Pending:
        """How much there is to do."""

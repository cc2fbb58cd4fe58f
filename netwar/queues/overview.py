"""All queues and rosters of a store at once: their names, and how many users are on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

USUAL = ("usertest", "work")
TRACKING = "tw:track:"


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many are on a queue. `oldest`: for how many seconds whoever is next has waited; 0 if nobody does."""

    name: str
    waiting: int = 0
    claimed: int = 0
    failed: int = 0
    oldest: float = 0.0


class Overview(Protocol):
    """The queues of a store. Raises ServiceDown and ConfigError as the store does."""

    def queues(self) -> list[QueueState]:
        """All but those of rosters, by name."""

    def rosters(self) -> list[tuple[str, str]]:
        """Observer and index of each roster, sorted."""

    def close(self) -> None:
        """Let go of what is open."""


def is_roster(name: str) -> bool:
    """Whether a queue is one of a roster's."""
    return name.startswith(TRACKING)


def parted(roster: str) -> tuple[str, str]:
    """The observer and the index of a roster's name, OBSERVER:INDEX."""
    observer, _, index = roster.partition(":")
    return observer, index

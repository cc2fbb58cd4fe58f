"""The queues of a Redis at a glance: whoever opens one to use it notes its name.

tw:queues    set  NAME
tw:rosters   set  OBSERVER:INDEX
"""

from __future__ import annotations

from collections.abc import Callable

from netwar.connections.redis import Server
from netwar.queues.overview import USUAL, QueueState, is_roster, parted
from netwar.records.shaped import parsed

QUEUES, ROSTERS = "tw:queues", "tw:rosters"


def used(server: Server, name: str) -> None:
    """Note that there is a queue of this name."""
    server.sadd(QUEUES, name)


def tracked(server: Server, observer: str, index: str) -> None:
    """Note that there is a roster."""
    server.sadd(ROSTERS, f"{observer}:{index}")


class RedisOverview:
    """Fills the contract `netwar.queues.overview.Overview`."""

    def __init__(self, server: Server, clock: Callable[[], float] | None = None) -> None:
        self._server = server
        self._clock = clock or server.clock

    def queues(self) -> list[QueueState]:
        names = {name.decode() for name in self._server.smembers(QUEUES)}
        return [self._state(name) for name in sorted({*names, *USUAL}) if not is_roster(name)]

    def rosters(self) -> list[tuple[str, str]]:
        return sorted(parted(name.decode()) for name in self._server.smembers(ROSTERS))

    def close(self) -> None:
        """Nothing is open but the server's connections."""

    def _state(self, name: str) -> QueueState:
        waiting, first = int(self._server.scard(name)), self._server.zrange(f"tw:{name}:turns", 0, 0, withscores=True)
        oldest = max(self._clock() - float(first[0][1]), 0.0) if first and waiting else 0.0
        claimed = sum(map(_users, self._server.hvals(f"tw:{name}:claims")))
        return QueueState(name, waiting, claimed, int(self._server.hlen(f"tw:{name}:failed")), oldest)


def _users(claim: bytes) -> int:
    """How many users a claim is of: entries that it made for itself are one of them again, unless it has no other."""
    try:
        return max(len(parsed(claim.decode(errors="replace"))["users"]), 1)
    except (ValueError, TypeError, KeyError):
        return 0

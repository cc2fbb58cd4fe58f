"""The queues of a file at a glance, without reading through a million entries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from netwar.connections import clocks
from netwar.connections.sqlite import closed_if_it_fails, translated
from netwar.connections.sqlite_looking import look
from netwar.connections.sqlite_schema import kept
from netwar.queues.overview import USUAL, QueueState, is_roster, parted
from netwar.queues.sqlite_file import CLAIMED, MIGRATIONS

NAMES = """
    WITH RECURSIVE names (name) AS (
        SELECT min(queue) FROM entries
        UNION ALL SELECT (SELECT min(queue) FROM entries WHERE queue > name) FROM names WHERE name IS NOT NULL
    )
    SELECT name FROM names WHERE name IS NOT NULL
"""
COUNT = "SELECT count(*) FROM entries WHERE queue = ? AND state = '{state}'"
COUNTS = (COUNT.format(state="waiting"), CLAIMED, COUNT.format(state="failed"))
FIRST = "SELECT queued FROM entries WHERE queue = ? AND state = 'waiting' ORDER BY turn LIMIT 1"
ROSTERS = "SELECT roster FROM rounds UNION SELECT DISTINCT roster FROM members"


class SqliteOverview:
    """Fills the contract `netwar.queues.overview.Overview`; needs no right to write."""

    def __init__(self, path: Path, clock: Callable[[], float] | None = None) -> None:
        self._path = path
        self._db = look(path, MIGRATIONS)
        with translated(path), closed_if_it_fails(self._db):
            self._clock = clock or clocks.SteadyClock(self._db)

    def queues(self) -> list[QueueState]:
        names = {name for (name,) in self._rows(NAMES, kind=str) if not is_roster(name)}
        return [self._state(name) for name in sorted({*names, *USUAL})]

    def rosters(self) -> list[tuple[str, str]]:
        return sorted(parted(roster) for (roster,) in self._rows(ROSTERS, kind=str))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _state(self, name: str) -> QueueState:
        waiting, claimed, failed = (self._rows(count, name)[0][0] for count in COUNTS)
        first = self._rows(FIRST, name, kind=float)
        return QueueState(name, waiting, claimed, failed, max(self._clock() - first[0][0], 0.0) if first else 0.0)

    def _rows(self, query: str, *arguments: Any, kind: type = object) -> list[Any]:
        with translated(self._path):
            return [kept(row, kind) for row in self._db.execute(query, arguments).fetchall()]

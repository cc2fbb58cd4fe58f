"""Lines told apart on disk, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import orjson

from netwar.connections.sqlite_scratch import Scratch

CACHE_MIB = 32
SEEN = "CREATE TABLE seen (entry TEXT PRIMARY KEY COLLATE NOCASE) WITHOUT ROWID"
KEEP = "INSERT OR IGNORE INTO seen SELECT value FROM json_each(?) ORDER BY key RETURNING entry"


class Distinct:
    """Tells which lines are new, whatever their case; a context manager.

    What was seen is in a private database, which is gone when the program ends, however it ends. Every method raises
    ServiceDown when that cannot be used.
    """

    def __init__(self) -> None:
        self._scratch = Scratch(SEEN, cache_mib=CACHE_MIB)

    def __enter__(self) -> Self:
        self._scratch.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._scratch.__exit__(kind, error, trace)

    def new(self, lines: Sequence[str]) -> list[int]:
        """The places of those lines that were not there before, neither in this portion nor in an earlier one."""
        rows = list(self._scratch.rows(KEEP, (orjson.dumps(lines).decode(),)))
        new = {row[0] for row in rows}
        places = []
        for place, line in enumerate(lines):
            if line in new:
                new.remove(line)
                places.append(place)
        return places

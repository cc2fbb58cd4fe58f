"""The sandbox's own books: what was returned, and what X would bill for it.

X charges every object returned, and the same object once in a UTC day. The books are kept on disk
(a private, temporary SQLite file), so that memory stays the same however much is sold.
Source of the prices: X API, pricing page, August 2026.

That page does not say whether the same user is one resource or several when bought as a user, as a follower and as
somebody followed, nor in the lists of two users. Here they are several: nobody shall learn to count on the cheaper reading.
Counts are charged by request: each is an object of its own.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterable
from typing import Any

MICRO = {
    "post": 5_000,
    "user": 10_000,
    "follower": 10_000,
    "following": 10_000,
    "list": 5_000,
    "counts_recent": 5_000,
    "counts_all": 10_000,
}
_OF_A_LIST = frozenset(("follower", "following"))
_KINDS = {kind: number for number, kind in enumerate(MICRO)}


class Bill:
    """What has been sold since the start or the last reset. Money is in micro-dollars."""

    def __init__(self) -> None:
        self._paid = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._paid.close)  # with the books, not when somebody looks for what was left open
        self._paid.execute("PRAGMA cache_size = -4000")
        self._paid.execute("PRAGMA synchronous = OFF")
        self._paid.execute("PRAGMA journal_mode = OFF")
        self._paid.execute(
            "CREATE TABLE paid (app TEXT, day TEXT, kind INTEGER, owner INTEGER, id INTEGER, "
            "PRIMARY KEY (app, day, kind, owner, id)) WITHOUT ROWID"
        )
        self.reset()

    def reset(self) -> None:
        """Close the books and open new ones."""
        self._paid.execute("DELETE FROM paid")
        self._returned: Counter[tuple[str, str, str]] = Counter()
        self._billed: Counter[tuple[str, str, str]] = Counter()
        self._answers = 0

    def sell(self, day: str, objects: Iterable[tuple[str, int]], owner: int = 0, app: str = "") -> int:
        """Book the (kind, id) of one answer to an app on a UTC day; what it cost, in micro-dollars. `owner`: whose list it is."""
        cost = 0
        by_kind: dict[str, list[int]] = {}
        for kind, number in objects:
            by_kind.setdefault(kind, []).append(number)
        for kind, ids in by_kind.items():
            rows = [(app, day, _KINDS[kind], owner if kind in _OF_A_LIST else 0, number) for number in ids]
            before = self._paid.total_changes
            self._paid.executemany("INSERT OR IGNORE INTO paid VALUES (?, ?, ?, ?, ?)", rows)
            new = self._paid.total_changes - before
            self._returned[app, day, kind] += len(ids)
            self._billed[app, day, kind] += new
            cost += new * MICRO[kind]
        self._answers += bool(by_kind)
        return cost

    def billed(self, kind: str, day: str) -> int:
        """How many distinct objects of a kind were sold on a UTC day, app by app."""
        return _sum(self._billed, day, kind, None)

    def summary(self, app: str | None = None) -> dict[str, Any]:
        """Totals of one app or of all, and the same day by day."""
        days = [self._day(day, app) for day in sorted({day for _, day, _ in self._returned})]
        return {
            "micro": sum(day["micro"] for day in days),
            "answers": self._answers,
            "returned": {kind: sum(day["returned"][kind] for day in days) for kind in MICRO},
            "billed": {kind: sum(day["billed"][kind] for day in days) for kind in MICRO},
            "days": days,
        }

    def _day(self, day: str, app: str | None) -> dict[str, Any]:
        returned, billed = ({kind: _sum(books, day, kind, app) for kind in MICRO} for books in (self._returned, self._billed))
        micro = sum(billed[kind] * price for kind, price in MICRO.items())
        return {"day": day, "micro": micro, "returned": returned, "billed": billed}


def _sum(books: Counter[tuple[str, str, str]], day: str, kind: str, app: str | None) -> int:
    return sum(count for (of, on, what), count in books.items() if (on, what) == (day, kind) and app in (None, of))

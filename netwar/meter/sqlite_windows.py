"""Rate windows in an SQLite file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from netwar.meter.base import WINDOW_SECONDS, Window
from netwar.meter.sqlite_file import MeterFile

SAME_WINDOW = 2.0  # X tells the reset in whole seconds, and the way to our clock adds to that

# A window is guessed from when we open it until an answer tells; `seen` is when an answer last told, if ever.
OPEN = """
    INSERT INTO windows (token, endpoint, "limit", remaining, reset, seen, guessed) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET "limit" = excluded."limit", remaining = excluded.remaining, reset = excluded.reset,
        seen = excluded.seen, guessed = excluded.guessed
"""
CLOSE = """
    INSERT INTO windows (token, endpoint, "limit", remaining, reset, seen, guessed, closed)
    VALUES (:token, :endpoint, 0, 0, :until, :now, 1, :until)
    ON CONFLICT DO UPDATE SET closed = excluded.closed, seen = excluded.seen
"""
FIND = 'SELECT "limit", remaining, reset, seen, guessed, closed FROM windows WHERE token = ? AND endpoint = ?'
LIST = """
    SELECT endpoint, "limit", iif(closed > :now, 0, remaining), iif(closed > :now, closed, reset), seen FROM windows
    WHERE token = :token AND seen IS NOT NULL ORDER BY endpoint
"""


class SqliteWindows:
    """Fills the contract `netwar.meter.base.Windows`. Raises ServiceDown when the file cannot be used."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, *, looks: bool = False) -> None:
        self._clock = clock
        self._file = MeterFile(path, looks)
        self._file.db.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost a few counts, not the file

    def take(self, token: str, endpoint: str, limit: int) -> float | None:
        """See the contract. A window whose reset has passed is open anew, as wide as X last told."""
        now = self._clock()
        with self._file.writing() as db:
            known = db.execute(FIND, (token, endpoint)).fetchone()
            told, remaining, reset, seen, _, closed = known or (0, 0, 0.0, None, 1, 0.0)
            if closed > now:
                return float(closed - now)
            if reset <= now:
                width = told if seen and told else limit
                db.execute(OPEN, (token, endpoint, width, width - 1, now + WINDOW_SECONDS, seen, True))
            elif remaining > 0:
                db.execute("UPDATE windows SET remaining = remaining - 1 WHERE token = ? AND endpoint = ?", (token, endpoint))
            else:
                return float(reset - now)
        return None

    def saw(self, token: str, endpoint: str, *, limit: int, remaining: int, reset: float) -> None:
        """See the contract. An answer of an earlier window, that came late, tells nothing any more."""
        with self._file.writing() as db:
            known = db.execute(FIND, (token, endpoint)).fetchone()
            if known:
                width, rest, until, _, guessed, _ = known
                if guessed:
                    remaining = min(remaining, limit - (width - rest))  # requests of others are still on their way
                elif reset < until - SAME_WINDOW:
                    return
                elif reset <= until + SAME_WINDOW:
                    remaining, reset = min(remaining, rest), max(reset, until)
            db.execute(OPEN, (token, endpoint, limit, max(remaining, 0), reset, self._clock(), False))

    def close(self, token: str, endpoint: str, until: float) -> None:
        """See the contract."""
        with self._file.writing() as db:
            db.execute(CLOSE, {"token": token, "endpoint": endpoint, "until": until, "now": self._clock()})

    def windows(self, token: str) -> list[Window]:
        """See the contract: those that an answer has told of."""
        with self._file.reading() as db:
            return [Window(*row) for row in db.execute(LIST, {"token": token, "now": self._clock()})]

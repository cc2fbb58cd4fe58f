"""Rate windows in an SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from netwar.meter.base import LONGEST_WINDOW, SAME_WINDOW, WINDOW_SECONDS, Window
from netwar.meter.sqlite_file import MeterFile

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
    """Fills the contract `netwar.meter.base.Windows`.

    In the file the times are those of its own steady clock, here those of ours. Raises ServiceDown when the file cannot be used.
    """

    def __init__(self, path: Path, clock: Callable[[], float] | None = None, *, looks: bool = False) -> None:
        self._file = MeterFile(path, looks)
        self._clock = clock or self._file.clock
        self._file.db.execute("PRAGMA synchronous=NORMAL")  # a power cut may cost a few counts, not the file

    def take(self, token: str, endpoint: str, limit: int) -> float | None:
        """A window whose reset has passed is open anew, as wide as X last told."""
        now = self._clock()
        with self._file.writing() as db:
            known = db.execute(FIND, (token, endpoint)).fetchone()
            told, remaining, reset, seen, _, closed = known or (0, 0, 0.0, None, 1, 0.0)
            if _ahead_of(now, closed):
                return float(closed - now)
            if not _ahead_of(now, reset):
                width = told if seen and told else limit
                db.execute(OPEN, (token, endpoint, width, width - 1, now + WINDOW_SECONDS, seen, True))
            elif remaining > 0:
                db.execute("UPDATE windows SET remaining = remaining - 1 WHERE token = ? AND endpoint = ?", (token, endpoint))
            else:
                return float(reset - now)
        return None

    def update(self, token: str, endpoint: str, *, limit: int, remaining: int, reset: float) -> None:
        """An answer of an earlier window, that came late, tells nothing any more."""
        reset += self._ahead
        with self._file.writing() as db:
            known = db.execute(FIND, (token, endpoint)).fetchone()
            if known and known[2] <= self._clock() + LONGEST_WINDOW:
                width, rest, until, _, guessed, _ = known
                if guessed:
                    remaining = min(remaining, limit - (width - rest))  # requests of others are still on their way
                elif reset < until - SAME_WINDOW:
                    return
                elif reset <= until + SAME_WINDOW:
                    remaining, reset = min(remaining, rest), max(reset, until)
            db.execute(OPEN, (token, endpoint, limit, max(remaining, 0), reset, self._clock(), False))

    def block_until(self, token: str, endpoint: str, until: float) -> None:
        with self._file.writing() as db:
            until += self._ahead
            db.execute(CLOSE, {"token": token, "endpoint": endpoint, "until": until, "now": self._clock()})

    def windows(self, *tokens: str) -> list[list[Window]]:
        """Those that an answer has told of."""
        with self._file.reading() as db:
            found = [db.execute(LIST, {"token": token, "now": self._clock()}).fetchall() for token in tokens]
        ahead = self._ahead
        return [
            [Window(name, limit, rest, reset - ahead, seen - ahead) for name, limit, rest, reset, seen in rows] for rows in found
        ]

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def _ahead(self) -> float:
        """By how many seconds the file's clock is ahead of ours."""
        return float(getattr(self._clock, "ahead", 0.0))


def _ahead_of(now: float, until: float) -> bool:
    """Whether a window lasts until then. What is further ahead than any window was written when the file's clock was."""
    return now < until <= now + LONGEST_WINDOW

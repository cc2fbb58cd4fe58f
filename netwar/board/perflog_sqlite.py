"""The perflog in a SQLite file, shared by every process of this machine."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from netwar.board.base import KEPT_DAYS, Entry
from netwar.board.kept import noted
from netwar.connections.sqlite import connect, transaction, translated
from netwar.connections.sqlite_looking import look
from netwar.connections.sqlite_schema import kept as sound
from netwar.records.times import milliseconds

# `date` is ISO 8601 in UTC, so that it sorts; `run` is JSON.
MIGRATIONS = [
    """
    CREATE TABLE perflog (
        number INTEGER PRIMARY KEY,
        date TEXT NOT NULL,
        host TEXT NOT NULL,
        shell TEXT NOT NULL,
        screen_name TEXT NOT NULL,
        event TEXT NOT NULL,
        run TEXT NOT NULL
    );
    CREATE INDEX perflog_by_date ON perflog (date);
    """,
]
COLUMNS = "host, shell, screen_name, event, date, run"


class SqlitePerfLog:
    """Fills the contract `netwar.board.base.PerfLog`. Who `looks` needs no right to write. Raises ServiceDown."""

    def __init__(self, path: Path, *, looks: bool = False) -> None:
        self._path = path
        self._db = (look if looks else connect)(path, MIGRATIONS)

    def append(self, entry: Entry) -> None:
        row = (entry.host, entry.shell, entry.screen_name, entry.event, entry.date, json.dumps(dict(entry.run)))
        with translated(self._path), transaction(self._db) as db:
            db.execute("DELETE FROM perflog WHERE date < ?", (oldest(entry.date),))
            db.execute(f"INSERT INTO perflog ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)

    def last(self, number: int) -> list[Entry]:
        query = f"SELECT {COLUMNS} FROM perflog ORDER BY date DESC, number DESC LIMIT ?"
        with translated(self._path):
            rows = [sound(row, *(str,) * len(row)) for row in self._db.execute(query, (number,))]
        return [Entry(host, shell, name, event, date, _run(run)) for host, shell, name, event, date, run in reversed(rows)]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _run(kept: str) -> dict[str, Any]:
    """What a run did; nothing where none of our programs wrote it, as what happened is told beside it."""
    told = noted(kept)
    return told if isinstance(told, dict) else {}


def oldest(date: str) -> str:
    """The first date that is kept when this one is written."""
    now = milliseconds(date)
    if now is None:
        raise ValueError(f"{date[:40]!r} is no date")
    return (datetime.fromisoformat(date) - timedelta(days=KEPT_DAYS)).isoformat()

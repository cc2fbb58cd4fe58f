"""What people do to files of SQLite while programs use them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

AWAY = "away"


def copied(file: Path, copy: Path) -> None:
    """As people copy a database."""
    with closing(sqlite3.connect(file)) as there, closing(sqlite3.connect(copy)) as here:
        there.backup(here)


def moved_away(file: Path) -> Path:
    """Into a folder beside it, with what belongs to it; where it is."""
    (away := file.parent / AWAY).mkdir(exist_ok=True)
    for one in file.parent.glob(f"{file.name}*"):
        one.rename(away / one.name)
    return away / file.name


def put_back(file: Path) -> None:
    """What was moved away."""
    for one in (file.parent / AWAY).glob(f"{file.name}*"):
        one.rename(file.parent / one.name)

"""Queues out of a backup: what runs had claimed waits again, since none of them is at work on this copy."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from netwar.connections.sqlite import connect, transaction, translated
from netwar.queues.sqlite_file import MIGRATIONS

MADE_BY_CLAIMS = "DELETE FROM entries WHERE state = 'claimed' AND extra"
WAIT_AGAIN = "UPDATE entries SET state = 'waiting', token = NULL, holder = NULL, until = NULL WHERE state = 'claimed'"


def restore_queues(path: Path) -> int:
    """Let everybody wait who was claimed, in their old turn; how many that were. Raises ServiceDown."""
    with translated(path), closing(connect(path, MIGRATIONS)) as db, transaction(db):
        db.execute(MADE_BY_CLAIMS)
        return db.execute(WAIT_AGAIN).rowcount

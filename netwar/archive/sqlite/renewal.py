"""The full text of a file of an earlier version, renewed: once, after a copy, in portions, of which those done stay when cut off.

What is not in it yet is searched all the same, row by row (reading.py), so that nothing is missing meanwhile.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress

from netwar.archive.sqlite import fulltext
from netwar.archive.sqlite.file import ArchiveFile
from netwar.archive.sqlite.profiles import PROFILES
from netwar.archive.sqlite.tweets import TWEETS
from netwar.connections.runs import exclusive
from netwar.connections.sqlite_former import is_kept
from netwar.errors import Busy, ServiceDown

log = logging.getLogger("netwar.archive")

BATCH_SIZE = 5_000  # rows of one transaction
TEXTS = {"tweet": "text", "profile": "spoken"}
KINDS = (TWEETS, PROFILES)
# The old full text, by the names that it has and had.
OF_OLD = ("tweet_words_of_old", "profile_words_of_old", "tweet_words", "profile_words")


def unread(file: ArchiveFile, table: str) -> tuple[int, int]:
    """The first and last key of the rows that the full text does not have yet; (1, 0) if there are none."""
    rows = file.rows("SELECT done + 1, upto FROM renewal WHERE name = ? AND done < upto", (table,))
    return rows[0] if rows else (1, 0)


def renew(file: ArchiveFile) -> None:
    """Bring the full text up to date. Where that cannot be, says so and leaves it as it is."""
    left = _left(file)
    if not left:
        return
    try:
        _renew_alone(file, left)
    except (ServiceDown, OSError) as error:
        log.warning(
            "%s: its full-text index is of an earlier version, so %s texts are read one by one; to renew it: %s",
            file.path,
            f"{left:,}",
            error,
        )


def tidy(file: ArchiveFile) -> None:
    """Remove the full text of the earlier version where it is not needed, as in a new file."""
    if file.rows("SELECT 1 FROM renewal") and not _left(file):
        with suppress(ServiceDown):  # who may not write it only looks
            _forget_the_old(file)


def _left(file: ArchiveFile) -> int:
    return sum(last - first + 1 for first, last in (unread(file, kind.table) for kind in KINDS))


def _renew_alone(file: ArchiveFile, left: int) -> None:
    """Unless another program is at it."""
    try:
        lock = exclusive(file.path.parent, f"{file.path.stem}-renewal", "")
    except Busy:
        log.warning(
            "%s: another program is renewing its full-text index; meanwhile %s texts are read one by one", file.path, f"{left:,}"
        )
        return
    try:
        _keep_a_copy(file)
        for kind in KINDS:
            while _read_more(file, kind.table):
                pass
        _forget_the_old(file)
    finally:
        os.close(lock)


def _keep_a_copy(file: ArchiveFile) -> None:
    """Before the first portion, unless there is one of an earlier state."""
    if is_kept(file.path) or file.path.with_name(f"{file.path.name}.before-renewal").exists():
        return
    kept = file.keep(file.path.stat().st_size)  # as much again for the new full text
    log.warning("%s: its full-text index is being renewed, once; a copy of the file as it was is kept in %s", file.path, kept)


def _read_more(file: ArchiveFile, table: str) -> bool:
    """Read one portion; whether there was one. Several programs may do so at once."""
    with file.writing() as connection:
        row = connection.execute("SELECT done + 1, upto FROM renewal WHERE name = ? AND done < upto", (table,)).fetchone()
        if row is None:
            return False
        first, last = row[0], min(row[1], row[0] + BATCH_SIZE - 1)
        texts = connection.execute(f"SELECT key, {TEXTS[table]} FROM {table} WHERE key BETWEEN ? AND ?", (first, last)).fetchall()
        spelled = [(fulltext.words(text), key) for key, text in texts]
        connection.executemany(f"UPDATE {table} SET words = ? WHERE key = ?", [one for one in spelled if one[0] is not None])
        fulltext.add(connection, table, first, last)
        connection.execute("UPDATE renewal SET done = ? WHERE name = ?", (last, table))
    return True


def _forget_the_old(file: ArchiveFile) -> None:
    with file.writing() as connection:
        if connection.execute("SELECT 1 FROM renewal").fetchone():
            for name in OF_OLD:
                connection.execute(f"DROP TABLE IF EXISTS {name}")
            connection.execute("DELETE FROM renewal")

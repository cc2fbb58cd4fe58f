"""Queues in one SQLite file, shared by every process of this machine."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from itertools import islice
from pathlib import Path
from typing import Any

from netwar.connections import clocks
from netwar.connections.runs import Run
from netwar.connections.sqlite import closed_if_it_fails, connect, transaction, translated
from netwar.connections.sqlite_looking import look
from netwar.connections.sqlite_schema import kept
from netwar.queues.base import LEASE_SECONDS, MAX_FAILURES, Claim, Claimed, Cleared, Failed, lost
from netwar.queues.sqlite_file import CLAIMED, MIGRATIONS

CHUNK = 100_000
BATCH_SIZE = 10_000
NAMED = "queue = ? AND user IN (SELECT value FROM json_each(?))"
HELD = "queue = ? AND state = 'claimed' AND token = ?"

PUT = """
    INSERT INTO entries (queue, user, state, queued)
    SELECT :queue, value, 'waiting', :now FROM json_each(:users) WHERE true
    ON CONFLICT (queue, user) DO UPDATE SET state = 'waiting', queued = excluded.queued, failures = 0, reason = NULL
    WHERE state = 'failed'
"""

# Who is put while a claim has them for itself alone goes on waiting when that is put back.
KEEP = f"UPDATE entries SET extra = 0, queued = ? WHERE {NAMED} AND state = 'claimed' AND extra"

# Whoever is put back goes behind all the others: one user with whom X has trouble must not hold up the rest.
PUT_BACK = """
    UPDATE entries SET state = CASE WHEN failures + :count < :most THEN 'waiting' ELSE 'failed' END,
        failures = failures + :count, reason = coalesce(:reason, reason), token = NULL, holder = NULL, until = NULL,
        turn = (SELECT max(turn) + 1 FROM entries)
    WHERE turn = :turn
"""

ALSO = """
    INSERT INTO entries (queue, user, state, queued, token, holder, until, extra) VALUES (?, ?, 'claimed', ?, ?, ?, ?, 1)
    ON CONFLICT (queue, user) DO UPDATE
    SET state = 'claimed', token = excluded.token, holder = excluded.holder, until = excluded.until
    WHERE state <> 'claimed' OR token = excluded.token
"""


class SqliteQueue:
    """Fills the contract `netwar.queues.base.Queue`: one queue of a file that holds any number of them.

    Users are handed out in the order in which they were put (very long lists in portions, each sorted);
    who is put back goes behind the others. Who `looks` needs no right to write. Raises ServiceDown when the file cannot be used.
    """

    def __init__(self, path: Path, name: str, run: Run, clock: Callable[[], float] | None = None, *, looks: bool = False) -> None:
        self.name = name
        self._path = path
        self._run = run
        self._db = (look if looks else connect)(path, MIGRATIONS)
        with translated(path), closed_if_it_fails(self._db):
            self._clock = clock or clocks.SteadyClock(self._db)

    def beside(self, name: str) -> SqliteQueue:
        """Another queue of the same file, over the same connection, which is closed with this one."""
        other = copy(self)
        other.name = name
        return other

    def put(self, users: Iterable[str]) -> int:
        stream = iter(users)
        added = 0
        while chunk := list(islice(stream, CHUNK)):
            if len(chunk) == CHUNK:
                chunk.sort()  # a million random names in order of putting take twice as long
            with self._writing() as db:
                added += self._put(db, chunk)
        return added

    def take(self, size: int) -> Claim | None:
        token = uuid.uuid4().hex
        with self._writing() as db:
            dead = self._free(db)
            rows = self._next({"turn": int, "user": str, "queued": float}, 0, max(size, 0))
            if rows:
                lease = (token, self._run.begin(), self._clock() + LEASE_SECONDS)
                db.executemany(
                    "UPDATE entries SET state = 'claimed', token = ?, holder = ?, until = ? WHERE turn = ?",
                    [(*lease, turn) for turn, _, _ in rows],
                )
        self._bury(dead)
        return Claim(self, token, [user for _, user, _ in rows], self._here(min(row[-1] for row in rows))) if rows else None

    def claim(self, user: str) -> Claim | None:
        token = uuid.uuid4().hex
        with self._writing() as db:
            dead = self._free(db)
            lease = (token, self._run.begin(), self._clock() + LEASE_SECONDS)
            held = db.execute(ALSO, (self.name, user, self._clock(), *lease)).rowcount > 0
        self._bury(dead)
        return Claim(self, token, [user]) if held else None

    def remove(self, users: Sequence[str]) -> dict[str, str]:
        named = (self.name, json.dumps(list(users)))
        with self._writing() as db:
            dead = self._free(db)
            found = dict(db.execute(f"SELECT user, state FROM entries WHERE {NAMED}", named).fetchall())
            db.execute(f"DELETE FROM entries WHERE {NAMED} AND state <> 'claimed'", named)
        self._bury(dead)
        return found

    def drop_failed(self, users: Sequence[str]) -> int:
        with self._writing() as db:
            named = (self.name, json.dumps(list(users)))
            return db.execute(f"DELETE FROM entries WHERE {NAMED} AND state = 'failed'", named).rowcount

    def waiting(self, limit: int | None = None) -> Iterator[str]:
        """Who waits, those next in turn first; read in portions, so that a long list holds up nobody."""
        turn, left = 0, limit
        while left is None or left > 0:
            portion = BATCH_SIZE if left is None else min(BATCH_SIZE, left)
            with translated(self._path):
                rows = self._next({"turn": int, "user": str}, turn, portion)
            yield from (user for _, user in rows)
            if len(rows) < portion:
                return
            turn, left = rows[-1][0], None if left is None else left - len(rows)

    def claimed(self) -> list[Claimed]:
        claims: dict[str, tuple[list[Any], list[Any]]] = {}  # by token: who was queued, and what the claim made for itself
        for *row, token, extra in self._all("user, holder, until, token, extra", "claimed", kinds=(str, str, float, str, int)):
            claims.setdefault(token, ([], []))[extra != 0].append(row)
        return [one for own, made in claims.values() for one in self._together(own or made[:1], made if own else made[1:])]

    def failed(self) -> list[Failed]:
        return [Failed(*row) for row in self._all("user, reason, failures", "failed", kinds=(str, str, int))]

    def failures(self, users: Sequence[str]) -> dict[str, int]:
        with translated(self._path):
            query = f"SELECT user, failures FROM entries WHERE {NAMED} AND failures > 0"
            return dict(self._db.execute(query, (self.name, json.dumps(list(users)))).fetchall())

    def clear(self) -> Cleared:
        with self._writing() as db:
            return self._cleared(db)

    def __len__(self) -> int:
        with translated(self._path):
            query = "SELECT count(*) FROM entries WHERE queue = ? AND state = 'waiting'"
            return int(self._db.execute(query, (self.name,)).fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _cleared(self, db: sqlite3.Connection) -> Cleared:
        cleared = Cleared(len(self), db.execute(CLAIMED, (self.name,)).fetchone()[0], len(self._all("turn", "failed")))
        db.execute("DELETE FROM entries WHERE queue = ?", (self.name,))
        return cleared

    def _together(self, users: list[Any], also: list[Any]) -> Iterator[Claimed]:
        """The users of a claim; the first of them is who its other entries are, too."""
        for place, (user, holder, until) in enumerate(users):
            yield Claimed(user, holder, self._here(until), () if place else tuple(row[0] for row in also))

    def _put(self, db: sqlite3.Connection, users: Sequence[str]) -> int:
        entries = {"queue": self.name, "users": json.dumps(users), "now": self._clock()}
        added = db.execute(PUT, entries).rowcount
        db.execute(KEEP, (entries["now"], self.name, entries["users"]))
        return added

    def _drop(self, db: sqlite3.Connection, users: Sequence[str]) -> None:
        """Take users off the queue. A claim has them for itself alone from now on, so it ends without their waiting again."""
        named = (self.name, json.dumps(users))
        db.execute(f"DELETE FROM entries WHERE {NAMED} AND state <> 'claimed'", named)
        db.execute(f"UPDATE entries SET extra = 1 WHERE {NAMED} AND state = 'claimed'", named)

    def _renew(self, claim: Claim, progress: bool) -> None:
        """A lease that ran out is renewed all the same while nobody else has taken the users over."""
        with self._writing() as db:
            until = self._clock() + LEASE_SECONDS
            forget = ", failures = 0, reason = NULL" if progress else ""
            if not db.execute(f"UPDATE entries SET until = ?{forget} WHERE {HELD}", (until, self.name, claim.token)).rowcount:
                raise lost(claim)

    def _done(self, claim: Claim) -> None:
        with self._writing() as db:
            db.execute(f"DELETE FROM entries WHERE {HELD}", (self.name, claim.token))

    def _put_back(self, claim: Claim, failure: str | None) -> None:
        with self._writing() as db:
            self._hand_back(db, claim.token, failure)

    def _also(self, claim: Claim, user: str) -> bool:
        with self._writing() as db:
            self._free(db, sparing=claim.token)
            lease = db.execute(f"SELECT token, holder, until FROM entries WHERE {HELD}", (self.name, claim.token)).fetchone()
            if lease is None:
                raise lost(claim)
            return db.execute(ALSO, (self.name, user, self._clock(), *lease)).rowcount > 0

    def _free(self, db: sqlite3.Connection, sparing: str = "") -> list[str]:
        """Let the users of dead runs, and of leases that ran out, wait again; the dead holders.

        That a run was killed says nothing of the user whom it was working on, so it is no failure. A lease that is longer
        than leases are was written before the machine was started, when its clock was ahead.
        """
        claims, now = self._all("token, holder, max(until)", "claimed", "GROUP BY token"), self._clock()
        dead = [holder for holder in {claim[1] for claim in claims} if self._run.dead(holder)]
        for token, holder, ends in claims:
            until = ends if _is_time(ends) else 0.0
            if token != sparing and (holder in dead or not now < until <= now + LEASE_SECONDS + 1):
                self._hand_back(db, token, None)
        return dead

    def _bury(self, dead: list[str]) -> None:
        for holder in dead:
            self._run.remove_stale(holder)

    def _hand_back(self, db: sqlite3.Connection, token: str, failure: str | None) -> None:
        db.execute(f"DELETE FROM entries WHERE {HELD} AND extra", (self.name, token))
        turns = db.execute(f"SELECT turn FROM entries WHERE {HELD} ORDER BY turn", (self.name, token)).fetchall()
        fate = {"count": failure is not None, "most": MAX_FAILURES, "reason": failure}
        db.executemany(PUT_BACK, [{**fate, "turn": turn} for (turn,) in turns])

    def _next(self, columns: Mapping[str, type], turn: int, portion: int) -> list[Any]:
        named = ", ".join(columns)
        query = f"SELECT {named} FROM entries WHERE queue = ? AND state = 'waiting' AND turn > ? ORDER BY turn LIMIT ?"
        return [kept(row, *columns.values()) for row in self._db.execute(query, (self.name, turn, portion)).fetchall()]

    def _all(self, columns: str, state: str, group: str = "", kinds: tuple[type, ...] = ()) -> list[Any]:
        query = f"SELECT {columns} FROM entries WHERE queue = ? AND state = '{state}' {group} ORDER BY turn"
        with translated(self._path):
            rows = self._db.execute(query, (self.name,)).fetchall()
            return [kept(row, *kinds) for row in rows] if kinds else rows

    def _here(self, at: float) -> float:
        """A time of the file's clock as this host's own clock has it."""
        return at - float(getattr(self._clock, "ahead", 0.0))

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with translated(self._path), transaction(self._db) as db:
            yield db


def _is_time(ends: object) -> bool:
    """Whether a lease ends at a time: others may write to the file."""
    return isinstance(ends, int | float)

"""A roster in a SQLite file, shared by every process of this machine."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from netwar.connections.runs import Run
from netwar.connections.sqlite import translated
from netwar.connections.sqlite_schema import kept as sound
from netwar.queues.roster import (
    Change,
    Member,
    Round,
    Wiped,
    busy_name,
    changed,
    checked_list,
    is_over,
    queue_name,
    read,
    released,
    written,
)
from netwar.queues.sqlite import NAMED, SqliteQueue

BATCH_SIZE = 1_000

OURS = "roster = ? AND user IN (SELECT value FROM json_each(?))"
KEPT = f"SELECT user, kept FROM members WHERE {OURS}"
NEXT = "SELECT user, kept FROM members WHERE roster = ? AND user > ? ORDER BY user LIMIT ?"
WRITE = "INSERT OR REPLACE INTO members (roster, user, kept) VALUES (?, ?, ?)"
LEFT = """
    SELECT EXISTS (SELECT 1 FROM entries WHERE queue = :queue AND state = 'waiting')
        OR EXISTS (SELECT 1 FROM entries WHERE queue = :queue AND state = 'claimed')
"""


class SqliteRoster:
    """Fills the contract `netwar.queues.roster.Roster`, in the tables `members`, `rounds` and `taken` of the queues' file.

    Its three queues share one connection with it, so that a step is one transaction. Who `looks` needs no right to
    write. Raises ServiceDown when the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        observer: str,
        index: str,
        run: Run,
        clock: Callable[[], float] | None = None,
        *,
        looks: bool = False,
    ) -> None:
        self.adds = SqliteQueue(path, queue_name(observer, index, "adds"), run, clock, looks=looks)
        self.work = self.adds.beside(queue_name(observer, index, "work"))
        self.busy = self.adds.beside(busy_name(index))
        self._name = f"{observer}:{index}"
        self._path = path
        self._writing, self._clock = self.adds._writing, self.adds._clock

    def fresh(self, users: Sequence[str], list: str, at: int) -> list[str]:
        """All in one step, however many."""
        checked_list(list)
        with self._writing() as db:
            known = self._kept(db, users)
            new = [user for user in dict.fromkeys(users) if user not in known]
            lists = {user: (*known[user].lists, list) for user in known if list not in known[user].lists}
            self._keep(db, *(Member(user, at, (list,)) for user in new))
            self._keep(db, *(_listed(known[user], now) for user, now in lists.items()))
            self.adds._put(db, new)
        return new

    def unlist(self, users: Sequence[str], list: str) -> list[str]:
        """All in one step, however many."""
        checked_list(list)
        with self._writing() as db:
            known = {user: one for user, one in self._kept(db, users).items() if list in one.lists}
            lists = {user: tuple(other for other in one.lists if other != list) for user, one in known.items()}
            gone = [user for user in dict.fromkeys(users) if user in lists and not lists[user]]
            self._keep(db, *(_listed(known[user], left) for user, left in lists.items() if left))
            db.execute(f"DELETE FROM members WHERE {OURS}", (self._name, json.dumps(gone)))
            self.adds._drop(db, gone)
            self.work._drop(db, gone)
        return gone

    def members(self) -> Iterator[Member]:
        last, full = "", True
        while full:
            with translated(self._path):
                rows = [sound(row, str, str) for row in self._db.execute(NEXT, (self._name, last, BATCH_SIZE))]
            yield from (read(user, kept) for user, kept in rows)
            full, last = len(rows) == BATCH_SIZE, rows[-1][0] if rows else ""

    def member(self, user: str) -> Member | None:
        with translated(self._path):
            return self._kept(self._db, [user]).get(user)

    def __len__(self) -> int:
        with translated(self._path):
            return int(self._db.execute("SELECT count(*) FROM members WHERE roster = ?", (self._name,)).fetchone()[0])

    def change(self, user: str, change: Change) -> Member | None:
        with self._writing() as db:
            if member := self._kept(db, [user]).get(user):
                self._keep(db, after := changed(member, change))
                return after
        return None

    def release(self, users: Sequence[str]) -> None:
        """All in one step, however many."""
        with self._writing() as db:
            known = self._kept(db, users)
            self._keep(db, *map(released, known.values()))
            self.adds._put(db, [user for user in dict.fromkeys(users) if user in known])

    def round(self) -> Round:
        with translated(self._path):
            found = self._db.execute("SELECT number, began, size FROM rounds WHERE roster = ?", (self._name,)).fetchone()
            return Round(*sound(found, int, int, int)) if found else Round()

    def begin_round(self, number: int, users: Sequence[str], at: int) -> bool:
        with self._writing() as db:
            if self.round().number != number - 1:
                return False
            dead = [*self.adds._free(db), *self.work._free(db)]
            if begun := not any(db.execute(LEFT, {"queue": one.name}).fetchone()[0] for one in (self.adds, self.work)):
                known = self._kept(db, users)
                due = [user for user in dict.fromkeys(users) if user in known]
                for queue in (self.adds, self.work):  # a round is a new beginning, and follows the order that is given
                    db.execute(f"DELETE FROM entries WHERE {NAMED} AND state = 'failed'", (queue.name, json.dumps(due)))
                self.work._put(db, due)
                db.execute("INSERT OR REPLACE INTO rounds VALUES (?, ?, ?, ?)", (self._name, number, at, len(due)))
        self.adds._bury(dead)
        return begun

    def turn(self, what: str, seconds: float) -> bool:
        """Most who ask find that it is not their turn, and hold up nobody."""
        if not is_over(self._last(what), self._clock(), seconds):
            return False
        with self._writing() as db:
            now = self._clock()
            if mine := is_over(self._last(what), now, seconds):
                db.execute("INSERT OR REPLACE INTO taken VALUES (?, ?, ?)", (self._name, what, now))
        return mine

    def clear(self) -> Wiped:
        with self._writing() as db:
            wiped = Wiped(len(self), self.adds._cleared(db), self.work._cleared(db))
            for table in ("members", "rounds", "taken"):
                db.execute(f"DELETE FROM {table} WHERE roster = ?", (self._name,))
        return wiped

    def close(self) -> None:
        """Let go of the file."""
        self.adds.close()

    @property
    def _db(self) -> sqlite3.Connection:
        return self.adds._db

    def _kept(self, db: sqlite3.Connection, users: Sequence[str]) -> dict[str, Member]:
        """Those of the users who are members."""
        rows = [sound(row, str, str) for row in db.execute(KEPT, (self._name, json.dumps([*users])))]
        return {user: read(user, kept) for user, kept in rows}

    def _keep(self, db: sqlite3.Connection, *members: Member) -> None:
        db.executemany(WRITE, [(self._name, member.user, written(member)) for member in members])

    def _last(self, what: str) -> float | None:
        with translated(self._path):
            found = self._db.execute("SELECT at FROM taken WHERE roster = ? AND what = ?", (self._name, what)).fetchone()
            return float(sound(found, float)[0]) if found else None


def _listed(member: Member, lists: tuple[str, ...]) -> Member:
    """The same member on other lists."""
    return replace(member, lists=lists)

"""The embedded graph: one SQLite file for each index, fed by one process at a time and read by any."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from netwar.graph.base import FOLLOWS, NOBODY, Follow, Named, Neighbor, Pair, Ranked
from netwar.graph.digest import Digests, digests
from netwar.graph.sqlite_answers import Answers, edges, tweets
from netwar.graph.sqlite_file import GraphFile, among
from netwar.records.edges import SHARES, TAGS, TO_USERS, TYPES, Edge
from netwar.records.ids import number, posted

NUMBERS = {type: place for place, type in enumerate(TYPES, 1)}
TABLES = {TAGS: "hashtag", SHARES: "url"}  # of what has no number at X
Row = tuple[int, int, int, int]  # type, source, target, tweet

IN = "IN (SELECT value FROM json_each(?))"
KEPT = f"SELECT type, source, target, tweet FROM edge WHERE tweet {IN}"
DROP = "DELETE FROM edge WHERE type = ? AND source = ? AND target = ? AND tweet = ?"
PUT = "INSERT OR IGNORE INTO edge VALUES (?, ?, ?, ?)"
NAME = "UPDATE user SET name = ?, seen = ? WHERE id = ? AND coalesce(seen, 0) <= ?"


class SqliteGraph:
    """Fills the contract `netwar.graph.base.Graph`: NAME.sqlite in `folder`. Who `looks` needs no right to write."""

    # A page of the file is written once a step, however many edges fall on it, and the disk is waited for once.
    at_once = 10_000

    def __init__(self, folder: Path, *, looks: bool = False) -> None:
        self._folder = folder
        self._looks = looks
        self._open: dict[str, GraphFile] = {}

    @property
    def where(self) -> str:
        return str(self._folder)

    def init(self, index: str) -> None:
        self._file(index)

    def ready(self, index: str) -> None:
        """See Graph.ready. A file is made when it is first needed."""

    def replace(
        self, index: str, found: Mapping[str, Sequence[Edge]], fresh: Collection[str] = (), authors: Mapping[str, str] = NOBODY
    ) -> None:
        """See Graph.replace. What stays as it is costs no write."""
        made = [edge for edges in found.values() for edge in edges]
        older = among([int(tweet) for tweet in found if tweet not in fresh])
        with self._file(index).writing() as db:
            numbers = {type: _numbers(db, table, _targets(made, type)) for type, table in TABLES.items()}
            new = _rows(found, numbers)
            if old := set[Row](db.execute(KEPT, (older,)).fetchall()):
                db.executemany(DROP, sorted(old.difference(new)))
                new = [row for row in new if row not in old]
            db.executemany(PUT, sorted(new))
            db.execute(f"DELETE FROM odd WHERE tweet {IN}", (older,))
            db.executemany("INSERT OR REPLACE INTO odd VALUES (?, ?)", _odd(found))
            db.executemany("INSERT OR IGNORE INTO user (id) VALUES (?)", [(user,) for user in _users(made)])

    def nameless(self, index: str, users: Sequence[str]) -> list[str]:
        query = f"SELECT id FROM user WHERE seen IS NULL AND id {IN} ORDER BY id"
        return [str(id) for (id,) in self._file(index).rows(query, (among(_known(users)),))]

    def name(self, index: str, named: Sequence[Named]) -> None:
        rows = [(one.name, one.seen, int(one.user), one.seen) for one in named]
        with self._file(index).writing() as db:
            db.executemany(NAME, rows)

    def edges(self, index: str) -> Iterator[Edge]:
        return edges(self._file(index))

    def digest(self, index: str) -> Digests:
        return digests(self.edges(index))

    def counts(self, index: str) -> dict[str, int]:
        file = self._file(index)
        found = dict(file.rows("SELECT type, count(*) FROM edge GROUP BY type"))
        follows = file.rows("SELECT count(*) FROM follow")[0][0]
        return {type: found.get(number, 0) for type, number in NUMBERS.items()} | {FOLLOWS: follows}

    def tweets(self, index: str, after: int) -> Iterator[int]:
        return tweets(self._file(index), after)

    def position(self, index: str) -> int:
        rows = self._file(index).rows("SELECT position FROM rebuild")
        return int(rows[0][0]) if rows else 0

    def move(self, index: str, position: int) -> None:
        with self._file(index).writing() as db:
            db.execute("DELETE FROM rebuild")
            db.executemany("INSERT INTO rebuild VALUES (?)", [(position,)] if position else [])

    def neighbors(self, index: str, user: str) -> Iterator[Neighbor]:
        return Answers(self._file(index)).neighbors(int(user))

    def amplifiers(self, index: str, user: str | None, limit: int) -> list[Pair]:
        return Answers(self._file(index)).pairs(NUMBERS["RETWEETS"], int(user) if user else None, limit)

    def top(self, index: str, type: str, limit: int) -> list[Ranked]:
        return Answers(self._file(index)).top(type, limit)

    def tag(self, index: str, property: str, values: Mapping[str, str]) -> int:
        there = {id for (id,) in self._file(index).rows(f"SELECT id FROM user WHERE id {IN}", (among(_known(values)),))}
        rows = [(int(user), property, value) for user, value in values.items() if int(user) in there]
        with self._file(index).writing() as db:
            db.executemany("INSERT OR REPLACE INTO tag VALUES (?, ?, ?)", rows)
        return len(rows)

    def follow(self, index: str, target: str, follows: Iterator[Follow]) -> int:
        rows = [(int(one.target), int(one.source), one.since, one.until) for one in follows]
        users = {row[1] for row in rows} | ({int(target)} if rows else set())
        with self._file(index).writing() as db:
            db.execute("DELETE FROM follow WHERE target = ?", (int(target),))
            db.executemany("INSERT OR REPLACE INTO follow VALUES (?, ?, ?, ?)", rows)
            db.executemany("INSERT OR IGNORE INTO user (id) VALUES (?)", [(user,) for user in sorted(users)])
        return len(rows)

    def forget(self, index: str, users: Sequence[str]) -> None:
        ids = among(_known(users))
        of_users = ", ".join(str(NUMBERS[type]) for type in TO_USERS)
        of_all = ", ".join(map(str, NUMBERS.values()))
        with self._file(index).writing() as db:
            db.execute(f"DELETE FROM edge WHERE type IN ({of_all}) AND source {IN}", (ids,))
            db.execute(f"DELETE FROM edge WHERE type IN ({of_users}) AND target {IN}", (ids,))
            db.execute(f"DELETE FROM follow WHERE target {IN}", (ids,))
            db.execute(f"DELETE FROM follow WHERE source {IN}", (ids,))
            db.execute(f"DELETE FROM tag WHERE user {IN}", (ids,))
            db.execute(f"DELETE FROM user WHERE id {IN}", (ids,))

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def _file(self, index: str) -> GraphFile:
        if index not in self._open:
            self._open[index] = GraphFile(self._folder / f"{index}.sqlite", looks=self._looks)
        return self._open[index]


def _rows(found: Mapping[str, Sequence[Edge]], numbers: Mapping[str, Mapping[str, int]]) -> list[Row]:
    return [
        (NUMBERS[type], int(source), numbers[type][target] if type in numbers else int(target), id)
        for id, edges in ((int(tweet), edges) for tweet, edges in found.items())
        for type, source, target, _, _ in edges
    ]


def _targets(made: Iterable[Edge], type: str) -> list[str]:
    return sorted({edge.target for edge in made if edge.type == type})


def _numbers(db: sqlite3.Connection, table: str, keys: list[str]) -> dict[str, int]:
    """The numbers of tags or links in this file; new ones get the next."""
    db.executemany(f"INSERT OR IGNORE INTO {table} (key) VALUES (?)", [(key,) for key in keys])
    return dict(db.execute(f"SELECT key, id FROM {table} WHERE key {IN}", (orjson.dumps(keys).decode(),)).fetchall())


def _odd(found: Mapping[str, Sequence[Edge]]) -> list[tuple[int, int | None]]:
    """Tweets whose id does not tell their time, with that."""
    return [(int(tweet), edges[0].at) for tweet, edges in found.items() if edges and posted(int(tweet)) is None]


def _users(made: Iterable[Edge]) -> list[int]:
    users = {int(edge.source) for edge in made}
    return sorted(users | {int(edge.target) for edge in made if edge.type in TO_USERS})


def _known(users: Iterable[str]) -> list[int]:
    return [id for id in map(number, users) if id is not None]

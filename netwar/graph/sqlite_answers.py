"""What is asked of a graph's file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netwar.graph.base import FOLLOWS, Direction, Neighbor, Pair, Ranked
from netwar.graph.sqlite_file import GraphFile
from netwar.records.edges import SHARES, TAGS, TO_USERS, TYPES, Edge
from netwar.records.ids import posted

CHUNK = 10_000  # rows fetched at once
NAMES = dict(enumerate(TYPES, 1))
USERS = ", ".join(str(number) for number, type in NAMES.items() if type in TO_USERS)
TEXTS = {TAGS: "hashtag", SHARES: "url"}

EDGES = """
SELECT type, source, target, tweet, hashtag.key, url.key FROM edge
LEFT JOIN hashtag ON type = 5 AND hashtag.id = target LEFT JOIN url ON type = 6 AND url.id = target
WHERE (type, source, target, tweet) > (?, ?, ?, ?) ORDER BY type, source, target, tweet LIMIT ?
"""
# Each half is one walk through an index.
NEIGHBORS = f"""
SELECT other, user.name, type, direction, number, first, last FROM (
    SELECT target AS other, type, 'out' AS direction, count(*) AS number, min(tweet) AS first, max(tweet) AS last
    FROM edge WHERE source = ?1 AND type IN ({USERS}) GROUP BY type, target
    UNION ALL
    SELECT source, type, 'in', count(*), min(tweet), max(tweet)
    FROM edge WHERE target = ?1 AND type IN ({USERS}) GROUP BY type, source
) LEFT JOIN user ON user.id = other ORDER BY number DESC, other, type, direction
"""
FOLLOWED = """
SELECT target, name, 'out', since, until FROM follow LEFT JOIN user ON user.id = target WHERE source = ?1
UNION ALL SELECT source, name, 'in', since, until FROM follow LEFT JOIN user ON user.id = source WHERE target = ?1
ORDER BY 1, 3, 4
"""
PAIRS = """
SELECT source, a.name, target, b.name, number, first, last FROM (
    SELECT source, target, count(*) AS number, min(tweet) AS first, max(tweet) AS last FROM edge
    WHERE type = ?1 AND (?2 IS NULL OR target = ?2) GROUP BY source, target ORDER BY number DESC, source, target LIMIT ?3
) LEFT JOIN user AS a ON a.id = source LEFT JOIN user AS b ON b.id = target ORDER BY number DESC, source, target
"""
TO_ONE = PAIRS.replace("type = ?1 AND (?2 IS NULL OR target = ?2)", "target = ?2 AND type = ?1")
TOP = """
SELECT target, count(*) AS number, count(DISTINCT source) FROM edge WHERE type = ?
GROUP BY target ORDER BY number DESC, target LIMIT ?
"""


class Answers:
    """Questions to one file."""

    def __init__(self, file: GraphFile) -> None:
        self._file = file

    def neighbors(self, user: int) -> Iterator[Neighbor]:
        """See Graph.neighbors."""
        for other, name, type, direction, count, first, last in self._file.rows(NEIGHBORS, (user,)):
            yield Neighbor(str(other), name, NAMES[type], direction, count, self._at(first), self._at(last))
        for other, name, direction, since, until in self._file.rows(FOLLOWED, (user,)):
            way: Direction = "out" if direction == "out" else "in"
            yield Neighbor(str(other), name, FOLLOWS, way, 1, since, until)

    def pairs(self, type: int, user: int | None, limit: int) -> list[Pair]:
        """See Graph.amplifiers."""
        rows = self._file.rows(PAIRS if user is None else TO_ONE, (type, user, limit))
        return [
            Pair(str(source), its, str(target), other, count, self._at(first), self._at(last))
            for source, its, target, other, count, first, last in rows
        ]

    def top(self, type: str, limit: int) -> list[Ranked]:
        """See Graph.top."""
        number = TYPES.index(type) + 1
        return [self._ranked(type, *row) for row in self._file.rows(TOP, (number, limit))]

    def _ranked(self, type: str, target: int, count: int, users: int) -> Ranked:
        if type in TEXTS:
            return Ranked(self._one(f"SELECT key FROM {TEXTS[type]} WHERE id = ?", target), None, count, users)
        return Ranked(str(target), self._one("SELECT name FROM user WHERE id = ?", target), count, users)

    def _at(self, tweet: int) -> int | None:
        """When a tweet was posted (ms)."""
        at = posted(tweet)
        return at if at is not None else self._one("SELECT at FROM odd WHERE tweet = ?", tweet)

    def _one(self, sql: str, value: int) -> Any:
        rows = self._file.rows(sql, (value,))
        return rows[0][0] if rows else None


def edges(file: GraphFile) -> Iterator[Edge]:
    """Every edge of a file, some thousands in memory at a time."""
    odd = dict(file.rows("SELECT tweet, at FROM odd"))
    last: tuple[int, ...] = (0, 0, 0, 0)
    while rows := file.rows(EDGES, (*last, CHUNK)):
        for type, source, target, tweet, tag, url in rows:
            at = odd[tweet] if tweet in odd else posted(tweet)
            yield Edge(NAMES[type], str(source), str(tag or url or target), str(tweet), at)
        last = rows[-1][:4]


def tweets(file: GraphFile, after: int) -> Iterator[int]:
    """The tweets that have edges, in their order."""
    while rows := file.rows("SELECT DISTINCT tweet FROM edge WHERE tweet > ? ORDER BY tweet LIMIT ?", (after, CHUNK)):
        yield from (tweet for (tweet,) in rows)
        after = rows[-1][0]

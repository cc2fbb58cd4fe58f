"""What is asked of a graph in Neo4j."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from netwar.graph.base import FOLLOWS, Direction, Neighbor, Pair, Ranked
from netwar.records.edges import SHARES, TAGS

if TYPE_CHECKING:
    from netwar.connections.neo4j import Database

SAID = "count(r), min(r.at), max(r.at)"
BOTH = (("out", "(u)-[r:{types}]->(v:User)"), ("in", "(u)<-[r:{types}]-(v:User)"))
NEIGHBORS = f"MATCH (u:User {{{{id: $user}}}}) MATCH {{pattern}} WHERE r.index = $index RETURN v.id, v.name, type(r), {SAID}"
FOLLOWED = "MATCH (u:User {{id: $user}}) MATCH {pattern} WHERE r.index = $index RETURN v.id, v.name, r.since, r.until"
PAIRS = """
MATCH (a:User)-[r:RETWEETS]->(b:User{to}) WHERE r.index = $index
WITH a, b, count(r) AS number, min(r.at) AS first, max(r.at) AS last
ORDER BY number DESC, toInteger(a.id), toInteger(b.id) LIMIT $limit
RETURN a.id, a.name, b.id, b.name, number, first, last
"""
TOP = """
MATCH (a:User)-[r:{type}]->(b) WHERE r.index = $index
WITH b, count(r) AS number, count(DISTINCT a) AS users ORDER BY number DESC LIMIT $limit
RETURN {key}, {name}, number, users
"""
KEYS = {TAGS: "coalesce(b.whole, b.tag)", SHARES: "coalesce(b.whole, b.url)"}
TYPES = "MENTIONS|:RETWEETS|:QUOTES|:REPLIES_TO"


class Answers:
    """Questions to a server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._types = TYPES if database.version < (4, 0) else TYPES.replace(":", "")

    def neighbors(self, index: str, user: str) -> Iterator[Neighbor]:
        """See Graph.neighbors."""
        found: list[Neighbor] = []
        follows: list[Neighbor] = []
        for word, pattern in BOTH:
            way: Direction = "out" if word == "out" else "in"
            query = NEIGHBORS.format(pattern=pattern.format(types=self._types))
            found += (
                Neighbor(other, name, type, way, count, first, last)
                for other, name, type, count, first, last in self._database.stream(query, user=user, index=index)
            )
            query = FOLLOWED.format(pattern=pattern.format(types=FOLLOWS))
            follows += (
                Neighbor(other, name, FOLLOWS, way, 1, since, until)
                for other, name, since, until in self._database.stream(query, user=user, index=index)
            )
        yield from sorted(found, key=lambda one: (-one.count, int(one.user), one.type, one.direction))
        yield from sorted(follows, key=lambda one: (int(one.user), one.direction, one.first or 0))

    def pairs(self, index: str, user: str | None, limit: int) -> list[Pair]:
        """See Graph.amplifiers."""
        query = PAIRS.format(to=" {id: $user}" if user else "")
        return [Pair(*row) for row in self._database.rows(query, index=index, user=user, limit=limit)]

    def top(self, index: str, type: str, limit: int) -> list[Ranked]:
        """See Graph.top."""
        query = TOP.format(type=type, key=KEYS.get(type, "b.id"), name="null" if type in KEYS else "b.name")
        return [Ranked(*row) for row in self._database.rows(query, index=index, limit=limit)]

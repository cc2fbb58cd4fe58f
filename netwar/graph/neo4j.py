"""The graph in Neo4j: one relationship for each tweet and end, one node for each user, hashtag and link, of all indices together.

    (:User {id, name, seen})    (:Hashtag {tag})    (:Url {url})    -[{index, tweet, at}]->

Ids are texts: as numbers, browsers would round them. `at` is ms since 1970. A community edition has one database, so the name of
an index is part of each relationship. What is longer than an index of Neo4j takes stands whole in `whole`.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from netwar.graph import neo4j_schema as schema
from netwar.graph.base import FOLLOWS, NOBODY, Follow, Named, Neighbor, Pair, Ranked
from netwar.graph.digest import Digests, digests
from netwar.graph.neo4j_answers import Answers
from netwar.records.edges import SHARES, TAGS, TYPES, Edge

if TYPE_CHECKING:
    from netwar.connections.neo4j import Database

Run = Callable[..., Any]
ENDS = {TAGS: ("Hashtag", "tag"), SHARES: ("Url", "url")}  # else ("User", "id")
MAX_KEY = 1_000  # characters; an index of 3.5 takes 4,039 bytes
SHOWN = 200

PUT = """
UNWIND $rows AS row
MERGE (a:User {{id: row[0]}}) MERGE (b:{label} {{{key}: row[1]}})
MERGE (a)-[r:{type} {{index: $index, tweet: row[2]}}]->(b) ON CREATE SET r.at = row[3]
"""
WHOLE = "UNWIND $rows AS row MATCH (b:{label} {{{key}: row[0]}}) SET b.whole = row[1]"
DROP = "UNWIND $tweets AS tweet MATCH ()-[r:{type} {{tweet: tweet}}]->() WHERE r.index = $index DELETE r"
DROP_AT_AUTHOR = """
UNWIND $rows AS row MATCH (a:User {{id: row[0]}})-[r:{type}]->() WHERE r.tweet IN row[1] AND r.index = $index DELETE r
"""
DROP_ANYWHERE = "MATCH ()-[r:{type}]->() WHERE r.tweet IN $tweets AND r.index = $index DELETE r"
EDGES = "MATCH (a:User)-[r:{type}]->(b) WHERE r.index = $index RETURN a.id, coalesce(b.whole, b.{key}), r.tweet, r.at"
TWEETS = "MATCH ()-[r:{type}]->() WHERE r.index = $index RETURN DISTINCT r.tweet"
COUNT = "MATCH ()-[r:{type}]->() WHERE r.index = $index RETURN count(r)"
NAMELESS = "UNWIND $users AS id MATCH (u:User {id: id}) WHERE u.seen IS NULL RETURN u.id"
NAME = """
UNWIND $rows AS row MATCH (u:User {id: row[0]}) WHERE coalesce(u.seen, 0) <= row[2] SET u.name = row[1], u.seen = row[2]
"""
FOLLOW = """
UNWIND $rows AS row MERGE (a:User {id: row[0]}) MERGE (b:User {id: row[1]})
MERGE (a)-[r:FOLLOWS {index: $index, since: row[2]}]->(b) SET r.until = row[3]
"""
UNFOLLOW = "MATCH (:User {id: $user})<-[r:FOLLOWS]-() WHERE r.index = $index WITH r LIMIT 10000 DELETE r RETURN count(*)"
TAG = "UNWIND $rows AS row MATCH (u:User {id: row[0]}) SET u += row[1] RETURN count(u)"
FORGET = "MATCH (u:User)-[r]-() WHERE u.id IN $users AND r.index = $index WITH DISTINCT r LIMIT 10000 DELETE r RETURN count(*)"
LONELY = "MATCH (u:User) WHERE u.id IN $users AND NOT (u)--() DELETE u"
POSITION = "MATCH (n:NetwarRebuild {index: $index}) RETURN n.position"
MOVE = "MERGE (n:NetwarRebuild {index: $index}) SET n.position = $position"
MOVED = "MATCH (n:NetwarRebuild {index: $index}) DELETE n"
AT_ONCE = 10_000


class Neo4jGraph:
    """Fills the contract `netwar.graph.base.Graph`."""

    at_once = 2_000  # a transaction is in the server's memory

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers = Answers(database)

    @property
    def where(self) -> str:
        return str(self._database)

    def init(self, index: str) -> None:
        schema.init(self._database)

    def ready(self, index: str) -> None:
        schema.check(self._database)

    def replace(
        self, index: str, found: Mapping[str, Sequence[Edge]], fresh: Collection[str] = (), authors: Mapping[str, str] = NOBODY
    ) -> None:
        """See Graph.replace. All of it is one transaction."""
        rows: dict[str, list[list[Any]]] = defaultdict(list)
        whole: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for edge in sorted(edge for edges in found.values() for edge in edges):  # in one order, so that feeders wait, not clash
            key = _key(edge.target)
            rows[edge.type].append([edge.source, key, edge.tweet, edge.at])
            if key != edge.target:
                whole[edge.type].add((key, edge.target))
        older = [tweet for tweet in found if tweet not in fresh]

        def work(step: Any) -> None:
            if older:
                self._drop(step.run, index, older, authors)
            for type, some in rows.items():
                step.run(_of(PUT, type), rows=some, index=index).consume()
            for type, pairs in whole.items():
                step.run(_of(WHOLE, type), rows=[list(pair) for pair in pairs]).consume()

        self._database.write(work)

    def _drop(self, run: Run, index: str, tweets: Sequence[str], authors: Mapping[str, str]) -> None:
        """Remove the edges of tweets, found by an index, or at who wrote them."""
        if self._database.version >= schema.WITH_INDICES:
            for type in TYPES:
                run(_of(DROP, type), tweets=list(tweets), index=index).consume()
            return
        by: dict[str, list[str]] = defaultdict(list)
        for tweet in tweets:
            by[authors.get(tweet, "")].append(tweet)
        lost = by.pop("", [])
        for type in TYPES:
            run(_of(DROP_AT_AUTHOR, type), rows=[list(pair) for pair in by.items()], index=index).consume()
            if lost:
                run(_of(DROP_ANYWHERE, type), tweets=lost, index=index).consume()

    def nameless(self, index: str, users: Sequence[str]) -> list[str]:
        return sorted((str(id) for (id,) in self._database.rows(NAMELESS, users=list(users))), key=int)

    def name(self, index: str, named: Sequence[Named]) -> None:
        rows = sorted([one.user, one.name, one.seen] for one in named)
        self._database.write(lambda step: step.run(NAME, rows=rows).consume())

    def edges(self, index: str) -> Iterator[Edge]:
        for type in TYPES:
            for source, target, tweet, at in self._database.stream(_of(EDGES, type), index=index):
                yield Edge(type, source, target, tweet, at)

    def digest(self, index: str) -> Digests:
        return digests(self.edges(index))

    def counts(self, index: str) -> dict[str, int]:
        return {type: int(self._database.rows(_of(COUNT, type), index=index)[0][0]) for type in (*TYPES, FOLLOWS)}

    def tweets(self, index: str, after: int) -> Iterator[int]:
        """See Graph.tweets. Sorted here, in 8 bytes each: servers of old have no index to sort by."""
        found = array("q")
        for type in TYPES:
            found.extend(id for (tweet,) in self._database.stream(_of(TWEETS, type), index=index) if (id := int(tweet)) > after)
        last = None
        for id in sorted(found):
            if id != last:
                yield id
            last = id

    def position(self, index: str) -> int:
        rows = self._database.rows(POSITION, index=index)
        return int(rows[0][0]) if rows else 0

    def move(self, index: str, position: int) -> None:
        query = MOVE if position else MOVED
        self._database.write(lambda step: step.run(query, index=index, position=position).consume())

    def neighbors(self, index: str, user: str) -> Iterator[Neighbor]:
        return self._answers.neighbors(index, user)

    def amplifiers(self, index: str, user: str | None, limit: int) -> list[Pair]:
        return self._answers.pairs(index, user, limit)

    def top(self, index: str, type: str, limit: int) -> list[Ranked]:
        return self._answers.top(index, type, limit)

    def tag(self, index: str, property: str, values: Mapping[str, str]) -> int:
        rows = [[user, {property: value}] for user, value in sorted(values.items())]
        return int(self._database.rows(TAG, rows=rows)[0][0])

    def follow(self, index: str, target: str, follows: Iterator[Follow]) -> int:
        """See Graph.follow. In steps: one that is cut off is done again."""
        rows = [[one.source, one.target, one.since, one.until] for one in follows]
        while self._database.rows(UNFOLLOW, user=target, index=index)[0][0]:
            pass
        for start in range(0, len(rows), AT_ONCE):
            self._database.rows(FOLLOW, rows=rows[start : start + AT_ONCE], index=index)
        return len(rows)

    def forget(self, index: str, users: Sequence[str]) -> None:
        """See Graph.forget. Who has edges in another index stays for that."""
        while self._database.rows(FORGET, users=list(users), index=index)[0][0]:
            pass
        self._database.rows(LONELY, users=list(users))

    def close(self) -> None:
        self._database.close()


def _of(query: str, type: str) -> str:
    """A query for edges of a type; it cannot be a parameter."""
    label, key = ENDS.get(type, ("User", "id"))
    return query.format(type=type, label=label, key=key)


def _key(target: str) -> str:
    """What a node is found by."""
    if len(target) <= MAX_KEY:
        return target
    return f"{target[:SHOWN]}…{blake2b(target.encode(), digest_size=16).hexdigest()}"

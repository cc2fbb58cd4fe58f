"""The edges of many tweets as one graph: grouped in a private database, so that memory stays constant.

A node's key is the id of a user as a number, a hashtag behind #, or a URL, each as it can stand in a file of XML. Numbers come
before texts, so users come first, in the order of ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netwar.connections.sqlite_scratch import Scratch
from netwar.records.edges import MENTIONS, QUOTES, REPLIES_TO, RETWEETS, SHARES, TAGS, TO_USERS, Edge
from netwar.records.text import one_line

FOLLOWS = "FOLLOWS"
# What files call each type of edge.
KINDS = {
    MENTIONS: "mention",
    RETWEETS: "retweet",
    QUOTES: "quote",
    REPLIES_TO: "reply",
    TAGS: "tag",
    SHARES: "link",
    FOLLOWS: "follow",
}
TYPES_BY_KIND = {kind: type for type, kind in KINDS.items()}
TABLES = """
CREATE TABLE met (kind TEXT, source INTEGER, target, at INTEGER);
CREATE TABLE called (user INTEGER, name TEXT, at INTEGER);
CREATE TABLE lacking (source INTEGER);
CREATE TABLE chosen (user INTEGER PRIMARY KEY);
CREATE TABLE edge (kind TEXT, source INTEGER, target, weight INTEGER, first INTEGER, last INTEGER);
CREATE TABLE node (key PRIMARY KEY, first INTEGER, last INTEGER) WITHOUT ROWID;
CREATE TABLE named (user INTEGER PRIMARY KEY, name TEXT);
"""
GROUPED = """
INSERT INTO edge SELECT kind, source, target, count(*), min(at), max(at) FROM met WHERE {} GROUP BY 1, 2, 3 HAVING count(*) >= ?
"""
NODES = """
INSERT INTO node SELECT key, min(first), max(last) FROM (
    SELECT source AS key, first, last FROM edge UNION ALL SELECT target, first, last FROM edge
) GROUP BY key HAVING count(*) >= ?
"""
NAMED = "INSERT INTO named SELECT user, name FROM (SELECT user, name, max(at) FROM called GROUP BY user)"
DANGLING = "DELETE FROM edge WHERE source NOT IN (SELECT key FROM node) OR target NOT IN (SELECT key FROM node)"
NEVER_IN_XML = {0xFFFE: None, 0xFFFF: None}  # of what one_line lets through


class Node(NamedTuple):
    """A node: its `kind` is user, hashtag or url. `name` is the screen name that tweets called a user by last, empty where none
    did. Times (ms) are those of its first and last edge, None where none is known."""

    id: str
    kind: str
    name: str
    first: int | None
    last: int | None


# All edges of a kind between two nodes: kind, source, target, how many, the first and the last (ms, None where no time is known).
# Keys of users are numbers. There are millions, so these are the rows of the database themselves.
Grouped = tuple[str, int, int | str, int, int | None, int | None]


class Size(NamedTuple):
    """How many nodes, how many of them users, how many edges, and the sum of their weights."""

    nodes: int
    users: int
    edges: int
    weight: int


class Gathered:
    """A graph on its way into a file: tweets are added, then grouped, then read. Raises ServiceDown when the disk is full."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._chosen = False

    def add(self, edges: Iterable[Edge], called: Iterable[tuple[str, str, int]] = ()) -> None:
        """Edges of tweets, and who was called what in them (id, screen name, ms)."""
        rows = ((KINDS[type], int(source), _key(type, target), at) for type, source, target, _, at in edges)
        self._scratch.put("INSERT INTO met VALUES (?, ?, ?, ?)", [row for row in rows if row[2]])
        self._scratch.put("INSERT INTO called VALUES (?, ?, ?)", ((int(user), name, at) for user, name, at in called))

    def lack(self, sources: Iterable[int | None]) -> None:
        """Edges that lead to nobody who is known, by the users at whom they begin (None where that is not known, either)."""
        self._scratch.put("INSERT INTO lacking VALUES (?)", ((source,) for source in sources))

    def lacking(self) -> int:
        """How many of those would be in the graph."""
        return int(next(iter(self._scratch.rows(f"SELECT count(*) FROM lacking WHERE {self._meant}")))[0])

    def add_follows(self, followers: Iterable[int], user: int, first: int, last: int) -> None:
        """Who follows a user, as was seen between two times (ms)."""
        rows = ((KINDS[FOLLOWS], follower, user, 1, first, last) for follower in followers)
        self._scratch.put("INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?)", rows)

    def choose(self, users: Iterable[int]) -> None:
        """Only edges that begin at these users are meant; it may be told in parts."""
        self._chosen = True
        self._scratch.put("INSERT OR IGNORE INTO chosen VALUES (?)", ((user,) for user in users))

    @property
    def _meant(self) -> str:
        return "source IN (SELECT user FROM chosen)" if self._chosen else "true"

    def group(self, least_weight: int = 1, least_degree: int = 1) -> None:
        """Make the graph of all that was added: without edges of a lower weight, and then without nodes of a lower degree.

        A degree is the number of edges at a node, of all kinds and in both directions; an edge from a node to itself has two
        ends there. It is counted once, before such nodes go.
        """
        self._scratch.run(GROUPED.format(self._meant), (least_weight,))
        self._scratch.run("DROP TABLE met")
        self._scratch.run(NODES, (least_degree,))
        if least_degree > 1:
            self._scratch.run(DANGLING)
        self._scratch.run(NAMED)

    def size(self) -> Size:
        """How much there is of it."""
        users = "(SELECT count(*) FROM node WHERE typeof(key) = 'integer')"
        sql = f"SELECT (SELECT count(*) FROM node), {users}, count(*), coalesce(sum(weight), 0) FROM edge"
        return Size(*next(self._scratch.rows(sql)))

    def nodes(self) -> Iterator[Node]:
        """Users in the order of ids, then hashtags, then URLs."""
        sql = "SELECT key, name, first, last FROM node LEFT JOIN named ON user = key ORDER BY key"
        for key, name, first, last in self._scratch.rows(sql):
            yield Node(str(key), _kind(key), name or "", first, last)

    def edges(self) -> Iterator[Grouped]:
        """By kind, then source, then target."""
        return self._scratch.rows("SELECT kind, source, target, weight, first, last FROM edge ORDER BY rowid")


def _key(type: str, target: str) -> int | str:
    if type in TO_USERS:
        return int(target)
    fit = target if target.isprintable() else one_line(target).translate(NEVER_IN_XML).strip()
    return f"#{fit}" if type == TAGS and fit else fit


def _kind(key: int | str) -> str:
    return "user" if isinstance(key, int) else "hashtag" if key.startswith("#") else "url"

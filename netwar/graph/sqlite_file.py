"""The tables of a graph's file.

Users are their ids at X; tags and links have numbers of the file's own, in the tables of their kind. `edge` is kept by type and
source, and two indices lead there from targets and from tweets. A tweet's id tells its time; `odd` has the time of those whose
id does not (before November 2010), as X told it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from netwar.connections.open_file import OpenFile

TABLES = """
CREATE TABLE user (
    id INTEGER PRIMARY KEY,
    name TEXT,
    seen INTEGER
);
CREATE TABLE hashtag (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
);
CREATE TABLE url (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE
);
CREATE TABLE edge (
    type INTEGER NOT NULL,
    source INTEGER NOT NULL,
    target INTEGER NOT NULL,
    tweet INTEGER NOT NULL,
    PRIMARY KEY (type, source, target, tweet)
) WITHOUT ROWID;
CREATE INDEX edge_by_target ON edge (target, type, source);
CREATE INDEX edge_by_tweet ON edge (tweet);
CREATE TABLE odd (
    tweet INTEGER PRIMARY KEY,
    at INTEGER
);
CREATE TABLE rebuild (
    position INTEGER NOT NULL
);
CREATE TABLE follow (
    target INTEGER NOT NULL,
    source INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (target, source, since)
) WITHOUT ROWID;
CREATE INDEX follow_by_source ON follow (source);
CREATE TABLE tag (
    user INTEGER NOT NULL,
    property TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (user, property)
) WITHOUT ROWID;
"""

# What people and other tools look at. The numbers are those of TYPES in netwar.records.edges, from 1.
VIEWS = """
CREATE VIEW edges AS SELECT
    CASE edge.type WHEN 1 THEN 'MENTIONS' WHEN 2 THEN 'RETWEETS' WHEN 3 THEN 'QUOTES' WHEN 4 THEN 'REPLIES_TO'
        WHEN 5 THEN 'TAGS' WHEN 6 THEN 'SHARES' END AS type,
    edge.source,
    source.name AS source_name,
    CASE edge.type WHEN 5 THEN (SELECT key FROM hashtag WHERE id = edge.target)
        WHEN 6 THEN (SELECT key FROM url WHERE id = edge.target) ELSE edge.target END AS target,
    CASE WHEN edge.type < 5 THEN (SELECT name FROM user WHERE id = edge.target) END AS target_name,
    edge.tweet,
    strftime('%Y-%m-%dT%H:%M:%SZ', iif(odd.tweet, odd.at, (edge.tweet >> 22) + 1288834974657) / 1000, 'unixepoch') AS at
FROM edge LEFT JOIN user AS source ON source.id = edge.source LEFT JOIN odd ON odd.tweet = edge.tweet;
"""

MIGRATIONS = (TABLES + VIEWS,)

# Edges fall on pages all over the three trees: what stays in memory is not read again, and what many batches touched is copied
# out of the log once.
CACHE_MIB = 128
CHECKPOINT_PAGES = 8_000


class GraphFile(OpenFile):
    """A graph's file, open."""

    def __init__(self, path: Path, *, looks: bool = False) -> None:
        super().__init__(path, MIGRATIONS, looks=looks, cache_mib=CACHE_MIB, checkpoint_pages=CHECKPOINT_PAGES)


def among(ids: Sequence[int]) -> str:
    """Ids for `IN (SELECT value FROM json_each(?))`."""
    return f"[{','.join(map(str, ids))}]"

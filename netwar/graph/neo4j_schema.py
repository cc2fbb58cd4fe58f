"""What has to be in a Neo4j before it is fed: nodes that are there once, and edges that are found by their tweet.

Without the constraints two feeders would make two nodes of one user. Indices of relationships are known from 4.3 on; before, the
edges of a tweet are looked for at its author.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwar.errors import ConfigError
from netwar.records.edges import TYPES

if TYPE_CHECKING:
    from netwar.connections.neo4j import Database

KEYS = {"User": "id", "Hashtag": "tag", "Url": "url"}
WITH_INDICES = (4, 3)


def init(database: Database) -> None:
    """Make what is not there yet."""
    missing = _missing(database)
    for label, key in KEYS.items():
        if label in missing:
            database.do(_constraint(database.version, label, key))
    if database.version >= WITH_INDICES:
        for type in TYPES:
            database.do(f"CREATE INDEX netwar_{type.lower()} IF NOT EXISTS FOR ()-[r:{type}]-() ON (r.tweet)")
        database.do("CALL db.awaitIndexes(300)")


def check(database: Database) -> None:
    """Raise ConfigError for a server that is not safe to feed: it would have users twice."""
    if missing := _missing(database):
        raise ConfigError(
            f"{database} has no uniqueness constraint for {', '.join(missing)}, so a user could be in it twice: run tw-graph init"
        )


def _missing(database: Database) -> list[str]:
    """Labels whose key need not be unique."""
    if database.version < WITH_INDICES:
        told = [str(row[0]) for row in database.rows("CALL db.constraints() YIELD description RETURN description")]
        kept = {
            label
            for label, key in KEYS.items()
            if any(f":{label}" in one and f".{key}" in one and "UNIQUE" in one for one in told)
        }
    else:
        query = "SHOW CONSTRAINTS YIELD type, labelsOrTypes, properties RETURN type, labelsOrTypes, properties"
        unique = [(labels, properties) for type, labels, properties in database.rows(query) if "UNIQUE" in type]
        kept = {label for label, key in KEYS.items() if ([label], [key]) in unique}
    return [label for label in KEYS if label not in kept]


def _constraint(version: tuple[int, int], label: str, key: str) -> str:
    if version < WITH_INDICES:
        return f"CREATE CONSTRAINT ON (n:{label}) ASSERT n.{key} IS UNIQUE"
    required = "REQUIRE" if version >= (4, 4) else "ASSERT"
    on = "FOR" if version >= (4, 4) else "ON"
    return f"CREATE CONSTRAINT netwar_{label.lower()} IF NOT EXISTS {on} (n:{label}) {required} n.{key} IS UNIQUE"

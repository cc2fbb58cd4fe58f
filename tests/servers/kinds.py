"""What kinds of servers there are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

ANY_NEWER = 99


class Guard(Enum):
    """What asks for certificates, passwords and roles."""

    NONE = "none"
    SEARCH_GUARD = "searchguard"
    XPACK = "elasticsearch"
    OPENSEARCH = "opensearch"
    REDIS = "redis"


@dataclass(frozen=True)
class Kind:
    """One kind of server. `recipe` names what is assembled for it; `java` is the oldest and the newest that runs it."""

    name: str
    version: str = ""
    recipe: str = ""
    java: tuple[int, int] = (17, 17)
    guard: Guard = Guard.NONE

    @property
    def is_redis(self) -> bool:
        return not self.recipe

    @property
    def is_neo4j(self) -> bool:
        return self.recipe.startswith("neo4j")

    @property
    def is_opensearch(self) -> bool:
        return self.recipe.startswith("opensearch")

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def secured(self) -> bool:
        return self.guard is not Guard.NONE


_ALL = (
    Kind("redis"),
    Kind("redis-tls", guard=Guard.REDIS),
    Kind("es654", "6.5.4", "elasticsearch-6.5.4"),
    Kind("es654-sg", "6.5.4", "elasticsearch-6.5.4-searchguard", guard=Guard.SEARCH_GUARD),
    Kind("es6823", "6.8.23", "elasticsearch-6.8.23"),
    Kind("es7102", "7.10.2", "elasticsearch-7.10.2"),
    Kind("es71729", "7.17.29", "elasticsearch-7.17.29"),
    Kind("es81921", "8.19.21", "elasticsearch-8.19.21"),
    Kind("es81921-sec", "8.19.21", "elasticsearch-8.19.21", guard=Guard.XPACK),
    Kind("es953", "9.5.3", "elasticsearch-9.5.3", (21, ANY_NEWER)),
    Kind("es953-sec", "9.5.3", "elasticsearch-9.5.3", (21, ANY_NEWER), Guard.XPACK),
    Kind("os2194-sec", "2.19.4", "opensearch-2.19.4-security", guard=Guard.OPENSEARCH),
    Kind("os360", "3.6.0", "opensearch-3.6.0", (21, ANY_NEWER)),
    Kind("neo35", "3.5.34", "neo4j-3.5.34"),
    Kind("neo44", "4.4.48", "neo4j-4.4.48"),
    Kind("neo526", "5.26.30", "neo4j-5.26.30"),
    Kind("neo2608", "2026.08.1", "neo4j-2026.08.1", (21, ANY_NEWER)),
)

KINDS = {kind.name: kind for kind in _ALL}
MEASURED = "es81921"
"""By benchmarks alone: tests have this version as its maker ships it, with passwords."""
NEO4J_KINDS = [kind.name for kind in _ALL if kind.is_neo4j]
ELASTIC_KINDS = [kind.name for kind in _ALL if not (kind.is_redis or kind.is_neo4j or kind.name == MEASURED)]
HEAVY_KINDS = ELASTIC_KINDS + NEO4J_KINDS  # a Java of half a gigabyte each
REDIS_KINDS = [kind.name for kind in _ALL if kind.is_redis]

_KIND = re.compile(rf"(?<=[\[+-])({'|'.join(sorted(KINDS, key=len, reverse=True))})(?=[\]-])")


def kind_of(nodeid: str) -> str | None:
    """The kind of server that is among a test's parameters, as its name in brackets tells: `[es953-...]`, `[redis+es953]`."""
    found = _KIND.search(nodeid, nodeid.find("["))
    return found[1] if found else None

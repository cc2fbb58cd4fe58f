"""Real servers for tests and benchmarks: fetched by `make servers`, started here on free ports of the loopback.

    with start("es953") as server:
        client = Elasticsearch(server.url)

Every kind is in `KINDS`; `why_not(kind)` says in a sentence why one cannot be had here.
"""

from tests.servers.kinds import ELASTIC_KINDS, HEAVY_KINDS, KINDS, NEO4J_KINDS, REDIS_KINDS
from tests.servers.server import Server
from tests.servers.starting import start, why_not
from tests.servers.trouble import CannotBeHad, CannotStart

__all__ = [
    "ELASTIC_KINDS",
    "HEAVY_KINDS",
    "KINDS",
    "NEO4J_KINDS",
    "REDIS_KINDS",
    "CannotBeHad",
    "CannotStart",
    "Server",
    "start",
    "why_not",
]

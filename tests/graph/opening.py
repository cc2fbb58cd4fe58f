"""The back ends of the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netwar.config import Settings
from netwar.connections.neo4j import connect
from netwar.graph.base import Graph
from netwar.graph.neo4j import Neo4jGraph
from netwar.graph.sqlite import SqliteGraph
from tests.servers.fixtures import Servers
from tests.servers.neo4j import Neo4jServer

# The oldest and the newest prove what holds on every server; the two between differ from them in the words of their schema, and
# tests/graph/test_neo4j.py has them, too.
NEO4J = ["neo35", "neo2608"]
KINDS = ["sqlite", *NEO4J]


def opened(kind: str, folder: Path, servers: Servers) -> Graph:
    """A graph of this kind, with nothing in it."""
    if kind == "sqlite":
        return SqliteGraph(folder / "graph")
    server = servers(kind)
    assert isinstance(server, Neo4jServer)
    return Neo4jGraph(connect(Settings(**settings(server))))


def settings(server: Neo4jServer, **more: Any) -> dict[str, Any]:
    """What the configuration says of a server."""
    known = {"neo4j": f"bolt://127.0.0.1:{server.port}", "neo4juser": server.user, "neo4jpass": server.password}
    return {**known, **({"neo4jca": server.ca} if server.tls == "REQUIRED" else {}), **more}

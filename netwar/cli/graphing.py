"""The graph of interactions: in Neo4j, or in files that this host's programs share; and what is due for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwar.errors import ConfigError

if TYPE_CHECKING:
    from netwar.archive.outbox import Outbox
    from netwar.archive.sqlite.outbox import DueFile
    from netwar.cli.services import Services
    from netwar.graph.base import Graph


def graph(services: Services) -> Graph:
    """The graph that the configuration names. Raises ConfigError if it names none."""
    _required(services)
    if services.settings.neo4j:
        from netwar.connections.neo4j import connect
        from netwar.graph.neo4j import Neo4jGraph

        return Neo4jGraph(connect(services.settings))
    from netwar.graph.sqlite import SqliteGraph

    return SqliteGraph(services.data / "graph", looks=services.looks)


def due_file(services: Services) -> DueFile | None:
    """Where ids are put by for the graph beside an archive that is no file; None where no graph is configured."""
    if not services.settings.feeds_graph:
        return None
    from netwar.archive.sqlite.outbox import DueFile

    return DueFile(services.data / "due.sqlite", looks=services.looks)


def outbox(services: Services) -> Outbox:
    """What is due for the graph. Raises ConfigError where none is configured."""
    _required(services)
    found = services.archive.outbox
    assert found is not None  # it comes with the setting
    return found


def _required(services: Services) -> None:
    if not services.settings.feeds_graph:
        raise ConfigError(f"{services.settings.path} asks for no graph: write  graph = on  under [STREAM], or name a Neo4j there")

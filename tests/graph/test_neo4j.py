"""A graph in Neo4j: what is wrong with a server is told in a sentence, and a feed goes on when it is mended."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from netwar.config import Settings
from netwar.connections.neo4j import connect
from netwar.errors import ServiceDown
from tests.desk import Desk
from tests.graph.opening import settings
from tests.graph.world import INDEX, world
from tests.servers import NEO4J_KINDS
from tests.servers.fixtures import on, on_one_of
from tests.servers.neo4j import Neo4jServer
from tests.servers.starting import free_port

SOON = 20  # seconds that a program may take which must not wait for ever; 8 of them are our own patience


def says(desk: Desk, status: int, *command: str) -> str:
    """What a program says on standard error."""
    name, *arguments = command
    return desk.run(name, *arguments, check=status, timeout=SOON).stderr


def configured(desk: Desk, server: Neo4jServer, **more: Any) -> None:
    desk.configure(**settings(server, **more))


def recorded(desk: Desk, *pages: int) -> None:
    """Some pages are in the archive, and due."""
    from netwar.archive.sqlite.store import SqliteArchive

    folder = desk.home / ".local/share/netwar"
    with closing(SqliteArchive(folder / "archive", folder / "dead-letters", feeds=True)) as archive:
        for number in pages:
            archive.write(world(1, 40, page=20).pages[number])


@on(*NEO4J_KINDS)
def test_what_is_wrong_with_a_server_is_told(server: Neo4jServer, desk: Desk) -> None:
    place = f"127.0.0.1:{server.port}"
    recorded(desk, 0)
    server.drop_constraints()
    configured(desk, server, neo4jpass="wrong")
    assert f"Neo4j at {place} does not accept neo4j and the password: correct neo4juser" in says(desk, 78, "tw-graph", "feed")
    configured(desk, server, neo4j=f"bolt://127.0.0.1:{free_port()}")
    assert "does not answer: Connection refused" in says(desk, 69, "tw-graph", "feed")
    configured(desk, server, neo4j=f"127.0.0.1:{server.browser}", neo4jca="")
    assert f"127.0.0.1:{server.browser} is the page of Neo4j for browsers" in says(desk, 78, "tw-graph", "feed")
    configured(desk, server, neo4j=f"bolt+s://{place}", neo4jca="")
    refused = "is not signed by anybody trusted" if server.tls else "does not speak TLS"
    assert f"{place} {refused}" in says(desk, 78, "tw-graph", "feed")
    configured(desk, server)
    assert "has no uniqueness constraint for User, Hashtag, Url" in says(desk, 78, "tw-graph", "feed")
    assert f"the graph in Neo4j at {place} is ready" in says(desk, 0, "tw-graph", "init")
    assert "is ready" in says(desk, 0, "tw-graph", "init")  # a second time, too
    assert "fed " in says(desk, 0, "tw-graph", "feed")
    server.pause()
    assert f"Neo4j at {place} takes connections and does not answer" in says(desk, 69, "tw-graph", "status", INDEX)
    server.resume()
    assert "is as the archive says" in says(desk, 0, "tw-graph", "check", INDEX)


@pytest.mark.last
@on_one_of(*NEO4J_KINDS)
def test_one_that_is_lost_or_hangs_in_use_is_told(server: Neo4jServer, desk: Desk) -> None:
    """Recorders do not wait for it. (What is due is fed when it is back: tests/graph/test_killed.py.)"""
    configured(desk, server)
    recorded(desk, 0)
    with closing(connect(Settings(**settings(server)))) as database:
        assert database.rows("RETURN 1") == [[1]]
        server.pause()
        with pytest.raises(ServiceDown, match="takes connections and does not answer"):
            database.rows("RETURN 1")
        server.resume()
        desk.run("tw-graph", "init", INDEX, check=0)
        desk.run("tw-graph", "feed", check=0)
        assert "user" in desk.run("tw-top", INDEX, "--kind", "mentioned", check=0).stdout
        server.kill()
        for _ in range(2):  # the second time, too
            with pytest.raises(ServiceDown, match="was lost"):
                database.rows("RETURN 1")
    recorded(desk, 1, 2)
    assert "does not answer: Connection refused" in says(desk, 69, "tw-graph", "feed")


def test_no_password_travels_openly(desk: Desk) -> None:
    desk.configure(neo4j="graph.example.org", neo4jpass="secret")
    said = says(desk, 78, "tw-graph", "init", INDEX)
    assert "everybody on the way to graph.example.org could read the password" in said
    assert "secret" not in said

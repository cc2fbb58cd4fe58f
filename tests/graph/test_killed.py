"""Killed at any moment, recorder, feeder and Neo4j go on, and the graph is what the documents say."""

from __future__ import annotations

import pytest

from tests.desk import Desk
from tests.graph.killed import begin
from tests.graph.opening import NEO4J
from tests.graph.world import INDEX
from tests.randomly import SEED
from tests.servers.fixtures import Servers, one_of

# How often who is killed, and the server; `python -m tests.graph.killed` does so as often as you like.
IN_FILES, IN_NEO4J = (20, 0), (5, 1)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", *(pytest.param(kind, marks=pytest.mark.last) for kind in one_of(NEO4J, "killed"))])
def test_a_graph_is_what_the_documents_say_whoever_was_killed(kind: str, desk: Desk, servers: Servers) -> None:
    kills, restarts = IN_FILES if kind == "sqlite" else IN_NEO4J
    killed = begin(desk, SEED, kills, None if kind == "sqlite" else servers(kind))
    killed.go_on(kills, restarts)
    true = killed.true()
    assert killed.end() == true
    state = killed.state()
    assert state["due"] == 0
    assert state["edges"] == sum(count for count, _ in true.values())
    assert state["waiting"] > 0  # for what never comes
    rebuilding = desk.begin("tw-graph", "rebuild", INDEX)
    rebuilding.kill_after(0.4)
    rebuilding.end()
    desk.run("tw-graph", "rebuild", INDEX, check=0)
    assert killed.held() == true

"""Killed at any moment, recorder, feeder and Neo4j go on, and the graph is what the documents say."""

from __future__ import annotations

import pytest

from tests.desk import Desk
from tests.graph.killed import begin
from tests.graph.world import INDEX
from tests.randomly import SEED
from tests.servers.fixtures import Servers

# How often who is killed; `python -m tests.graph.killed` does so as often as you like.
KILLS = {"sqlite": 20, "neo2608": 5}
RESTARTS = {"sqlite": 0, "neo2608": 1}


@pytest.mark.long
@pytest.mark.parametrize("kind", KILLS)
def test_a_graph_is_what_the_documents_say_whoever_was_killed(kind: str, desk: Desk, servers: Servers) -> None:
    killed = begin(desk, SEED, KILLS[kind], None if kind == "sqlite" else servers(kind))
    killed.go_on(KILLS[kind], RESTARTS[kind])
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

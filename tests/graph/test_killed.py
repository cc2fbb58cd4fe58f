"""Killed at any moment, recorder and feeder go on, and the graph is what the documents say."""

from __future__ import annotations

from tests.desk import Desk
from tests.graph.killed import Killed
from tests.graph.world import INDEX
from tests.randomly import SEED

KILLS = 20


def test_a_graph_is_what_the_documents_say_whoever_was_killed(desk: Desk) -> None:
    desk.configure(graph="on")
    killed = Killed(desk, SEED, KILLS)
    killed.go_on(KILLS)
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

"""docs/neo4j.md does not lie: its questions are answered by a server with the settings of conf/neo4j."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Any

from netwar.config import Settings
from netwar.connections.neo4j import connect
from netwar.graph.base import Named
from netwar.graph.neo4j import Neo4jGraph
from netwar.records.edges import Edge
from tests.desk import ROOT, Desk
from tests.graph.opening import NEO4J, settings
from tests.graph.world import INDEX
from tests.servers.fixtures import on
from tests.servers.neo4j import AS_SHIPPED, Neo4jServer

DAY = 86_400_000
AT = 1_600_000_000_000
NASA, ESA, A, B, C, D = "1", "2", "3", "4", "5", "6"
NAMES = {NASA: "nasa", ESA: "esa", A: "anna", B: "ben", C: "cid", D: "dora"}
# What is in the graph: type, source, target, tweet, days after AT.
TOLD: list[tuple[str, str, str, int, float]] = [
    *(("RETWEETS", A, NASA, number, 0.0) for number in range(3)),
    ("RETWEETS", B, NASA, 5, 0.0),
    *(("SHARES", who, f"https://example.org/{link}", 10 * int(who) + link, link) for who in (A, B) for link in (1, 2)),
    ("TAGS", A, "brexit", 60, 0.0),
    ("TAGS", C, "brexit", 61, 4.9),
    ("TAGS", D, "brexit", 62, 5.0),
    ("TAGS", D, "leave", 62, 5.0),
    *(("REPLIES_TO", C, other, 70 + int(other), 1.0) for other in (NASA, A, B)),
    ("QUOTES", C, ESA, 80, 1.0),
    ("QUOTES", D, ESA, 81, 1.0),
    ("MENTIONS", A, C, 90, 1.0),
    ("SHARES", ESA, "https://example.org/1", 95, 3.0),
    ("SHARES", ESA, "https://example.org/2", 96, 3.0),
]
# What is answered first to each question.
ANSWERS: list[list[Any]] = [
    ["anna", "nasa", 3, AT, AT],
    ["anna", "ben", 2],
    ["cid", 1, AT + round(4.9 * DAY)],
    ["cid", 2, 3],
    ["brexit", "leave", 1, 1],
    ["cid", 3, 3],
    ["esa", 2, 2],
    ["esa", ["leave", "remain"], 2],
    [["nasa", "cid", "esa"]],
    [18518, "RETWEETS", 4],
]


@on(*AS_SHIPPED)
def test_its_certificate_is_checked(server: Neo4jServer, desk: Desk) -> None:
    def says(status: int, **more: object) -> str:
        desk.configure(**settings(server, **more))
        return desk.run("tw-graph", "init", INDEX, check=status).stderr

    assert "is ready" in says(0, neo4jca=server.ca)
    assert f"the certificate of 127.0.0.1:{server.port} is not signed by anybody trusted" in says(78, neo4jca=server.wrong_ca)
    if server.tls == "REQUIRED":
        assert "name its CA as neo4jca" in says(78, neo4jca="")
    else:
        assert "is ready" in says(0, neo4jca="")


@on(*NEO4J)
def test_it_answers_every_question(server: Neo4jServer) -> None:
    questions = re.findall(r"```cypher\n(.*?)```", (ROOT / "docs/neo4j.md").read_text(), re.DOTALL)
    assert len(questions) == len(ANSWERS)
    with closing(connect(Settings(**settings(server)))) as database:
        graph = Neo4jGraph(database)
        graph.init(INDEX)
        found: dict[str, list[Edge]] = {}
        for type, source, target, tweet, days in TOLD:
            found.setdefault(str(tweet), []).append(Edge(type, source, target, str(tweet), AT + round(days * DAY)))
        graph.replace(INDEX, found)
        graph.name(INDEX, [Named(user, name, AT) for user, name in NAMES.items()])
        assert graph.tag(INDEX, "tag", {A: "leave", B: "remain"}) == 2
        for question, answer in zip(questions, ANSWERS, strict=True):
            first = database.rows(question)[0]
            assert [sorted(one) if isinstance(one, list) and "sides" in question else one for one in first] == answer, question

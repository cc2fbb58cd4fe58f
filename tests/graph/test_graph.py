"""What every graph must do, whatever it keeps its edges in: each promise in files, and all in one case on a server.

That is the oldest or the newest, as drawn; questions, feeding and checking are tried on each (test_queries.py, test_neo4j.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest

from netwar.graph.base import Follow, Graph, Named, Neighbor, Pair, Ranked
from netwar.graph.digest import digests
from netwar.records.edges import Edge, edges
from tests.graph.opening import NEO4J, opened
from tests.graph.world import INDEX, world
from tests.randomly import SEED
from tests.servers.fixtures import Servers, one_of

AT = 1_600_000_000_000
ID = str((AT - 1_288_834_974_657) << 22)


@contextmanager
def new_graph(kind: str, folder: Path, servers: Servers) -> Iterator[Graph]:
    with closing(opened(kind, folder, servers)) as graph:
        graph.init(INDEX)
        yield graph


@pytest.fixture
def graph(tmp_path: Path, servers: Servers) -> Iterator[Graph]:
    with new_graph("sqlite", tmp_path, servers) as graph:
        yield graph


def edge(type: str, source: int, target: object, tweet: int = 0) -> Edge:
    return Edge(type, str(source), str(target), str(int(ID) + (tweet << 22)), AT + tweet)


def put(graph: Graph, *made: Edge, index: str = INDEX) -> None:
    graph.replace(index, {one.tweet: [other for other in made if other.tweet == one.tweet] for one in made})


def test_edges_come_back_and_are_replaced_tweet_by_tweet(graph: Graph) -> None:
    """In any order, in parts, twice: it is the same as one set of edges."""
    chance = Random(SEED)
    made = world(SEED, 300, page=100)
    authors = {id: body["author_id"] for id, body in made.final.items()}
    expected = {id: edges(body, authors.get)[0] for id, body in made.final.items()}
    for page in made.pages:
        found = {one.id: edges(one.body, authors.get)[0] for one in page if one.index == f"tw{INDEX}"}
        graph.replace(INDEX, found)
        graph.replace(INDEX, found, fresh=set(found))
    graph.replace(INDEX, {id: expected[id] for id in chance.sample(sorted(expected), len(expected))})
    whole = [one for its in expected.values() for one in its]
    assert sorted(graph.edges(INDEX), key=str) == sorted(whole, key=str)
    assert graph.digest(INDEX) == digests(whole)
    assert sum(graph.counts(INDEX).values()) == len(whole)
    with_edges = sorted(int(id) for id, its in expected.items() if its)
    assert list(graph.tweets(INDEX, 0)) == with_edges
    assert list(graph.tweets(INDEX, with_edges[9])) == with_edges[10:]
    graph.replace(INDEX, dict.fromkeys(expected, ()))
    assert list(graph.edges(INDEX)) == []


def test_an_index_knows_nothing_of_another(graph: Graph) -> None:
    graph.init("other")
    put(graph, edge("MENTIONS", 1, 2))
    put(graph, edge("MENTIONS", 1, 2), edge("TAGS", 1, "a", 1), index="other")
    graph.replace(INDEX, {ID: ()})
    assert list(graph.edges(INDEX)) == []
    assert len(list(graph.edges("other"))) == 2


def test_names_are_put_on_who_is_there_and_the_newest_stays(graph: Graph) -> None:
    put(graph, edge("MENTIONS", 1, 2), edge("RETWEETS", 3, 1))
    assert graph.nameless(INDEX, ["1", "2", "3", "9"]) == ["1", "2", "3"]
    graph.name(INDEX, [Named("1", "one", AT), Named("9", "nine", AT)])
    assert graph.nameless(INDEX, ["1", "2", "3", "9"]) == ["2", "3"]
    graph.name(INDEX, [Named("1", "before", AT - 1), Named("2", "two", AT)])
    assert {one.user: one.name for one in graph.neighbors(INDEX, "1")} == {"2": "two", "3": None}
    assert [one.name for one in graph.neighbors(INDEX, "2")] == ["one"]


def test_with_whom_a_user_had_to_do(graph: Graph) -> None:
    put(graph, *(edge("MENTIONS", 1, 2, at) for at in range(3)), edge("MENTIONS", 2, 1, 9), edge("QUOTES", 1, 3, 4))
    put(graph, edge("TAGS", 1, "2", 5), edge("SHARES", 3, "1", 6), edge("REPLIES_TO", 1, 1, 7))
    put(graph, Edge("MENTIONS", "1", "4", "900", AT - 10), Edge("MENTIONS", "1", "4", "901", AT - 5))
    graph.follow(INDEX, "1", iter([Follow("8", "1", AT), Follow("9", "1", AT, AT + 5)]))
    assert list(graph.neighbors(INDEX, "1")) == [
        Neighbor("2", None, "MENTIONS", "out", 3, AT, AT + 2),
        Neighbor("4", None, "MENTIONS", "out", 2, AT - 10, AT - 5),
        Neighbor("1", None, "REPLIES_TO", "in", 1, AT + 7, AT + 7),
        Neighbor("1", None, "REPLIES_TO", "out", 1, AT + 7, AT + 7),
        Neighbor("2", None, "MENTIONS", "in", 1, AT + 9, AT + 9),
        Neighbor("3", None, "QUOTES", "out", 1, AT + 4, AT + 4),
        Neighbor("8", None, "FOLLOWS", "in", 1, AT, None),
        Neighbor("9", None, "FOLLOWS", "in", 1, AT, AT + 5),
    ]
    assert [(one.user, one.direction) for one in graph.neighbors(INDEX, "9")] == [("1", "out")]
    assert list(graph.neighbors(INDEX, "77")) == []


def test_who_is_amplified_and_what_is_at_the_top(graph: Graph) -> None:
    put(graph, *(edge("RETWEETS", 1, 2, at) for at in range(3)), edge("RETWEETS", 3, 2, 4), edge("RETWEETS", 3, 1, 5))
    put(graph, *(edge("TAGS", user, "brexit", 10 + user) for user in (1, 2, 2 + 1)), edge("TAGS", 1, "a", 20))
    assert graph.amplifiers(INDEX, None, 2) == [
        Pair("1", None, "2", None, 3, AT, AT + 2),
        Pair("3", None, "1", None, 1, AT + 5, AT + 5),
    ]
    assert [one.source for one in graph.amplifiers(INDEX, "2", 9)] == ["1", "3"]
    assert graph.top(INDEX, "TAGS", 9) == [Ranked("brexit", None, 3, 3), Ranked("a", None, 1, 1)]
    assert graph.top(INDEX, "RETWEETS", 1) == [Ranked("2", None, 4, 2)]


def test_who_followed_is_what_was_said_last(graph: Graph) -> None:
    put(graph, edge("MENTIONS", 1, 2))
    assert graph.follow(INDEX, "2", iter([Follow("5", "2", AT), Follow("6", "2", AT)])) == 2
    assert graph.follow(INDEX, "2", iter([Follow("6", "2", AT), Follow("5", "2", AT, AT + 1), Follow("5", "2", AT + 9)])) == 3
    assert graph.counts(INDEX)["FOLLOWS"] == 3
    assert len(list(graph.edges(INDEX))) == 1


def test_tags_are_put_on_who_is_there(graph: Graph) -> None:
    put(graph, edge("MENTIONS", 1, 2))
    assert graph.tag(INDEX, "side", {"1": "leave", "2": "remain", "9": "leave"}) == 2


def test_who_is_forgotten_is_in_no_edge(graph: Graph) -> None:
    put(graph, edge("MENTIONS", 1, 2), edge("MENTIONS", 2, 1, 1), edge("TAGS", 1, "a", 2), edge("QUOTES", 3, 2, 3))
    graph.follow(INDEX, "2", iter([Follow("1", "2", AT)]))
    graph.forget(INDEX, ["1"])
    assert [one.source for one in graph.edges(INDEX)] == ["3"]
    assert graph.counts(INDEX)["FOLLOWS"] == 0
    assert graph.nameless(INDEX, ["1"]) == []


def test_a_rebuild_notes_how_far_it_is(graph: Graph) -> None:
    graph.init("other")
    for position in (5, 2**62, 0):
        graph.move(INDEX, position)
        assert (graph.position(INDEX), graph.position("other")) == (position, 0)


PROMISES = [promise for name, promise in list(globals().items()) if name.startswith("test_")]


@pytest.mark.parametrize("kind", one_of(NEO4J, "graph"))
def test_all_of_this_on_servers(kind: str, servers: Servers, tmp_path: Path, subtests: pytest.Subtests) -> None:
    servers(kind)  # one that cannot be had is told once
    for promise in PROMISES:
        with subtests.test(promise.__name__), new_graph(kind, tmp_path, servers) as graph:
            promise(graph)

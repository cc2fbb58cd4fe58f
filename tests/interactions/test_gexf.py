"""tw-gexf: what is in the file is what the tweets say, by a schema, by networkx, and by Gephi."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import stat
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.exports.log import OBJECTS_SHARED, Entry, ExportLog
from netwar.follows.snapshot_writer import SnapshotWriter
from netwar.follows.snapshots import Snapshots
from tests import clusters, gephi
from tests.desk import ROOT, Desk
from tests.interactions import corpus, readers
from tests.interactions.corpus import BEGAN, USERS, Body, Edges
from tests.rows import rows
from tests.servers.fixtures import missing, one_of

HALF = corpus.iso(BEGAN + 150_000)[:19]


def everything(given: Any) -> bool:
    return True


def tagged(body: Body) -> bool:
    return any(one["tag"].lower() == "brexit" for one in body["entities"]["hashtags"])


# Options; which tweets are meant; which edges of theirs, by kind and weight; the least degree.
WISHES: list[tuple[str, Callable[[Body], bool], Callable[[str, int], bool], int]] = [
    ("", everything, lambda kind, weight: True, 0),
    ("--lang de --lang fr --timeline", lambda body: body["lang"] == "de", lambda kind, weight: True, 0),
    (f"--since {HALF}", lambda body: body["created_at"] >= HALF, lambda kind, weight: True, 0),
    (f"--until {HALF} --timeline", lambda body: body["created_at"] < HALF, lambda kind, weight: True, 0),
    ("--hashtag #BREXIT", tagged, lambda kind, weight: True, 0),
    ("--users user12,@USER13,11", lambda body: int(body["author_id"]) in (11, 12, 13), lambda kind, weight: True, 0),
    ("--kind retweet", everything, lambda kind, weight: kind == "retweet", 0),
    ("--kind mention --kind tag", everything, lambda kind, weight: kind in ("mention", "tag"), 0),
    ("--bipartite users-hashtags --timeline", everything, lambda kind, weight: kind == "tag", 0),
    ("--bipartite users-urls", everything, lambda kind, weight: kind == "link", 0),
    ("--least-weight 6 --least-degree 9", everything, lambda kind, weight: weight >= 6, 9),
    ("--lang xx", lambda body: False, lambda kind, weight: True, 0),
]


@rows(("options", "meant", "wanted", "least"), WISHES)
def test_a_graph_is_what_the_tweets_say(
    desk: Desk, bodies: list[Body], out: Path, options: str, meant: Any, wanted: Any, least: int
) -> None:
    said = desk.run("tw-gexf", "brexit", *options.split(), check=0).stderr
    readers.check(out)
    found = readers.read(out)
    made = corpus.truth(bodies, meant)
    edges: Edges = Counter({edge: weight for edge, weight in made.items() if wanted(edge[0], weight)})
    nodes = {node for node, degree in corpus.degrees(edges).items() if degree >= least}
    assert set(found) == nodes
    assert readers.edges(found) == {edge: weight for edge, weight in edges.items() if {*edge[1:]} <= nodes}
    lacking = [kind for kind in corpus.lacking(bodies, meant) if wanted(kind, 99)]
    assert (f"; {len(lacking):,} edge" in said) == ("left out" in said) == bool(lacking)


def test_nodes_and_edges_tell_what_is_known(desk: Desk, bodies: list[Body], out: Path) -> None:
    said = desk.run("tw-gexf", "brexit", check=0).stderr
    graph, edges = readers.read(out), corpus.truth(bodies)
    assert f"brexit.gexf: {len(graph):,} nodes and {len(edges):,} edges of weight {edges.total():,}, of 300 tweets" in said
    assert "left out: to the author of a tweet that is not recorded" in said
    assert stat.S_IMODE(out.stat().st_mode) == 0o644
    nodes = dict(graph.nodes(data=True))
    known, unknown = nodes["12"], nodes["11"]
    assert known["label"] == known["username"] == "user12"
    assert (known["kind"], known["followers"], known["verified"], known["posts"]) == ("user", 3_000_000_000, True, 3)
    assert known["name"] == "a b [31m \"<&>'   end 👩🏻‍💻"
    assert unknown["label"] in ("name11", "11"), "as tweets called them, if any did"
    assert nodes["#brexit"]["kind"] == "hashtag"
    times = [body["created_at"] for body in bodies if body["author_id"] == "12" and tagged(body)]
    tag = next(data for _, target, data in graph.out_edges("12", data=True) if target == "#brexit")
    assert (tag["first"], tag["last"], int(tag["weight"])) == (min(times), max(times), len(times))
    assert any(source == target for source, target in graph.edges()), "to oneself"


def test_gephi_reads_the_same(desk: Desk, bodies: list[Body], out: Path) -> None:
    if reason := gephi.why_not():
        missing(reason)
    edges = corpus.truth(bodies)
    nodes = corpus.degrees(edges).keys()
    followers = 3_000_000_000 * len({str(user) for user in USERS[1:]} & nodes)
    for options in ([], ["--timeline"]):
        desk.run("tw-gexf", "brexit", *options, check=0)
        assert gephi.sums(out) == {
            "issues": 0,
            "nodes": len(nodes),
            "edges": len(edges),
            "weight": edges.total(),
            "kinds": 6,
            "followers": followers,
            "named": len(nodes),
            "timed": len(edges),
            "directed": 1,
            "dynamic": len(options),
        }


def test_two_tables_have_the_same(desk: Desk, bodies: list[Body]) -> None:
    desk.run("tw-gexf", "brexit", "talk", "--csv", check=0)
    nodes, edges = (
        list(csv.DictReader((desk.home / f"talk-{what}.csv").read_text().splitlines())) for what in ("nodes", "edges")
    )
    truth = corpus.truth(bodies)
    assert {(one["kind"], one["source"], one["target"]): int(one["weight"]) for one in edges} == truth
    assert {one["id"] for one in nodes} == corpus.degrees(truth).keys()
    assert {one["followers"] for one in nodes if one["username"].startswith("user")} == {"3000000000"}


def test_what_the_manual_does_with_them_in_python(desk: Desk, bodies: list[Body], monkeypatch: pytest.MonkeyPatch) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "gephi.md").read_text(), re.DOTALL)
    desk.run("tw-gexf", "brexit", "talk", "--csv", check=0)
    monkeypatch.chdir(desk.home)
    done: dict[str, Any] = {}
    exec(program, done)
    assert readers.edges(done["graph"]) == corpus.truth(bodies)


def test_what_goes_out_is_logged(desk: Desk, bodies: list[Body], out: Path) -> None:
    said = desk.run("tw-gexf", "brexit", "--lang", "en", "--to", "the university", check=0).stderr
    desk.run("tw-gexf", "brexit", "talk", "--csv", "--to", "the university", check=0)
    desk.run("tw-coaction", "brexit", "--by", "link", "--actions", "--to", "the university", check=0)
    logged = [
        json.loads(line) for line in desk.run("tw-exports", "--to", "the university", "--json", check=0).stdout.splitlines()
    ]
    assert [(one["index"], one["form"], one["count"]) for one in logged[:1]] == [("tubrexit", "gexf", len(USERS))]
    assert sorted(one["form"] for one in logged[1:3]) == ["edges", "nodes"]
    assert (logged[3]["index"], logged[3]["form"]) == ("twbrexit", "actions")
    assert logged[0]["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert json.loads(logged[0]["query"]) == {"lang": ["en"]}
    assert "the university was given 0 post ids in 30 days" in said


def test_followers_out_of_snapshots(desk: Desk, archive: SqliteArchive, out: Path) -> None:
    for user, followers in ((1, [[5, 6], [6, 7, 8]]), (2, [[7, 8, 9]])):
        for ids in followers:
            writer = SnapshotWriter(Snapshots(archive, "usertest", "followers", str(user)), "me")
            writer.add(ids, None)
            writer.finish(complete=True)
    told = desk.run("tw-gexf", "usertest", out, "--follows", "1", "--follows", "2", "--least-degree", "2", check=0)
    assert "4 nodes and 4 edges of weight 4" in told.stderr
    assert set(readers.edges(readers.read(out))) == {("follow", one, to) for one in "78" for to in "12"}
    readers.check(out)
    desk.run("tw-gexf", "usertest", out, "--follows", "3", check=1)
    writer = SnapshotWriter(Snapshots(archive, "usertest", "followers", "4"), "me")
    writer.add([5], None)
    writer.finish(complete=False)
    assert "no complete snapshot of the followers of 4" in desk.run("tw-gexf", "usertest", "--follows", "4", check=1).stderr
    assert "cut off" not in desk.run("tw-exports", check=0).stdout


@rows(
    ("options", "said"),
    [
        ("--bipartite users-urls --kind tag", "leave --kind out"),
        ("--csv --timeline", "leave --timeline out"),
        ("--follows nasa --lang en", "leave out what chooses tweets"),
        ("--since 2026-02-01 --until 2026-01-01", "--since has to be before --until"),
    ],
)
def test_what_makes_no_sense_together(desk: Desk, bodies: list[Body], options: str, said: str) -> None:
    assert said in desk.run("tw-gexf", "brexit", *options.split(), check=2).stderr
    assert "whose followers are meant" in desk.run("tw-gexf", "usertest", check=2).stderr


def test_users_who_are_not_known_are_told(desk: Desk, bodies: list[Body], out: Path) -> None:
    ended = desk.run("tw-gexf", "brexit", "--users", "-", input="user12\nnobody_here\n", check=1)
    assert "nobody_here" in ended.stderr
    assert {source for source, _ in readers.read(out).edges()} == {"12"}
    out.unlink()
    logged = desk.run("tw-exports", check=0).stdout
    desk.run("tw-gexf", "brexit", "--users", "nobody_here", check=1)
    assert "Error: there is no file mps.txt\n" in desk.run("tw-gexf", "brexit", "--users", "mps.txt", check=2).stderr
    assert not out.exists()
    assert desk.run("tw-exports", check=0).stdout == logged, "nothing was begun, so nothing was cut off"
    assert not [path for path in desk.home.iterdir() if ".gexf" in path.name], "whole, or not at all"


@pytest.mark.parametrize("kind", one_of(["es654-sg", "es953"], "gexf"))
def test_out_of_a_real_server(kind: str, desk: Desk, archive: SqliteArchive, bodies: list[Body], out: Path, servers: Any) -> None:
    there = clusters.configured(servers(kind), desk.home / "there.conf", data=desk.home / "there")
    desk.run("tw-copy", "brexit", "there.conf:brexit", check=0)
    desk.run("tw-gexf", "brexit", check=0)
    from_files = out.read_bytes()
    desk.run("tw-gexf", "brexit", "--config", there, check=0)
    assert out.read_bytes() == from_files


def test_whoever_gets_too_much_is_given_ids_by_another_program(desk: Desk, bodies: list[Body], out: Path) -> None:
    now = int(time.time() * 1000)
    given = Entry("a", now, "twbrexit", "raw", {}, "/x", "the university", now, OBJECTS_SHARED, 1, "ab")
    ExportLog(desk.home / ".local/share/netwar/exports.jsonl").add(given)
    advice = "share ids (tw-dumptweets INDEX --ids), with which the recipient can buy the posts"
    assert advice in desk.run("tw-gexf", "brexit", out, "--to", "the university", check=0).stderr
    assert advice in desk.run("tw-exports", "--to", "the university", check=0).stderr
    told = desk.run("tw-dumptweets", "brexit", "--raw", "--to", "the university", check=0).stderr
    assert "share ids (--ids), with which the recipient can buy the posts" in told

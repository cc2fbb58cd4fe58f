"""The programs of the graph, from a recording to an answer."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.follows.snapshots import Snapshot, Snapshots
from netwar.records.documents import Document
from netwar.records.idlists import pack
from tests.desk import Desk, running_sandbox
from tests.graph.truth import truth
from tests.operator import Operator

WORLD = """
[world]
users = 6
prolific = 0
[[users]]
posts = 120
[[users]]
posts = 60
"""


class Grapher(Operator):
    """Who has a graph of what is recorded in `shown`."""

    @property
    def folder(self) -> Path:
        return self.desk.home / ".local/share/netwar"

    def lines(self, *command: object, **more: Any) -> list[dict[str, Any]]:
        name, *arguments = map(str, command)
        return [json.loads(line) for line in self.run(name, *arguments, "--json", **more).stdout.splitlines()]

    def archive(self) -> SqliteArchive:
        return SqliteArchive(self.folder / "archive", self.folder / "dead-letters", feeds=True)

    def digest(self) -> dict[str, tuple[int, int]]:
        rows = self.lines("tw-graph", "check", "shown")
        return {row["type"]: (row["graph"], int(row["graph_sum"], 16)) for row in rows}

    def graph_rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "graph/shown.sqlite")) as db:
            return db.execute(query).fetchall()


@pytest.fixture(scope="module")
def grapher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grapher]:
    home = tmp_path_factory.mktemp("grapher") / "home"
    home.mkdir()
    (home / "scenario.toml").write_text(WORLD)
    desk = Desk(home)
    with running_sandbox(desk, "--scenario", home / "scenario.toml") as sandbox:
        desk.configure(sandbox.url, budget=100, maxcpu=100, maxmem=100, graph="on", index="shown")
        one = Grapher(desk, sandbox)
        one.queue(user["id"] for user in one.users())
        one.run("tw-idu3elk", "shown")
        yield one


def test_what_is_recorded_is_fed_and_is_as_the_documents_say(grapher: Grapher) -> None:
    [before] = grapher.lines("tw-graph", "status", "shown")
    assert before["due"] > before["edges"] == 0
    assert "differ" not in grapher.run("tw-graph", "feed").stderr
    with closing(grapher.archive()) as archive:
        true = truth({body["id"]: body for body in archive.scan("twshown")})
    assert sum(count for count, _ in true.values()) > 100
    assert grapher.digest() == true
    [after] = grapher.lines("tw-graph", "status")
    assert (after["index"], after["due"]) == ("shown", 0)
    assert "nothing was due" in grapher.run("tw-graph", "feed", "shown").stderr
    named = dict(grapher.graph_rows("SELECT id, name FROM user WHERE name IS NOT NULL"))
    names = {int(user["id"]): user["name"] for user in grapher.users()}
    assert named.items() <= names.items()
    assert len(named) >= 5


def fed(grapher: Grapher) -> None:
    grapher.run("tw-graph", "feed")


def test_a_user_who_is_renamed_is_renamed_in_the_graph(grapher: Grapher) -> None:
    fed(grapher)
    [(user,)] = grapher.graph_rows("SELECT id FROM user WHERE name IS NOT NULL ORDER BY id LIMIT 1")
    with closing(grapher.archive()) as archive:
        body = archive.get("tushown", [str(user)])[str(user)]
        archive.write([Document("tushown", str(user), {**body, "username": "renamed"}, True, 2**43)])
    fed(grapher)
    assert grapher.graph_rows(f"SELECT name FROM user WHERE id = {user}") == [("renamed",)]
    assert any(row["name"] == "renamed" for row in grapher.lines("tw-top", "shown", "--kind", "mentioned", "--limit", 99))


def test_what_was_recorded_before_is_made_again(grapher: Grapher) -> None:
    """Whatever stands in the graph: a tweet that is gone, an edge that never was."""
    fed(grapher)
    right = grapher.digest()
    with closing(sqlite3.connect(grapher.folder / "graph/shown.sqlite", isolation_level=None)) as db:
        db.execute("DELETE FROM edge WHERE tweet IN (SELECT tweet FROM edge LIMIT 9)")
        db.execute("INSERT INTO edge VALUES (1, 1, 2, 3), (1, 1, 2, (SELECT max(tweet) + 1 FROM edge))")
    ended = grapher.run("tw-graph", "check", "shown", check=1)
    assert "is not as the archive says (MENTIONS" in ended.stderr
    assert "tw-graph rebuild shown  makes it again" in ended.stderr
    grapher.run("tw-graph", "rebuild", "shown")
    assert grapher.digest() == right


def test_with_whom_a_user_had_to_do(grapher: Grapher) -> None:
    fed(grapher)
    user = next(user for user in grapher.users() if user["name"] in grapher.run("tw-coverage", "shown").stdout)
    rows = grapher.lines("tw-neighbors", user["name"])
    assert rows == grapher.lines("tw-neighbors", user["id"], "--index", "shown")
    assert (
        sum(row["count"] for row in rows if row["direction"] == "out")
        == grapher.graph_rows(f"SELECT count(*) FROM edge WHERE source = {user['id']} AND type < 5")[0][0]
    )
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    assert all(row["first"] <= row["last"] for row in rows)
    assert "nobody in shown is known as nobody_x" in grapher.run("tw-neighbors", "nobody_x", check=1).stderr
    assert "77 has no edge to anybody in the graph of shown" in grapher.run("tw-neighbors", "77", check=1).stderr


def test_who_amplifies_whom_and_what_is_at_the_top(grapher: Grapher) -> None:
    fed(grapher)
    pairs = grapher.lines("tw-amplifiers", "shown", "--limit", 3)
    assert pairs == grapher.lines("tw-amplifiers", "shown")[:3]
    [first, *_] = grapher.lines("tw-amplifiers", "shown", pairs[0]["retweets_id"])
    assert first == pairs[0]
    assert pairs == grapher.lines("tw-amplifiers", "shown", "--limit", "9" * 20)[:3], "as many as there are"
    assert len(grapher.lines("tw-top", "shown", "--limit", "9" * 20)) > 2
    tops = grapher.lines("tw-top", "shown", "--limit", 2)
    assert [row["kind"] for row in tops] == ["tags", "tags", "links", "links", "mentioned", "mentioned"]
    sql = "SELECT key, count(*) FROM edge JOIN hashtag ON hashtag.id = target WHERE type = 5 GROUP BY 1 ORDER BY 2 DESC, target"
    assert (tops[0]["key"], tops[0]["tweets"]) == grapher.graph_rows(sql)[0]


def test_a_property_is_put_on_users(grapher: Grapher) -> None:
    fed(grapher)
    users = grapher.graph_rows("SELECT id, name FROM user WHERE name IS NOT NULL ORDER BY id LIMIT 2")
    table = f"# sides\n@{users[0][1]},leave\n\n{users[1][0]}, remain\n99999,leave\nnobody_x,leave\nalone\n"
    ended = grapher.run("tw-tagnode", "-", "--property", "side", input=table, check=1)
    assert "side put on 2 users; 1 other not in the graph of shown; 2 bad lines" in ended.stderr
    assert "line 6: nobody_x: nobody in tushown bears that name now" in ended.stderr
    assert grapher.graph_rows("SELECT user, property, value FROM tag ORDER BY user") == [
        (users[0][0], "side", "leave"),
        (users[1][0], "side", "remain"),
    ]
    assert "is a property that the graph keeps itself" in grapher.run("tw-tagnode", "-", "--property", "Name", check=2).stderr


def test_who_follows_whom_comes_out_of_snapshots(grapher: Grapher) -> None:
    fed(grapher)
    user = grapher.graph_rows("SELECT id FROM user WHERE name IS NOT NULL ORDER BY id LIMIT 1")[0][0]
    with closing(grapher.archive()) as archive:
        for ids in ([1, 2, 3], [2, 3, 4], [1, 4]):
            snapshot(archive, str(user), ids)
    grapher.run("tw-graph", "follows", str(user))
    rows = grapher.graph_rows(f"SELECT source, since, until FROM follow WHERE target = {user} ORDER BY source, since")
    assert rows == [(1, 1000, 2000), (1, 3000, None), (2, 1000, 3000), (3, 1000, 3000), (4, 2000, None)]
    follows = [row for row in grapher.lines("tw-neighbors", str(user)) if row["type"] == "FOLLOWS"]
    assert [row["id"] for row in follows] == ["1", "1", "2", "3", "4"]
    assert "there is no snapshot" in grapher.run("tw-graph", "follows", "77", check=1).stderr


def snapshot(archive: SqliteArchive, user: str, ids: list[int]) -> None:
    """A complete one, a second after the one before."""
    snapshots = Snapshots(archive, "usertest", "followers", user)
    before = snapshots.complete()
    number = len(before) + 1
    known = set(snapshots.members(number - 1)) if before else set()
    for kind, some in (("whole", ids if not before else []), ("came", set(ids) - known), ("left", known - set(ids))):
        if some and (kind == "whole" or before):
            snapshots.put(pack(sorted(some)), kind, number, 1)
    made = Snapshot(number, number * 1000, number * 1000, True, len(ids), len(set(ids) - known), len(known - set(ids)))
    snapshots.put(asdict(made), "snapshot", number)


def test_one_feeds_at_a_time_and_who_stays_feeds_what_comes(grapher: Grapher) -> None:
    damaged = grapher.folder / "archive" / "aaa.sqlite"
    damaged.write_bytes(b"x" * 9_000)
    staying = grapher.desk.begin("tw-graph", "feed", "--wait")
    with closing(grapher.archive()) as archive:
        [body, *_] = archive.scan("twshown")
        archive.write([Document("twshown", body["id"], {**body, "text": "again"}, True, 2**43)])
        until = time.monotonic() + 30
        while archive.outbox and archive.outbox.pending("twshown").due and time.monotonic() < until:
            time.sleep(0.05)
        assert "another tw-graph is at work on shown: one run at a time" in grapher.run("tw-graph", "feed", check=75).stderr
    assert staying.kill_after(0)
    assert staying.end().stderr.count("aaa.sqlite is damaged") == 1, "though it looks every other second"
    assert "nothing was due; left out: " in grapher.run("tw-graph", "feed", check=1).stderr
    assert grapher.lines("tw-graph", "status", "shown")[0]["due"] == 0
    for action in ("status", "init"):
        assert "; left out: " in grapher.run("tw-graph", action, check=1).stderr
    shown = damaged.with_name("shown.sqlite")
    whole = shown.rename(shown.with_name("whole"))  # the tests after this one want it back
    damaged.rename(shown)
    for action in ("feed", "status", "init"):
        assert "shown.sqlite is damaged" in grapher.run("tw-graph", action, check=69).stderr, "and not that there is nothing"
    whole.replace(shown)


def test_without_a_graph_it_says_how_to_have_one(desk: Desk) -> None:
    for settings in ({}, {"graph": "off", "neo4j": "graphhost"}):
        desk.configure(**settings)
        for action in ("feed", "status", "init"):
            assert "write  graph = on  under [STREAM]" in desk.run("tw-graph", action, "brexit", check=78).stderr

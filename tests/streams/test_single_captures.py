"""What one capture asks for itself, through the real command: authors once, a budget of its own, the count of X."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netwar.captures import kept
from netwar.records.ids import first_id
from tests.desk import Desk, Sandbox
from tests.operator import beginning
from tests.streams.test_programs import WORLD, Streams

pytestmark = pytest.mark.long

HOUR = 3_600_000


@pytest.fixture
def streams(desk: Desk, new_sandbox: Callable[..., Sandbox], tmp_path: Path) -> Iterator[Streams]:
    made = beginning(Streams, desk, new_sandbox, tmp_path)(WORLD)
    with made.running:
        yield made


def clock(streams: Streams, ms: int | None = None) -> int:
    """What time it is at X (ms), or from now on."""
    if ms is not None:
        streams.post("clock", {"advance": (ms - clock(streams)) / 1000})
    return int(json.loads(streams.get("clock"))["milliseconds"])


def test_a_capture_that_spent_its_own_budget_goes_off_x_and_the_other_buys_no_authors(streams: Streams) -> None:
    streams.run("tw-stream", "cats", streams.write("cats", "brexit"), "--users", "once", "--detach")
    streams.run("tw-stream", "dogs", streams.write("dogs", "wind"), "--budget", "0.6", "--detach")
    process = streams.stream("cats")
    streams.until(lambda: len(streams.connections()) > 1 and streams.connected(), process)
    users = streams.bill()["billed"]["user"]
    so_far = streams.recorded_posts("cats")
    streams.until(lambda: streams.recorded_posts("cats") > so_far + 20, process)
    told = {row["index"]: row for row in map(json.loads, streams.run("tw-chkstreams", "--json", check=1).stdout.splitlines())}
    streams.ended(process)
    assert (told["cats"]["state"], told["dogs"]["state"]) == ("running", "over budget")
    assert [rule["until"] is None for rule in json.loads(streams.get("truth/stream/rules"))].count(True) == 1
    spent = json.loads(streams.run("tw-spend", "--no-ask", "--json", "--by", "index").stdout)["charges"]
    assert 0 < {one["index"]: one["micro_dollars"] for one in spent}["dogs"] <= 600_000
    assert streams.bill()["billed"]["user"] == users > 0, "authors came along for the other one alone"
    authors = {row[0] for row in streams.select("cats", "SELECT DISTINCT user_id FROM tweets WHERE via = 'stream'")}
    recorded = {row[0] for row in streams.select("cats", "SELECT id FROM users")}
    waiting: dict[str, Any] = json.loads(streams.run("tw-showusertest", "--json").stdout)
    assert waiting["waiting"] >= len(authors - recorded) > 0


def refuse(streams: Streams, index: str, line: str) -> None:
    """Let a capture have a line that X's counts do not take, as they do not take all that the stream does."""
    [capture] = [one for one in streams.registered() if one.index == index]
    with closing(sqlite3.connect(streams.desk.home / ".local/share/netwar/streams.sqlite")) as db, db:
        db.execute("UPDATE captures SET kept = ? WHERE name = ?", (kept.written(replace(capture, lines=(line,))), index))


def test_a_full_hour_is_held_against_the_count_of_x(streams: Streams) -> None:
    streams.run("tw-stream", "cats", streams.write("cats", "brexit"), "--detach")
    streams.run("tw-stream", "long", streams.write("long", f'"{"wind " * 110}"'), "--detach")
    streams.run("tw-stream", "odd", streams.write("odd", "snow"), "--detach")
    young = json.loads(streams.run("tw-chkstreams", "cats", "--verify", "--json", check=None).stdout)
    assert "too young" in young["detail"] or young["complete"] is None, "nothing costs, nothing is asked"
    since = (clock(streams) // HOUR + 1) * HOUR
    streams.post("stream", {"rate": 0})
    clock(streams, since + 60_000)
    streams.post("stream", {"rate": 40, "posts": 400})
    process = streams.stream("cats")
    streams.until(lambda: streams.recorded_posts("cats") > 20, process)
    streams.ended(process)
    clock(streams, since + HOUR + 310_000)
    streams.run("tw-rules")  # X tells what time it is
    bounds = f"since_id={first_id(since)}&until_id={first_id(since + HOUR)}"
    expected = len(streams.get(f"truth/search?query=brexit&{bounds}").split())
    recorded = len(streams.select("cats", "SELECT id FROM tweets WHERE via = 'stream'"))
    before = streams.bill()["billed"]["counts_recent"]
    ended = streams.run("tw-chkstreams", "cats", "--verify", "--yes", "--json", check=1)
    told = json.loads(ended.stdout)
    assert (told["expected"], told["recorded"]) == (expected, recorded)
    assert expected > 0
    assert streams.bill()["billed"]["counts_recent"] == before + 1
    assert ("% of what X counts" in ended.stderr) == (recorded < 0.98 * expected)
    streams.post("stream", {"rate": 40, "posts": 400})  # and nobody holds the connection
    clock(streams, since + 2 * HOUR + 310_000)
    streams.run("tw-rules")
    refuse(streams, "odd", "lang:en")
    ended = streams.run("tw-chkstreams", "--verify", "--yes", "--json", check=1)
    rows = {row["index"]: row for row in map(json.loads, ended.stdout.splitlines())}
    assert {index: row["complete"] for index, row in rows.items()} == {"cats": 0.0, "long": None, "odd": None}
    assert "cannot be verified by X's counts: 1 line is longer than the 512 characters" in rows["long"]["detail"]
    assert "cannot be verified by X's counts: X does not take this query" in rows["odd"]["detail"]
    assert "cats has 0.0 % of what X counts" in ended.stderr

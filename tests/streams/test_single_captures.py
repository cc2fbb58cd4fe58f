"""What one capture asks for itself, through the real command: authors once, a budget of its own, the count of X."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
    kept = streams.recorded_posts("cats")
    streams.until(lambda: streams.recorded_posts("cats") > kept + 20, process)
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


def test_a_full_hour_is_held_against_the_count_of_x(streams: Streams) -> None:
    streams.run("tw-stream", "cats", streams.write("cats", "brexit"), "--detach")
    young = json.loads(streams.run("tw-chkstreams", "--verify", "--json", check=None).stdout)  # nothing costs, nothing is asked
    assert "too young" in young["detail"] or young["complete"] is None
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
    ended = streams.run("tw-chkstreams", "--verify", "--yes", "--json", check=1)
    told = json.loads(ended.stdout)
    assert (told["expected"], told["recorded"]) == (expected, recorded)
    assert expected > 0
    assert streams.bill()["billed"]["counts_recent"] == before + 1
    assert ("% of what X counts" in ended.stderr) == (recorded < 0.98 * expected)
    streams.post("stream", {"rate": 40, "posts": 400})  # and nobody holds the connection
    clock(streams, since + 2 * HOUR + 310_000)
    streams.run("tw-rules")
    ended = streams.run("tw-chkstreams", "--verify", "--yes", "--json", check=1)
    assert json.loads(ended.stdout)["complete"] == 0.0
    assert "cats has 0.0 % of what X counts" in ended.stderr

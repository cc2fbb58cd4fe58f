"""Holding the connection, through the real command: money, the archive away, gaps that search fills."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from netwar.records.ids import first_id, posted
from tests.desk import Desk, Sandbox
from tests.moving import copied, moved_away, put_back
from tests.streams.hurrying import Killed, in_ms

pytestmark = pytest.mark.long

SPEED = 30
POST = 5_000  # micro-dollars
DAY = 86_400_000
OUR_CAUSES = (
    "the capture began",
    "the recorder was stopped",
    "the recorder was killed, or its host was away",
    "the lines changed",
    "the capture was stopped",
)


@pytest.fixture
def begun(desk: Desk, sandbox: Sandbox) -> Callable[..., Killed]:
    """Captures of an operator whose clocks are hurried."""

    def begin(budget: float = 100_000, rate: float = 2) -> Killed:
        desk.configure(sandbox.url, budget=budget, maxcpu=100, maxmem=100)
        story = Killed(desk, sandbox)
        story.hurry(SPEED)
        story.post("stream", {"rate": rate})
        return story

    return begin


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not _holds(true):
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.1)


def _holds(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except sqlite3.OperationalError:  # the archive is made just now
        return False


def test_at_the_end_of_the_budget_the_socket_is_closed_and_the_bill_is_within_it(begun: Callable[..., Killed]) -> None:
    story = begun(budget=3, rate=10)
    story.register("cats", "brexit")
    ended = story.hurried("tw-stream", "cats", "--once", check=77)
    assert "budget of $3.00 a day is spent" in ended.stderr
    [one] = story.connections()
    assert one["closed"]
    billed, booked = story.unread()
    assert booked <= billed <= 3_000_000
    assert billed <= booked + story.doubtful(), "what nobody had read is in doubt"
    assert booked > 1_500_000, "the last slices are small"
    kept = story.kept("cats")
    sent = {json.loads(line)["id"] for line in story.get("truth/stream/flushed").splitlines()}
    assert len(sent - {*map(str, kept)}) * POST <= story.doubtful() + 2 * POST, "what nobody read is in doubt"
    [state] = json.loads(story.hurried("tw-chkstreams", "--json", check=1).stdout.splitlines()[0])["state"].split(",")
    assert state in ("down", "over budget")


def test_a_holder_that_is_killed_again_and_again_leaves_most_of_the_day_s_budget(begun: Callable[..., Killed]) -> None:
    story = begun(budget=20, rate=0.5)
    story.register("cats", "brexit")
    for _ in range(3):
        kept = story.spent()
        with story.held() as one:
            until(lambda kept=kept: story.spent() > kept)
            one.kill()
    billed, booked = story.unread()
    assert billed <= booked + story.doubtful()
    told = story.spending()["micro_dollars"]
    assert told["in_doubt"] <= 3 * 25_000 * 25, "the smallest slices, and what was under way at their ends"
    with story.held():
        until(lambda: story.spent() > booked)


def test_while_the_archive_is_away_the_stream_goes_on(begun: Callable[..., Killed]) -> None:
    """Somebody holds the archive's file locked: posts go into segments, and from there into the archive."""
    story = begun()
    story.register("cats", "brexit")
    folder = story.desk.home / ".local/share/netwar"
    with story.held():
        until(lambda: story.get("truth/stream/flushed"))
        until(lambda: story.kept("cats"))
        with closing(sqlite3.connect(folder / "archive/cats.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            before = len(story.kept("cats"))
            until(lambda: len(story.get("truth/stream/flushed").splitlines()) > before + 20)
            assert len(story.connections()) == 1
            other.execute("ROLLBACK")
        sent = story.get("truth/stream/flushed").splitlines()
        until(lambda: len(story.kept("cats")) >= len(sent))
    assert len(story.connections()) == 1, "it was never cut"
    billed, booked = story.unread()
    assert billed - booked <= 2 * 25_000
    assert story.doubtful() > 0, "X may have sent more before it was told to stop"
    assert billed <= booked + story.doubtful()


def test_a_damaged_file_of_one_capture_delays_no_other_and_is_told(begun: Callable[..., Killed]) -> None:
    story = begun()
    story.register("cats", "brexit")
    story.register("dogs", "brexit")
    file = story.desk.home / ".local/share/netwar/archive/cats.sqlite"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database" * 1000)
    with story.held() as one:
        until(lambda: len(story.kept("dogs")) > 10)
        until(lambda: states(story)["cats"]["state"] == "behind")  # which is told once a second
        told = states(story, 1)
        assert (told["cats"]["state"], told["dogs"]["state"]) == ("behind", "running")
        assert "cats.sqlite is damaged" in told["cats"]["detail"]
        kept = {*story.kept("dogs")}
        until(lambda: len(story.kept("dogs")) > len(kept))  # those before are in the segments of cats, too
        one.kill()
    file.unlink()
    with story.held():  # what waited comes from the segments of the killed run
        until(lambda: kept <= {*story.kept("cats")}, 120)


def test_a_gap_is_filled_by_search_and_says_so(begun: Callable[..., Killed]) -> None:
    story = begun(rate=1)
    story.register("cats", "brexit")
    story.run_for(5, kill=True)
    time.sleep(3)
    with story.held():
        until(lambda: "refilled" in story.notes("cats"), 60)
    rows = [json.loads(line) for line in story.hurried("tw-gaps", "cats", "--json").stdout.splitlines()]
    assert {row["state"] for row in rows} >= {"refilled without retweets"}
    filled = [row for row in rows if row["state"].startswith("refilled")]
    found = {row[0] for row in story.select("cats", "SELECT id FROM tweets WHERE via IN ('stream', 'search')")}
    for row in filled:  # retweets are not to be had, nor what matches by the text that it quotes alone
        bounds = f"since_id={first_id(in_ms(row['since']))}&until_id={first_id(in_ms(row['until']))}"
        assert {int(id) for id in story.get(f"truth/search?query=brexit&{bounds}").split()} <= found
    billed, booked = story.unread()
    assert booked <= billed


def test_every_gap_says_why_and_the_next_holder_goes_on_counting(begun: Callable[..., Killed]) -> None:
    story = begun(rate=3)
    story.register("cats", "brexit")

    def told() -> dict[str, Any]:
        row: dict[str, Any] = json.loads(story.hurried("tw-chkstreams", "--json", check=None).stdout)
        return row

    def covered(terms: int, spans: int) -> bool:
        notes = dict(story.select("cats", "SELECT key, value FROM note"))
        return len(json.loads(notes.get(f"periods/stream/{terms}", "{}")).get("spans", ())) >= spans

    with story.held():
        until(lambda: covered(1, 1))
    before = told()
    assert before["day"]
    with story.held() as one:
        until(lambda: story.connections()[-1]["closed"] is None and told()["state"] == "running")
        after = told()
        assert after["hour"] > 0.9 * before["hour"]
        assert after["day"] >= before["day"]
        until(lambda: covered(1, 2))
        one.kill()
    with story.held() as one:
        until(lambda: covered(1, 3))
        story.register("cats", "brexit", "election")
        until(lambda: covered(2, 1))
        story.hurried("tw-stream", "cats", "--stop")
        one.join(30)
    rows = [json.loads(line) for line in story.hurried("tw-gaps", "cats", "--json").stdout.splitlines()]
    causes = [row["cause"] for row in rows]  # a machine that is busy may have others, too: X was silent, for one
    assert all(causes)
    found = [*dict.fromkeys(words for cause in causes for words in cause.split("; ") if words in OUR_CAUSES)]
    assert found == [*OUR_CAUSES]
    assert "the recorder was stopped" not in causes[-1]
    assert min(row["seconds"] for row in rows) >= 1
    longest = max(row["seconds"] for row in rows)
    meant = sum(row["seconds"] == longest for row in rows)
    longer = story.hurried("tw-gaps", "cats", "--longer", longest)
    assert len(longer.stdout.splitlines()) == meant
    assert f"{meant} of {len(rows)} gaps in twcats: " in longer.stderr


def test_gaps_that_wait_for_money_are_told_and_filled_once_the_budget_is_raised(begun: Callable[..., Killed]) -> None:
    story = begun(budget=40, rate=3)
    ahead = DAY + DAY // 4 - story.now % DAY  # to a morning: until midnight much may come
    story.post("clock", {"advance": ahead / 1000})
    story.since -= ahead // (SPEED - 1)  # by which all clocks of the programs are as far ahead
    story.register("cats", "brexit")
    story.run_for(3, kill=False)
    with story.held():
        state = lambda: json.loads(story.hurried("tw-chkstreams", "--json", check=None).stdout)  # noqa: E731
        until(lambda: "waiting for money" in state()["detail"], 60)
        assert state()["state"] == "running"
        assert "refilled" not in story.notes("cats")
        file = story.desk.home / ".twitter"
        assert f"raise budget in {file}" in story.said()
        file.write_text(file.read_text().replace("budget = 40", "budget = 100000"))
        until(lambda: "refilled" in story.notes("cats"), 60)
        until(lambda: not state()["detail"])
    assert story.said().count("waiting for money") == 1


def states(story: Killed, check: int | None = None) -> dict[str, Any]:
    """How each capture is, by index, as tw-chkstreams tells it. `check` is the exit status that it must have."""
    told = map(json.loads, story.hurried("tw-chkstreams", "--json", check=check).stdout.splitlines())
    return {row["index"]: row for row in told}


def stream_ids(file: Path) -> set[int]:
    with closing(sqlite3.connect(file)) as db:
        return {row[0] for row in db.execute("SELECT id FROM tweets WHERE via = 'stream'")}


def test_files_that_are_moved_away_under_a_stream(begun: Callable[..., Killed]) -> None:
    """The archive: what comes waits until there is one again, and nothing is said to be complete that is not in that. The meter,
    the registry: it ends, as the next one finds what is there now."""
    story = begun()
    story.register("cats", "brexit")
    data = story.desk.home / ".local/share/netwar"
    file, copy = data / "archive/cats.sqlite", data / "copy.sqlite"
    with story.held():
        until(lambda: "spans" in story.notes("cats"))
        copied(file, copy)
        before = story.kept("cats")
        until(lambda: len(story.kept("cats")) > len(before) + 20)
        missing = stream_ids(moved_away(file)) - before
        until(lambda: "cats.sqlite was moved away or removed" in story.said())
        until(lambda: states(story)["cats"]["state"] == "behind")
        told = states(story, 1)["cats"]
        assert "put it, or a copy, there" in told["detail"]
        copy.rename(file)
        until(lambda: "what waited of cats is in the archive" in story.said())
    assert missing
    gaps, made = story.gaps("cats"), [posted(id) or 0 for id in missing]
    assert not [at for at in made if not any(low <= at <= high for low, high, _ in gaps)], gaps
    for name in ("meter.sqlite", "streams.sqlite"):
        with story.held() as one:
            until(lambda: not story.connections()[-1]["closed"])
            moved_away(data / name)
            one.join(60)
            assert not one.is_alive(), f"{name}: {story.said()[-3000:]}"
        assert f"{name} was moved away" in story.said()[-2000:]
        put_back(data / name)

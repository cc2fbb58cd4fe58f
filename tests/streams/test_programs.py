"""tw-stream and tw-rules, each a process against a sandbox: registered, held, taken over, followed, stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from netwar.archive.awaited import Taken
from netwar.captures import kept
from netwar.captures.base import Capture, CaptureOptions
from netwar.commands import list_following
from netwar.commands.capture_lines import Lines
from netwar.commands.streams import Wish, again
from netwar.connections.runs import Run
from netwar.errors import NetwarError
from netwar.records.expressions import split
from tests.contract.opening import open_captures
from tests.operator import ALL_OPEN, Operator, beginning

pytestmark = pytest.mark.long

WORLD = f"""
[world]
users = 40
lists = 1
members = 6
{ALL_OPEN}
[stream]
rate = 40
rule_delay = 0
"""
PATIENCE = 40.0


@dataclass
class Streams(Operator):
    """An operator who captures streams; what is started is ended with the test."""

    running: ExitStack = field(default_factory=ExitStack)

    def write(self, name: str, *lines: object) -> Path:
        path = self.desk.home / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def stream(self, *args: object) -> subprocess.Popen[str]:
        process = self.desk.start("tw-stream", *map(str, args))
        self.running.enter_context(process)
        self.running.callback(process.kill)
        return process

    def rules(self) -> list[dict[str, Any]]:
        """Those that stand, as tw-rules shows them."""
        return [json.loads(line) for line in self.run("tw-rules", "--json").stdout.splitlines()]

    def values(self) -> set[frozenset[str]]:
        """What they are of, in whatever order."""
        return {frozenset(split(rule["value"])) for rule in self.rules()}

    def until(self, true: Callable[[], Any], *processes: subprocess.Popen[str]) -> Any:
        """Wait until something is true, while these processes run."""
        end = time.monotonic() + PATIENCE
        while not (found := true()):
            for process in processes:
                assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, f"{true} does not come true"
            time.sleep(0.2)
        return found

    def connections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.get("truth/stream/connections"))
        return found

    def connected(self) -> bool:
        return any(one["closed"] is None for one in self.connections())

    def foreign(self, value: str) -> None:
        """A rule that somebody else puts in, with the app's bearer token."""
        configured = (self.desk.home / ".twitter").read_text()
        [bearer] = [line.partition("=")[2].strip() for line in configured.splitlines() if line.startswith("bearer_token")]
        body = {"add": [{"value": value, "tag": "theirs"}]}
        headers = {"Authorization": f"Bearer {bearer}"}
        requests.post(
            f"{self.sandbox.url}/2/tweets/search/stream/rules", json=body, headers=headers, timeout=10
        ).raise_for_status()

    def recorded_posts(self, index: str) -> int:
        """How many posts there are in tw<INDEX>."""
        try:
            return len(self.select(index, "SELECT id FROM tweets"))
        except sqlite3.OperationalError:  # its file is not there yet, or just being made
            return 0

    def registered(self) -> list[Capture]:
        """The captures as they are registered."""
        with closing(sqlite3.connect(self.desk.home / ".local/share/netwar/streams.sqlite")) as db:
            return [kept.read(text) for (text,) in db.execute("SELECT kept FROM captures ORDER BY name")]

    def ended(self, process: subprocess.Popen[str], number: signal.Signals = signal.SIGTERM) -> str:
        """What a process says that is told to end."""
        process.send_signal(number)
        return process.communicate(timeout=PATIENCE)[1]


@pytest.fixture
def streams(desk: Any, new_sandbox: Any, tmp_path: Path) -> Iterator[Streams]:
    made = beginning(Streams, desk, new_sandbox, tmp_path)(WORLD)
    with made.running:
        yield made


def test_what_is_wrong_with_lines_is_told_and_the_others_are_put_in(streams: Streams) -> None:
    path = streams.write("terms", "# mine", "#brexit", "harbour wind", "(rain", "lang:en", "#brexit")
    ended = streams.run("tw-stream", "brexit", path, "--detach", check=1)
    assert "terms: line 4: (rain: a parenthesis is never closed\n" in ended.stderr
    assert "terms: line 5: lang:en: X refuses it: " in ended.stderr
    assert f"brexit: 2 terms of {path}, 1 of 1,000 rules; nobody holds the connection" in ended.stderr
    assert streams.rules() == [], "whoever holds puts them in"
    checked = streams.run("tw-rules", "--check", path, check=1)
    assert "lines that cannot be captured (listed above): 2" in checked.stderr
    ids = streams.write("ids", *range(10**9, 10**9 + 100))
    assert "100 users of" in streams.run("tw-rules", "--check", ids).stderr
    told = streams.run("tw-stream", "long", streams.write("long", "x" * 1_100), "--detach", check=1).stderr
    assert "line 1: xxx" in told
    assert "longer than the 1,024 characters of a rule" in told
    too_many = streams.write("many", *range(10**18 + 1, 10**18 + 2 * 36_100, 2))
    told = streams.run("tw-stream", "many", too_many, "--detach", check=1)
    assert "136 lines of 36,100 too many" in told.stderr, "one rule is that of another capture"
    assert "no capture many is registered" in streams.run("tw-stream", "many", check=1).stderr


def test_one_holds_the_others_show_and_the_next_takes_over(streams: Streams) -> None:
    path = streams.write("terms", "harbour", "brexit OR election")
    first = streams.stream("one", path)
    streams.until(streams.connected, first)
    assert streams.values() == {frozenset(["brexit OR election", "harbour"])}
    second = streams.stream("two", streams.write("other", "harbour", "wind"))
    streams.until(lambda: frozenset(["wind"]) in streams.values(), first, second)
    by_value = {rule["value"]: rule["captures"] for rule in streams.rules()}
    assert by_value.items() >= {"(brexit OR election)": "one", "harbour": "one,two", "wind": "two"}.items()
    streams.until(lambda: streams.recorded_posts("two"), first, second)
    first.kill()
    first.wait()
    streams.until(
        lambda: sum(one["closed"] is None for one in streams.connections()) == 1 and len(streams.connections()) > 1, second
    )
    said = streams.ended(second)
    assert f"process {first.pid} on" in said, "who holds is told"
    assert "stopped by SIGTERM; the capture stays registered" in said


def test_a_404_of_x_passes_and_ends_no_capture(streams: Streams) -> None:
    """Its supervisor would not start it again after a status that says that the configuration is wrong."""
    for endpoint in ("/2/tweets/search/stream/rules", "/2/tweets/search/stream", "/2/tweets/search/stream/rules/counts"):
        streams.post("faults", {"endpoint": endpoint, "kind": "server-error", "status": 404})
    process = streams.stream("one", streams.write("terms", "harbour"))
    streams.until(lambda: streams.recorded_posts("one"), process)
    said = streams.ended(process)
    assert "X answered with status 404" in said
    assert process.returncode == 143


def test_changed_lines_are_read_at_hup_without_connecting_anew(streams: Streams) -> None:
    path = streams.write("terms", "harbour")
    process = streams.stream("one", path)
    streams.until(streams.connected, process)
    streams.write("terms", "harbour", "election")
    process.send_signal(signal.SIGHUP)
    streams.until(lambda: frozenset(["election", "harbour"]) in streams.values(), process)
    streams.write("terms", "(broken")
    process.send_signal(signal.SIGHUP)
    streams.run("tw-stream", "two", streams.write("more", "wind"), "--detach")
    streams.until(lambda: frozenset(["wind"]) in streams.values(), process)
    assert len(streams.connections()) == 1
    streams.run("tw-stream", "two", "--stop")
    streams.until(lambda: frozenset(["wind"]) not in streams.values(), process)
    assert "its lines are off X" in streams.run("tw-stream", "one", "--stop").stderr
    said = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0, said
    assert "the lines stay as they were" in said
    assert re.search(r"one was stopped; one: [\d,]+ posts, .* lag ", said), said
    assert "another process" not in said
    assert streams.rules() == []


def test_hup_rereads_the_file_that_a_capture_was_registered_with(streams: Streams) -> None:
    path = streams.write("terms", "harbour")
    streams.run("tw-stream", "one", path, "--detach", "--users", "once", "--budget", "7")
    process = streams.stream("one")
    streams.until(streams.connected, process)
    streams.write("terms", "harbour", "election")
    process.send_signal(signal.SIGHUP)
    streams.until(lambda: frozenset(["election", "harbour"]) in streams.values(), process)
    [one] = streams.registered()
    assert (one.options.users_once, one.options.budget) == (True, 7_000_000), "as it was registered"
    streams.run("tw-stream", "one", "--detach", "--budget", "9")
    [one] = streams.registered()
    assert (one.options.users_once, one.options.budget, one.terms) == (True, 9_000_000, 2)


def test_hup_where_the_file_is_not_says_where_it_is() -> None:
    captures = SimpleNamespace(captures=lambda: [Capture("one", "terms", ("harbour",), host="elsewhere", file="/home/me/terms")])
    with pytest.raises(
        NetwarError, match="they are of /home/me/terms on elsewhere: send HUP there, or give tw-stream one a FILE"
    ):
        again(cast(Any, SimpleNamespace(captures=captures)), "one", Wish(None, "", None, None))


def test_hup_waits_for_no_pipe(tmp_path: Path) -> None:
    """Nobody may ever write into it, and who waits renews no lease, and looks at no rules."""
    os.mkfifo(pipe := tmp_path / "terms")
    for gone in (pipe, tmp_path, tmp_path / "none"):
        with pytest.raises(NetwarError, match="is no file"):
            again(cast(Any, None), "one", Wish(gone, "", None, None))


def test_rules_of_ours_are_removed_and_those_of_others_stay(streams: Streams) -> None:
    streams.foreign("gull")
    process = streams.stream("one", streams.write("terms", "harbour"))
    streams.until(lambda: len(streams.rules()) == 2, process)
    assert "stop its captures instead" in streams.run("tw-rules", "--remove", check=75).stderr, "before it asks"
    process.kill()
    process.wait()
    assert "where there is no terminal to ask on" in streams.run("tw-rules", "--remove", check=2).stderr
    assert "1 rule removed" in streams.run("tw-rules", "--remove", "--yes").stderr
    [left] = streams.rules()
    assert (left["value"], left["whose"], left["captures"]) == ("gull", "others", None)


def test_the_members_of_a_list_are_followed(streams: Streams) -> None:
    [one] = json.loads(streams.get("truth/lists"))
    members = {member["id"] for member in json.loads(streams.get(f"truth/lists/{one['id']}"))["members"]}
    told = streams.run("tw-stream", "mps", "--list", one["id"], "--detach").stderr
    assert f"mps: {len(members)} users of list {one['id']}" in told
    process = streams.stream("mps")
    streams.until(lambda: streams.values() == {frozenset(f"from:{id}" for id in members)}, process)
    come = next(user["id"] for user in streams.users() if user["id"] not in members)
    streams.post(f"lists/{one['id']}/members", {"add": [come]})
    told = streams.run("tw-stream", "mps", "--list", one["id"], "--detach").stderr
    assert f"mps: {len(members) + 1} users of list" in told
    streams.until(lambda: frozenset(f"from:{id}" for id in {*members, come}) in streams.values(), process)


def test_a_line_that_no_rule_has_room_for_is_told_and_the_others_are_put_in(streams: Streams) -> None:
    long = " OR ".join(f"harbour{number}" for number in range(100))
    path = streams.write("terms", "harbour", long, "election")
    told = streams.run("tw-stream", "one", path, "--detach", check=1).stderr
    assert "line 2: harbour0" in told
    assert "longer than the 1,024 characters of a rule" in told
    [one] = streams.registered()
    assert one.lines == ("harbour", "election")


def test_what_it_would_cost_is_told_and_nothing_is_registered(streams: Streams) -> None:
    path = streams.write("terms", "harbour", "election OR brexit")
    told = streams.run("tw-stream", "one", path, "--estimate").stderr
    assert f"2 terms of {path}: " in told
    assert " a day for $" in told
    long = " OR ".join(f"harbour{number}" for number in range(60))
    told = streams.run("tw-stream", "one", streams.write("long", f"harbour\n{long}"), "--estimate").stderr
    assert "lines that were not counted: 1" in told
    assert long in told, "X's search takes half as many characters as its stream"
    assert "no capture one is registered" in streams.run("tw-stream", "one", "--estimate", check=1).stderr


def test_a_capture_that_ends_while_nobody_holds_leaves_no_gap_that_grows(streams: Streams) -> None:
    """Nor does what is registered in its name later take its coverage, or search for its gaps."""

    def ends() -> list[str]:
        return [json.loads(line)["until"] for line in streams.run("tw-gaps", "one", "--json", check=None).stdout.splitlines()]

    process = streams.stream("one", streams.write("terms", "harbour"))
    streams.until(ends, process)
    process.kill()
    process.wait()
    streams.run("tw-stream", "one", "--stop")
    [one] = streams.registered()
    assert one.until
    [end] = ends()
    assert round(datetime.fromisoformat(end).timestamp() * 1000) == one.until
    assert "; 1 open gap is lost with its lines" in streams.run("tw-stream", "one", "--forget").stderr
    assert "1 gap in twone: 1 lost" in streams.run("tw-gaps", "one").stderr
    streams.run("tw-stream", "one", streams.write("terms", "gull"), "--detach")
    assert [one.terms for one in streams.registered()] == [2]
    assert ends() == [end]


def test_new_lines_lift_no_budget(streams: Streams) -> None:
    streams.run("tw-stream", "one", streams.write("terms", "harbour"), "--budget", "5", "--users", "once", "--detach")
    streams.run("tw-stream", "one", streams.write("terms", "gull"), "--detach")
    [one] = streams.registered()
    assert (one.lines, one.options.budget, one.options.users_once) == (("gull",), 5_000_000, True)
    streams.run("tw-stream", "one", streams.write("terms", "gull"), "--budget", "50", "--users", "daily", "--detach")
    [one] = streams.registered()
    assert (one.options.budget, one.options.users_once) == (50_000_000, False)


def test_who_stops_a_capture_while_its_list_is_read_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = CaptureOptions(list_id="77")
    with closing(open_captures(f"sqlite:{tmp_path}", Run(tmp_path / "runs"))) as captures:
        services = cast(Any, SimpleNamespace(captures=captures, streaming=SimpleNamespace(now=lambda: 5)))
        for index in ("one", "two"):
            captures.register(Capture(index, "users", ("12",), options))

        def read(*_: object) -> Lines:
            captures.stop("one", 3)
            if captures.captures()[1].options.budget is None:
                captures.register(Capture("two", "users", ("12",), replace(options, budget=9)))
            return Lines("users", ("12", "13"), "list 77")

        monkeypatch.setattr(list_following, "of_list", read)
        list_following.followed(services)()
        one, two = captures.captures()
    assert (one.on, one.lines) == (False, ("12",))
    assert (two.on, two.lines, two.options.budget) == (True, ("12", "13"), 9)


def test_what_contradicts_itself_is_refused(streams: Streams) -> None:
    path = streams.write("terms", "harbour")
    streams.run("tw-stream", "one", path, "--list", "77", check=2)
    for wrong in ("much", ""):
        assert "is no amount of dollars" in streams.run("tw-stream", "one", path, "--budget", wrong, check=2).stderr
    assert "--stop" in streams.run("tw-stream", "one", path, "--budget", "0", check=2).stderr
    assert "is empty" in streams.run("tw-stream", "one", streams.write("empty"), check=1).stderr
    assert "no capture one is registered" in streams.run("tw-stream", "one", "--stop", check=1).stderr
    told = streams.run("tw-stream", "one", path, "--detach", "--stop", check=2).stderr
    assert "--detach and --stop ask for different things" in told
    told = streams.run("tw-rules", "--check", path, "--remove", "--yes", check=2).stderr
    assert "--check and --remove ask for different things" in told


def test_when_a_capture_was_stopped_and_begun_anew_is_told_by_x(streams: Streams) -> None:
    """What is a gap depends on it. Our own clocks may be wrong, or have stood still."""

    def since() -> str:
        return str(json.loads(streams.run("tw-chkstreams", "one", "--json", check=None).stdout)["since"])[:10]

    streams.run("tw-stream", "one", streams.write("terms", "harbour"), "--detach")
    days = []
    for option in (["--stop"], ["--detach"]):
        streams.post("clock", {"advance": 86_400})
        streams.run("tw-stream", "one", *option)
        days.append((since(), json.loads(streams.get("clock"))["now"][:10]))
    assert [told for told, _ in days] == [day for _, day in days]


def test_who_has_no_bearer_token_takes_no_connection(streams: Streams) -> None:
    """It would hold it for ever, and nothing would come."""
    streams.run("tw-stream", "one", streams.write("terms", "harbour"), "--detach")
    configured = streams.desk.home / ".twitter"
    lines = configured.read_text().splitlines(keepends=True)
    configured.write_text("".join(line for line in lines if not line.startswith("bearer_token")))
    assert "has no bearer_token" in streams.run("tw-stream", "one", check=78, timeout=PATIENCE).stderr
    assert "one: 1 term of" in streams.run("tw-stream", "one", "--detach").stderr, "who only registers needs none"


def test_gaps_are_shown_while_redis_is_away(streams: Streams) -> None:
    process = streams.stream("one", streams.write("terms", "harbour"))
    streams.until(lambda: streams.run("tw-gaps", "one", check=None).stdout, process)
    streams.ended(process)
    with (streams.desk.home / ".twitter").open("a") as configured:
        configured.write("redisurl = redis://127.0.0.1:1/0\n")
    assert "gap" in streams.run("tw-gaps", "one").stderr


def test_a_folder_that_cannot_be_used_for_what_waits_is_a_sentence(streams: Streams) -> None:
    """Such as where a member of the group, or a restore by hand, has put something in its place."""
    streams.run("tw-stream", "one", streams.write("terms", "harbour"), "--detach")
    (place := streams.desk.home / ".local/share/netwar/streams").touch()
    told = streams.run("tw-stream", "one", check=69, timeout=PATIENCE).stderr
    assert f"tw-stream: {place}" in told
    assert "cannot be used: Not a directory" in told


def test_a_stream_begins_while_elasticsearch_is_away_where_that_took_its_posts_before(streams: Streams) -> None:
    """What comes meanwhile is in segments, and in the archive of the next run: here one in files."""
    streams.run("tw-stream", "one", streams.write("terms", "harbour"), "--detach")
    configured, data = streams.desk.home / ".twitter", streams.desk.home / ".local/share/netwar"
    before = configured.read_text()
    configured.write_text(f"{before}elksg = 127.0.0.1:1\n")
    told = streams.run("tw-stream", "one", check=69, timeout=PATIENCE).stderr
    assert "Elasticsearch cannot be used" in told
    assert "it has taken nothing of one from this data folder yet" in told
    Taken(data / "taken", "127.0.0.1:2").add(["twone"])
    assert "it has taken nothing of one" in streams.run("tw-stream", "one", check=69, timeout=PATIENCE).stderr, "another one did"
    Taken(data / "taken", "127.0.0.1:1").add(["twone"])
    process = streams.stream("one")
    streams.until(lambda: streams.get("truth/stream/flushed").count("\n") > 20, process)
    state = lambda: json.loads(streams.run("tw-chkstreams", "one", "--json", check=None).stdout)["state"]  # noqa: E731
    streams.until(lambda: state() == "behind", process)
    streams.post("stream", {"rate": 0})
    assert "waits in segments on disk" in streams.ended(process)
    configured.write_text(before)
    process = streams.stream("one")
    streams.until(lambda: streams.recorded_posts("one") >= streams.get("truth/stream/flushed").count("\n"), process)


def test_who_holds_goes_on_for_other_captures_when_its_own_is_stopped(streams: Streams) -> None:
    process = streams.stream("one", streams.write("terms", "harbour"))
    streams.run("tw-stream", "two", streams.write("other", "gull"), "--detach")
    streams.until(lambda: streams.values() == {frozenset(["harbour"]), frozenset(["gull"])}, process)
    cost = lambda: json.loads(streams.run("tw-chkstreams", "one", "--json", check=None).stdout)["dollars"]  # noqa: E731
    streams.until(cost, process)
    told = streams.run("tw-stream", "one", "--stop").stderr
    assert re.search(rf"process {process.pid} on \S+ goes on for the other captures", told)
    streams.until(lambda: streams.values() == {frozenset(["gull"])}, process)
    time.sleep(2.5)  # until the holder has said how it stands
    assert cost(), "what it has cost stays known"
    assert "goes on" not in streams.run("tw-stream", "two", "--stop").stderr
    assert "one was stopped" in process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 0


def test_a_capture_is_stopped_begun_anew_and_forgotten(streams: Streams) -> None:
    path = streams.write("terms", "harbour")
    streams.run("tw-stream", "one", path, "--detach")
    assert "--stop ends that" in streams.run("tw-stream", "one", "--forget", check=1).stderr
    assert "nobody holds the connection" in streams.run("tw-stream", "one", "--stop").stderr
    assert "one was stopped already" in streams.run("tw-stream", "one", "--stop").stderr
    assert f"one: 1 term of {path}; nobody holds" in streams.run("tw-stream", "one", "--detach").stderr
    assert "is stopped" in streams.run("tw-stream", "one", "--stop").stderr, "it was begun anew"
    assert "one is forgotten" in streams.run("tw-stream", "one", "--forget").stderr
    assert "there is none yet" in streams.run("tw-stream", "one", "--detach", check=1).stderr

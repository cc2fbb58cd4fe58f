"""tw-status: what runs say of themselves on the board, what is wrong, and that the board is nobody's business but its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netwar.board.base import HostState, RunState
from netwar.board.sqlite import SqliteBoard
from netwar.cli import boarding
from netwar.commands import status as status_command
from netwar.config import load, short
from netwar.operations.alarms import Alarm
from tests.contract.opening import DATABASES
from tests.desk import Desk
from tests.operator import THREE, Operator
from tests.redis_server import Redis
from tests.terminals import on_a_terminal

Start = Callable[..., Operator]


def status(operator: Operator, *options: object, check: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(operator.run("tw-status", "--json", *options, check=check).stdout)
    return told


def until(operator: Operator, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What is told when something holds."""
    deadline = time.monotonic() + 60
    while not holds(told := status(operator)):
        assert time.monotonic() < deadline, told
        time.sleep(0.2)
    return told


def later(operator: Operator, seconds: float, table: str = "runs") -> None:
    """Let what was said on the board be older."""
    path = operator.desk.home / ".local/share/netwar/board.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE {table} SET said = said - ?", (seconds,))
        if table == "runs":
            began = "kept, '$.began', json_extract(kept, '$.began') - ?"
            db.execute(f"UPDATE runs SET kept = json_replace({began})", (seconds,))


def test_a_run_is_on_the_board_from_its_beginning_to_its_end(operator: Start) -> None:
    one = operator(THREE)
    assert status(one, check=0)["runs"] == []
    one.queue([user["id"] for user in one.users()])
    one.run("tw-idu3elk", "three")
    told = status(one, check=0)
    [run] = told["runs"]
    assert (run["program"], run["subject"], run["status"], run["lost"]) == ("tw-idu3elk", "work", 0, False)
    assert run["counts"]["tweets"] == told["totals"]["tweets"] == sum(len(one.truth(user["id"])) for user in one.users()[:3])
    [money] = told["money"]
    assert money["today"] == money["month"] == one.spent()
    assert {queue["name"]: queue["waiting"] for queue in told["queues"]} == {"usertest": 0, "work": 0}
    [lag] = told["lags"]
    assert (lag["index"], lag["users"], lag["gaps"]) == ("twthree", 3, 0)
    assert lag["most"] < 600
    assert [window["endpoint"] for window in told["windows"]]
    shown = one.run("tw-status").stdout
    assert "0 runs at work; 0 waiting" in shown
    assert "all is well" in shown
    for part in ("Runs", "Queues", "Coverage", "Money in dollars", "Rate windows", "Hosts"):
        assert f"\n{part}\n" in shown
    one.run("tw-import", "-", "imported", input=one.run("tw-dumptweets", "three").stdout, check=0)
    later(one, 61, "notes")
    assert [lag["index"] for lag in status(one, check=0)["lags"]] == ["twimported", "twthree"]
    shown = one.run("tw-status").stdout
    assert "twthree" in shown.partition("\nCoverage\n")[2]
    assert "twimported" not in shown.partition("\nCoverage\n")[2], "nobody is asked for there: there is nothing to lag behind"


def test_who_is_killed_or_hangs_is_lost_until_the_next_run_does_its_work(operator: Start) -> None:
    one = operator(THREE)
    one.queue([user["id"] for user in one.users()])
    one.post("faults", {"kind": "slow", "seconds": 30, "times": 0})
    begun = one.desk.start("tw-idu3elk", "three", "-q")
    with begun:
        told = until(one, lambda told: bool(told["runs"]))
        assert told["runs"][0]["status"] is None
        assert told["well"]
        os.kill(begun.pid, signal.SIGSTOP)  # as good as killed: it says nothing more
        later(one, 125)
        told = status(one, check=1)
        assert told["runs"][0]["lost"]
        assert [wrong["text"] for wrong in told["wrong"] if f"process {begun.pid} was killed" in wrong["text"]]
        begun.kill()
    one.post("faults", [], method="DELETE")
    assert "has said nothing for 2 min" in one.run("tw-status", check=1).stdout
    one.run("tw-idu3elk", "three")
    told = status(one, check=0)
    assert [run["status"] for run in told["runs"]] == [0]
    begun_again(one)


def begun_again(one: Operator) -> None:
    """One that is killed, and begun again before anybody can know that, as supervisors do."""
    one.queue([user["id"] for user in one.users()])
    one.post("faults", {"kind": "slow", "seconds": 30, "times": 0})
    with one.desk.start("tw-idu3elk", "three", "-q") as begun:
        until(one, lambda told: [run["status"] for run in told["runs"]] == [None])
        begun.kill()
    one.post("faults", [], method="DELETE")
    one.run("tw-idu3elk", "three")
    assert sorted(str(run["status"]) for run in status(one, check=0)["runs"]) == ["0", "None"], "it may be held up"
    later(one, 125)
    assert [(run["status"], run["began"] >= 125) for run in status(one, check=0)["runs"]] == [(0, True)]


def test_a_run_that_fails_is_told_of_once_a_day_and_made_good_by_the_next_one(operator: Start) -> None:
    one = operator(THREE)
    script = one.desk.home / "told.sh"
    script.write_text("#!/bin/sh\necho no way out >&2; exit 3\n")
    script.chmod(0o700)
    one.desk.configure(one.sandbox.url, budget=10_000, maxcpu=100, maxmem=100, notify=f"{script} --token S3CRET")
    one.queue([one.users()[0]["id"]])
    one.post("faults", {"kind": "unauthorized", "times": 0})
    failed = one.run("tw-idu3elk", "three", check=None)
    assert failed.status
    first, again = (one.run("tw-status", "-q", check=1).stderr for _ in range(2))
    assert "tw-idu3elk work (.twitter) ended " in first
    assert f" ago with status {failed.status}: " in first
    assert "it ended with 3: no way out; a later look tries again" in first
    assert "S3CRET" not in first, "the arguments of the command are its own"
    assert again == "", "cron mails it once"
    file = one.desk.home / "told"
    script.write_text(f'#!/bin/sh\necho "$3" >> {file}; cat >> {file}\n')
    one.run("tw-status", "-q", check=1)
    assert not file.exists(), "not at every look"
    later(one, 601, "notes")
    assert [one.run("tw-status", "-q", check=1).stderr for _ in range(2)] == ["", ""]
    told = file.read_text().splitlines()
    assert len(told) == 2, "as its argument and on its standard input, when it can be told"
    assert told[0] == told[1]
    assert "tw-idu3elk work (.twitter) ended " in told[0]
    assert f" ago with status {failed.status}: " in told[0]
    unkept(one, told)
    hostile(one)
    hanging(one)
    one.post("faults", [], method="DELETE")
    one.run("tw-idu3elk", "three", check=0)
    one.run("tw-status", "-q", check=0)
    short_ones(one)


def short_ones(one: Operator) -> None:
    """Programs that are not on the board while they are well: what befell them stands until they end well."""
    (place := one.desk.home / "place").touch()
    (folder := one.desk.home / "accounts").mkdir()
    bad = one.desk.configure(one.sandbox.url, path=folder / "bad.conf", consumer_key="key", indx="three")
    one.desk.configure(one.sandbox.url, path=folder / "other.conf", consumer_key="key")
    one.run("tw-supervise", folder, check=78)
    for _ in range(2):
        one.run("tw-backup", place, check=69)
    one.run("tw-backup", place, "--config", bad, check=78)
    wrong = [wrong["text"] for wrong in status(one, check=1)["wrong"]]
    assert ["tw-backup" in text for text in wrong] == [True, False]
    said = wrong[1].partition("ago with status 78")[2]
    assert f": these cannot be kept running: {bad}: [API] indx is not a key (did you mean index?)" in said, said
    assert "other.conf has no index: write" in said
    assert len(said) > 200
    place.unlink()
    one.run("tw-backup", place, check=0)
    bad = one.desk.configure(one.sandbox.url, path=bad, consumer_key="key", index="three")
    (folder / "other.conf").unlink()
    one.run("tw-supervise", folder, check=0)
    assert not {"tw-backup", "tw-supervise"} & {run["program"] for run in status(one, check=0)["runs"]}


def unkept(one: Operator, told: list[str]) -> None:
    """What the board cannot note, as on a full disk, is told each time."""
    file = one.desk.home / "told"
    with closing(sqlite3.connect(one.desk.home / ".local/share/netwar/board.sqlite", isolation_level=None)) as board:
        rows, [(made,)] = board.execute("SELECT * FROM told"), board.execute("SELECT sql FROM sqlite_master WHERE name = 'told'")
        rows = rows.fetchall()
        board.execute("DROP TABLE told")
        assert all("tw-idu3elk work (.twitter) ended" in one.run("tw-status", "-q", check=1).stderr for _ in range(2))
        assert len(file.read_text().splitlines()) == 6
        assert "ended" in one.run("tw-status", check=1).stdout
        assert len(file.read_text().splitlines()) == 6, "whoever looks sees it, and nobody is called for that"
        board.execute(made)
        board.executemany("INSERT INTO told VALUES (?, ?)", rows)
    file.write_text("".join(f"{line}\n" for line in told))


def hostile(one: Operator) -> None:
    """What others put on a board that they share is one argument, no option, and no name of a figure."""
    run, file = RunState("x", "-x$(id)", "tw-x", "x", status=1, error="a\0b\n"), one.desk.home / "x.prom"
    with closing(SqliteBoard(one.desk.home / ".local/share/netwar/board.sqlite")) as board:
        board.say(run)
        board.add({'a{b="\n': 1})
        one.run("tw-status", "-q", "--prometheus", file, check=1)
        board.say(replace(run, status=0))
    told = (one.desk.home / "told").read_text().splitlines()[2:]
    assert [re.sub(r"\d+ s ago", "now", one) for one in told] == [" -x$(id): tw-x ended now with status 1: a b "] * 2
    assert "a{b" not in file.read_text()


def hanging(one: Operator) -> None:
    """What takes too long is ended with all that it began."""
    (script := one.desk.home / "hangs.sh").write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {one.desk.home}/pid\nwait\n")
    script.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(status_command, "NOTIFY_SECONDS", 2)
        assert status_command._trouble(str(script), Alarm("key", "no way out")) == status_command.HANGS
    begun, end = int((one.desk.home / "pid").read_text()), time.monotonic() + 10
    while goes_on(begun):
        assert time.monotonic() < end, "it outlives its time"
        time.sleep(0.05)


def goes_on(pid: int) -> bool:
    """Whether a process is there, and no zombie that nobody has buried yet."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_several_things_are_a_line_each_in_the_mail_of_cron(operator: Start) -> None:
    one = operator(THREE)
    one.run("tw-indices", check=0)
    with closing(SqliteBoard(one.desk.home / ".local/share/netwar/board.sqlite")) as board:
        for program in ("tw-a", "tw-b"):
            board.say(RunState(program, "host", program, program, status=1, error=f"no; not today{' or later' * 40}"))
    said, first, second = one.run("tw-status", "-q", check=1).stderr.splitlines()
    assert said == "tw-status: 2 things are wrong"
    assert [re.sub(r"\d+ s ago", "now", line) for line in (first, second)] == [
        f"  - host: {program} ended now with status 1: no; not today{' or later' * 40}" for program in ("tw-a", "tw-b")
    ]


def test_a_board_that_cannot_be_used_changes_no_run(operator: Start) -> None:
    one = operator(THREE)
    data = one.desk.home / ".local/share/netwar"
    data.mkdir(parents=True)
    (data / "board.sqlite").write_bytes(b"no database" * 1_000)
    (data / "perflog.sqlite").mkdir()
    one.queue([one.users()[0]["id"]])
    ended = one.run("tw-idu3elk", "three", check=0)
    assert "what this run does is not on the board: " in ended.stderr
    assert "what this run did is not in the perflog: " in ended.stderr
    assert one.run("tw-idu3elk", "three", "-q", check=0).stderr == ""
    assert "board.sqlite is damaged" in one.run("tw-status", check=69).stderr
    (data / "board.sqlite").unlink()
    (data / "archive" / "aaa.sqlite").write_bytes(b"x" * 9_000)
    for _ in range(2):
        assert ["aaa.sqlite is damaged" in wrong["text"] for wrong in status(one, check=1)["wrong"]] == [True]


def test_whoever_only_looks_leaves_nothing_on_the_board(operator: Start) -> None:
    one = operator(THREE)
    for program in (["tw-showwork"], ["tw-spend", "--no-ask"], ["tw-coverage", "nothing"], ["tw-search", "nothing", "x"]):
        one.run(*program, check=None)
    assert not (one.desk.home / ".local/share/netwar/board.sqlite").exists()


def test_hosts_that_share_a_redis_are_seen_together(desk: Desk, redis: Redis) -> None:
    settings: dict[str, Any] = redis.settings("redis-tls", next(DATABASES))
    boards = []
    for name in ("alpha", "beta"):
        config = desk.configure(path=desk.home / f"{name}.conf", data=desk.home / name, consumer_key="k", **settings)
        own = boarding.own_board(load(config), desk.home / name)
        board = own()
        board.say(RunState(name, name, "tw-stream", name, config=str(config), subject="brexit", counts={"tweets": 5}))
        board.say_host(HostState(name, str(desk.home / name), letters=len(name), free=10**12 if name == "beta" else 0))
        boards.append(board)
    boards[0].say(RunState("alpha", "alpha", "tw-stream", "alpha", subject="brexit", status=69, error="the archive is away"))
    told = json.loads(desk.run("tw-status", "--json", "--config", "beta.conf", check=1).stdout)
    assert [(run["host"], run["status"], run["lost"]) for run in told["runs"]] == [("alpha", 69, False), ("beta", None, False)]
    assert {host["host"] for host in told["hosts"]} >= {"alpha", "beta"}
    assert [wrong["key"].partition("/")[0] for wrong in told["wrong"]] == ["failed", "letters", "disk", "letters"]
    assert "ago with status 69" in told["wrong"][0]["text"]
    for board in boards:
        board.close()
    assert "1 run taken down" in desk.run("tw-status", "--forget", "--config", "beta.conf", check=0).stderr
    left = json.loads(desk.run("tw-status", "--json", "--config", "beta.conf", check=1).stdout)["runs"]
    assert [run["host"] for run in left] == ["beta"]


def test_figures_for_prometheus_and_statsd(operator: Start) -> None:
    one = operator(THREE)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as heard:
        heard.bind(("127.0.0.1", 0))
        statsd = f"127.0.0.1:{heard.getsockname()[1]}"
        one.desk.configure(one.sandbox.url, budget=10_000, maxcpu=100, maxmem=100, statsd=statsd)
        one.queue([user["id"] for user in one.users()])
        one.run("tw-idu3elk", "three")
        file = one.desk.home / "netwar.prom"
        one.run("tw-status", "-q", "--prometheus", file, check=0)
        heard.setblocking(False)
        lines = "".join(packet.decode() for packet in packets(heard)).splitlines()
    tweets = sum(len(one.truth(user["id"])) for user in one.users()[:3])
    counted = [re.fullmatch(r"netwar\.tweets\.recorded:(\d+)\|c", line) for line in lines]
    assert sum(int(one[1]) for one in counted if one) == tweets, "in parts, where the run took long"
    assert "netwar.runs.lost:0|g" in lines
    assert [line for line in lines if line.startswith("netwar.heartbeat:")]
    text = file.read_text()
    assert f"\nnetwar_tweets_total {tweets}\n" in text
    assert 'netwar_runs{state="lost"} 0' in text
    assert f'netwar_spent_today_dollars{{app="{short("sandbox-key")}"}} {one.spent() / 1e6:.15g}\n' in text
    names = re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)
    assert len(names) == len(set(names)), "what has one name stands together"
    if promtool := shutil.which("promtool"):
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


def packets(heard: socket.socket) -> Iterator[bytes]:
    """What has come."""
    with suppress(BlockingIOError):
        while True:
            yield heard.recv(65_536)


def test_on_a_terminal_each_look_is_drawn_where_the_one_before_was(operator: Start) -> None:
    _, seen = on_a_terminal(operator(THREE).desk, ["tw-status", "--watch", "1"], most=2000)
    before, *looks = seen.split(b"\x1b[H\x1b[J")
    assert (before, len(looks) > 1) == (b"", True), seen
    assert all(b"all is well" in look for look in looks[:-1]), seen


def test_it_is_shown_again_and_again_until_somebody_ends_it(operator: Start) -> None:
    one = operator(THREE)
    with one.desk.start("tw-status", "--json", "--watch", "1") as watching:
        assert watching.stdout
        first, second = (json.loads(watching.stdout.readline()) for _ in range(2))
        watching.terminate()
        assert watching.wait(60) == 143
    assert first["well"]
    assert second["at"] > first["at"]
    with one.desk.start("tw-status", "--watch", "1") as watching:
        assert watching.stdout
        assert watching.stderr
        assert "all is well" in watching.stdout.readline()
        watching.terminate()
        assert "\x1b" not in watching.stderr.read(), "a file is no screen"
        assert watching.wait(60) == 143
    one.queue([one.users()[0]["id"]])
    one.post("faults", {"kind": "unauthorized", "times": 0})
    failed = one.run("tw-idu3elk", "three", check=None)
    with one.desk.start("tw-status", "-q", "--watch", "1") as watching:
        assert watching.stderr
        said = watching.stderr.readline()
        time.sleep(2.5)
        watching.terminate()
        said += watching.stderr.read()
        assert watching.wait(60) == 143
    assert said.count(f" ago with status {failed.status}: ") == 1, "as a service says it: once a day, when it is found"

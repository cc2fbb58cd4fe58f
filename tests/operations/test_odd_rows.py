"""tw-status is the watchdog: a row that another user of a shared store has put there ends neither it nor what it tells."""

from __future__ import annotations

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from netwar.config import load
from netwar.queues.roster import Member
from netwar.queues.roster import written as roster_written
from tests.operator import THREE, Operator
from tests.randomly import SEED
from tests.rows import rows

ODD: tuple[Any, ...] = ("[]", "null", '{"dollars":"x"}', "[" * 5000, "\x1b]0;x\x07\nFORGED", b"\xff\xfe", float("inf"), -1)
BOARD = ["runs.said", "runs.kept", "hosts.said", "hosts.kept", "totals.number", "boots.beyond"]


def drawn(place: str, number: int) -> list[Any]:
    """So many of them for a place; others with the next seed."""
    return random.Random(f"{SEED} {place}").sample(ODD, number)


def put(operator: Operator, file: str, place: str, odd: object) -> None:
    table, column = place.split(".")
    with closing(sqlite3.connect(operator.desk.home / f".local/share/netwar/{file}.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = 1")
        assert db.execute(f"UPDATE {table} SET {column} = ?", (odd,)).rowcount


@pytest.fixture
def watched(operator: Callable[..., Operator]) -> Operator:
    """An operator who is told of what is wrong, with something in every store; a run of them was refused."""
    one = operator(THREE)
    note = one.desk.home / "notify"
    note.write_text('#!/bin/sh\necho "$1" >> told\n')
    note.chmod(0o755)
    config = one.desk.home / ".twitter"
    config.write_text(config.read_text() + f"notify = {note}\n")
    one.queue([user["id"] for user in one.users()])
    one.run("tw-idu3elk", "three")
    one.run("tw-idu3elk", "three", "--queue", "none", check=None)
    with closing(sqlite3.connect(one.desk.home / ".local/share/netwar/board.sqlite", isolation_level=None)) as db:
        db.execute("INSERT INTO hosts SELECT 'other', folder, said, kept FROM hosts LIMIT 1")
    return one


@rows("place", BOARD)
def test_an_odd_row_of_the_board_is_told_with_all_else(watched: Operator, place: str) -> None:
    kept = (file := watched.desk.home / ".local/share/netwar/board.sqlite").read_bytes()
    for odd in drawn(place, 3):
        put(watched, "board", place, odd)
        ended = watched.run("tw-status", "--json", "--prometheus", "figures", check=None)
        assert ended.status in (0, 1), (place, odd, ended.stderr)
        told = json.loads(ended.stdout)
        assert told["queues"], (place, odd)
        assert "netwar_" in (watched.desk.home / "figures").read_text()
        if place.endswith("kept"):
            assert any("cannot be read" in one for one in told["unknown"]), (place, odd)
            assert "cannot be read" in (watched.desk.home / "told").read_text()
            watched.run("tw-status", "--forget", check=0)
            assert not json.loads(watched.run("tw-status", "--json", check=None).stdout)["unknown"], (place, odd)
        assert "bug" not in watched.run("tw-idu3elk", "three", check=None).stderr
        for beside in ("-wal", "-shm"):
            file.with_name(f"{file.name}{beside}").unlink(missing_ok=True)
        file.write_bytes(kept)
        (watched.desk.home / "figures").unlink()


OTHERS = [
    "queues entries.queue",
    "queues entries.failures",
    "queues entries.reason",
    "queues entries.until",
    "queues boots.beyond",
]
ROSTER = ["members.kept", "rounds.number", "taken.at"]
OTHERS += [f"queues {column}" for column in ROSTER]
OTHERS += ["perflog perflog.run", "perflog perflog.date", "perflog perflog.event"]
OTHERS += ["meter charges.day", "meter charges.command", "meter charges.index", "meter charges.micro", "meter boots.beyond"]
LOOKS = {  # who opens which store; the others would find nothing odd there
    "queues": ["tw-status", "tw-showwork --json", "tw-failed work", "tw-showmywork three"],
    "perflog": ["tw-perflog --last 9"],
    "meter": ["tw-status", "tw-spend --no-ask", "tw-showmywork three"],
}
TRACKS = ["tw-tracklists three --estimate", "tw-tracklists three"]


def listed(one: Operator, db: sqlite3.Connection) -> None:
    """Have a member on the roster of the account, whose first round has begun."""
    roster = f"{load(one.desk.home / '.twitter').observer}:three"
    db.execute("INSERT OR REPLACE INTO members VALUES (?, '1', ?)", (roster, roster_written(Member("1", 5, ("7",)))))
    db.execute("INSERT OR REPLACE INTO rounds VALUES (?, 1, 5, 1)", (roster,))
    db.execute("INSERT OR REPLACE INTO taken VALUES (?, 'relist', 1.0)", (roster,))


@rows("place", OTHERS)
def test_an_odd_row_of_another_store_is_a_sentence_and_the_rest_is_told(watched: Operator, place: str) -> None:
    name, column = place.split()
    file = watched.desk.home / f".local/share/netwar/{name}.sqlite"
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        if name == "queues":
            failed = "INSERT OR REPLACE INTO entries (queue, user, state, queued, failures, reason) VALUES "
            db.execute(f"{failed}('work', '1', 'failed', 1.0, 5, 'why')")
            lease = "INSERT OR REPLACE INTO entries (queue, user, state, queued, failures, token, holder, until) VALUES "
            db.execute(f"{lease}('work', '2', 'claimed', 1.0, 1, 't', 'h', 1795990000.0)")
            listed(watched, db)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = file.read_bytes()
    for odd in drawn(place, 2):
        put(watched, name, column.replace("index", '"index"'), odd)
        for words in [*LOOKS[name], *(TRACKS if column in ROSTER else [])]:
            ended = watched.run(*words.split(), check=None)
            assert "bug in the program" not in ended.stderr, (words, odd, ended.stderr)
        watched.run("tw-status", "--json", "--prometheus", "figures", check=None)
        assert "netwar_" in (watched.desk.home / "figures").read_text()
        for beside in ("-wal", "-shm"):
            file.with_name(f"{file.name}{beside}").unlink(missing_ok=True)
        file.write_bytes(kept)


@rows("name", ["queues", "meter", "streams"])
def test_a_store_that_cannot_be_opened_is_told_with_all_else(watched: Operator, name: str) -> None:
    for beside in (file := watched.desk.home / f".local/share/netwar/{name}.sqlite").parent.glob(f"{file.name}*"):
        beside.replace(beside.with_name(f"away-{beside.name}"))
    os.mkfifo(file)
    told = json.loads(watched.run("tw-status", "--json", "--prometheus", "figures", check=1).stdout)
    assert told["runs"]
    assert any("is no plain file" in one for one in told["unknown"])
    assert bool(told["money"]) == (name != "meter")
    assert bool(told["queues"]) == (name != "queues")
    assert "netwar_" in (watched.desk.home / "figures").read_text()
    (watched.desk.home / "figures").unlink()
    file.unlink()
    for away in file.parent.glob("away-*"):
        away.replace(away.with_name(away.name.removeprefix("away-")))


@contextmanager
def something_else() -> Iterator[str]:
    """What answers as an Elasticsearch would, and then with something else, whatever it is asked; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = b'{"version": {"number": "7.10.2"}, "other": 5}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        (thread := Thread(target=server.serve_forever, args=(0.01,))).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_server_that_answers_otherwise_than_it_should_leaves_all_else_as_it_is(watched: Operator) -> None:
    config = watched.desk.home / ".twitter"
    with something_else() as address:
        config.write_text(f"{config.read_text()}elksg = {address}\n")
        told = json.loads(watched.run("tw-status", "--json", "--prometheus", "figures", check=1).stdout)
    assert told["queues"]
    assert any(one.startswith("coverage: what answers there cannot be understood") for one in told["unknown"])
    assert "netwar_" in (watched.desk.home / "figures").read_text()
    assert "coverage: what answers there" in (watched.desk.home / "told").read_text()

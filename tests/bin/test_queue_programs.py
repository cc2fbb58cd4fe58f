"""tw-quser2work, tw-showwork, tw-wipework: a queue filled, looked at and emptied, as an operator does it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime

import pytest

from netwar.connections.runs import Run
from netwar.queues.base import MAX_FAILURES, UserFailed
from netwar.queues.sqlite import SqliteQueue
from tests.desk import Desk
from tests.rows import rows
from tests.terminals import on_a_terminal, shown


@pytest.fixture(autouse=True)
def configuration(desk: Desk) -> None:
    desk.configure(data=desk.home / "data")


def queue(desk: Desk, name: str = "work") -> SqliteQueue:
    return SqliteQueue(desk.home / "data" / "queues.sqlite", name, Run(desk.home / "data" / "runs"))


def fail(work: SqliteQueue, user: str, reason: str) -> None:
    work.put([user])
    for _ in range(MAX_FAILURES):
        claim = work.take(1)
        assert claim
        assert claim.user == user
        with claim:
            raise UserFailed(reason)


def test_a_file_of_users_is_queued(desk: Desk) -> None:
    (desk.home / "users.txt").write_bytes(b"\xef\xbb\xbf@BBC\r\n44196397\r\n\r\n# note\r\nhttps://x.com/bbc\r\n@5\r\n")
    ended = desk.run("tw-quser2work", "users.txt", check=0)
    outcome = ended.stderr.strip()
    assert outcome.endswith("3 of 4 users added to work (the others are on it already, or were named twice), 3 waiting")
    assert ended.stdout == ""
    assert desk.run("tw-showwork", "--names").stdout.split() == ["bbc", "44196397", "@5"]


def test_standard_input_and_another_queue(desk: Desk) -> None:
    desk.run("tw-quser2work", "-", "--queue", "usertest", input="a\nb\n", check=0)
    assert desk.run("tw-showwork", "--queue", "usertest", check=0).stdout == "usertest: 2 waiting, 0 claimed, 0 failed\n"
    assert desk.run("tw-showwork", check=0).stdout == "work: 0 waiting, 0 claimed, 0 failed\n"


def test_what_is_shown_can_be_queued_again(desk: Desk) -> None:
    desk.run("tw-quser2work", "-", input="BBC\n@5\n44196397\nx.com/i/user/969668587731456000\n", check=0)
    names = desk.run("tw-showwork", "--names", check=0).stdout
    ended = desk.run("tw-quser2work", "-", input=names, check=0)
    assert "0 of 4 users added to work (the others are on it already, or were named twice), 4 waiting" in ended.stderr


def test_lines_that_name_no_user_are_listed_and_the_rest_is_queued(desk: Desk) -> None:
    (desk.home / "users.csv").write_text("bbc\n1.23457E+18\n1349149096909660000\n" + "x" * 200 + "\nnews\n")
    ended = desk.run("tw-quser2work", "-q", "users.csv", check=1)
    told = ended.stderr.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in told[:3]] == ["line 2", "line 3", "line 4"]
    assert told[3].startswith("tw-quser2work: 2 of 2 users added to work, 2 waiting; lines that name no user")
    assert len(told) == 4
    assert len(queue(desk)) == 2


@rows("content", ["", "\n\n# nobody\n"])
def test_a_file_without_users_is_no_error(desk: Desk, content: str) -> None:
    ended = desk.run("tw-quser2work", "-", input=content, check=0)
    assert "names no users" in ended.stderr


def test_a_binary_file_queues_nothing(desk: Desk) -> None:
    (desk.home / "users.xlsx").write_bytes(b"PK\x03\x04\x14\x00\x06\x00" + b"bbc\n" * 100)
    ended = desk.run("tw-quser2work", "users.xlsx", check=1)
    assert ended.stderr.startswith("tw-quser2work: users.xlsx: this is not a text file")
    assert "Traceback" not in ended.stderr
    assert len(queue(desk)) == 0


def test_a_file_that_is_not_there_is_a_usage_error(desk: Desk) -> None:
    told = desk.run("tw-quser2work", "@nasa", check=2).stderr
    assert told.endswith("no file @nasa; for one user: echo @nasa | tw-quser2work -\n")
    assert "for one user" in desk.run("tw-quser2work", "x" * 300, check=2).stderr, "too long for the name of a file"
    for path in ("/home/x/nonexist.txt", "names.txt", "users/nasa"):
        assert desk.run("tw-quser2work", path, check=2).stderr.endswith(f"no file {path}\n")
    told = desk.run("tw-quser2work", "nasa", "--queue", "my own", check=2).stderr
    assert told.endswith("no file nasa; for one user: echo nasa | tw-quser2work - --queue 'my own'\n")
    told = desk.run("tw-quser2work", "--queue", "nasa", "nasa", "--queue", "nasa", check=2).stderr
    assert told.endswith("echo nasa | tw-quser2work --queue nasa - --queue nasa\n"), "which is no name of a file"
    told = desk.run("tw-file2filt", "author", "author", "--index", "brexit", check=2).stderr
    assert told.endswith("no file author; for one user: echo author | tw-file2filt author - --index brexit\n")
    (desk.home / "folder").mkdir()
    assert "Is a directory" in desk.run("tw-quser2work", "folder", check=2).stderr
    assert not (desk.home / "data").exists()


def test_one_user_and_a_heading(desk: Desk) -> None:
    ended = desk.run("tw-quser2work", "-", input="username\nnasa\n", check=1)
    assert "line 1: username: this is the heading of a table" in ended.stderr
    assert "1 of 1 user added to work, 1 waiting" in ended.stderr
    assert desk.run("tw-showwork", "--names").stdout == "nasa\n"


def test_users_are_removed_and_printed_but_not_one_who_is_worked_on(desk: Desk) -> None:
    work = queue(desk)
    fail(work, "5", "no")
    work.put(["1"])
    work.take(1)
    work.put(["nasa", "2", "@7"])
    ended = desk.run("tw-dequeue", "@NASA", "5", "@7", "x.com/nasa", check=0)
    assert ended.stdout == "removed\tnasa\twaiting\nremoved\t5\tfailed\nremoved\t@7\twaiting\n"
    assert "3 users removed from work, 1 waiting" in ended.stderr
    ended = desk.run("tw-dequeue", "1", "2", "nasa", check=1)
    assert ended.stdout == "removed\t2\twaiting\n"
    assert "1 user removed from work, 0 waiting; not on it: nasa; being recorded now, and left: 1 (" in ended.stderr
    assert [claim.user for claim in work.claimed()] == ["1"]
    assert "letters a-z" in desk.run("tw-dequeue", "n@sa", check=2).stderr


def test_claims_and_failures_are_shown(desk: Desk) -> None:
    work = queue(desk)
    fail(work, "5", "profile\nunreadable")
    work.put(["1", "2"])
    claim = work.take(1)
    assert claim
    assert claim.also("@7")
    head, claimed, failed = desk.run("tw-showwork", check=0).stdout.splitlines()
    assert head == "work: 1 waiting, 1 claimed, 1 failed"
    assert claimed.startswith("claimed  1 ")
    assert "UTC by " in claimed
    assert claimed.endswith(", also @7"), "who is queued by name is held by id, too, and is one user"
    assert failed.split(maxsplit=2)[1:] == ["5", f"{MAX_FAILURES} times: profile unreadable"]
    told = json.loads(desk.run("tw-showwork", "--json", check=0).stdout)
    assert (told["queue"], told["waiting"]) == ("work", 1)
    assert [(held["user"], held["also"]) for held in told["claimed"]] == [("1", ["@7"])]
    assert abs(datetime.fromisoformat(told["claimed"][0]["until_utc"]).timestamp() - told["claimed"][0]["until"]) < 0.001
    assert told["failed"] == [{"user": "5", "reason": "profile\nunreadable", "times": MAX_FAILURES}]


def test_a_terminal_has_a_table_of_claims_and_failures(desk: Desk) -> None:
    work = queue(desk)
    fail(work, "5", "profile\nunreadable")
    work.put(["1", "2"])
    assert work.take(1)
    head, heading, claimed, failed = shown(desk, "tw-showwork", columns=120)
    assert head == "work: 1 waiting, 1 claimed, 1 failed"
    assert heading.split() == ["STATE", "USER", "UNTIL", "(UTC)", "HOST", "RUN", "TIMES", "ALSO", "REASON"]
    assert claimed.split()[:2] == ["claimed", "1"]
    assert failed.split() == ["failed", "5", "-", "-", "-", str(MAX_FAILURES), "-", "profile", "unreadable"]


def test_csv_has_everybody_on_the_queue(desk: Desk) -> None:
    work = queue(desk)
    fail(work, "5", "profile, unreadable")
    work.put(["1", "2", "x.com/i/user/969668587731456000"])
    claim = work.take(1)
    assert claim
    rows = list(csv.DictReader(desk.run("tw-showwork", "--csv", check=0).stdout.splitlines()))
    assert [row["state"] for row in rows] == ["waiting", "waiting", "claimed", "failed"]
    assert {row["user"] for row in rows[:3]} == {"1", "2", "x.com/i/user/969668587731456000"}
    assert datetime.fromisoformat(rows[2]["until"]) > datetime.now(UTC)
    assert (rows[3]["times"], rows[3]["reason"]) == (str(MAX_FAILURES), "profile, unreadable")


def test_names_have_one_form(desk: Desk) -> None:
    for form in ("--json", "--csv"):
        assert f"--names and {form} ask for different things" in desk.run("tw-showwork", "--names", form, check=2).stderr


def test_wiping_without_a_terminal_needs_yes_and_says_what_would_go(desk: Desk) -> None:
    work = queue(desk)
    fail(work, "5", "no")
    work.put(["1", "2", "3"])
    assert work.take(1).also("@7")
    refused = desk.run("tw-wipework", check=2)
    assert "2 waiting, 1 claimed and 1 failed user would be removed from work" in refused.stderr
    assert len(work) == 2
    wiped = desk.run("tw-wipework", "--yes", check=0)
    assert "2 waiting, 1 claimed and 1 failed user removed from work" in wiped.stderr
    assert (len(work), work.claimed(), work.failed()) == (0, [], [])


def test_an_empty_queue_is_wiped_without_a_question(desk: Desk) -> None:
    assert "work is empty" in desk.run("tw-wipework", check=0).stderr


@rows(("answer", "left"), [("y\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
def test_at_a_terminal_wiping_asks_first(desk: Desk, answer: str, left: int) -> None:
    queue(desk).put(["1"])
    status, seen = on_a_terminal(desk, ["tw-wipework"], typed=answer)
    assert status == 0
    assert (b"nothing removed" in seen) == bool(left)
    assert b"Aborted" not in seen
    assert len(queue(desk)) == left

"""tw-lists, tw-listmembers, tw-listlog and tw-quser2work --list, each a process against a sandbox, and what is in the store."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from contextlib import closing
from io import StringIO

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.lists.membership import ListLog, ListState
from tests.operator import ALL_OPEN, Operator

WORLD = f"""
[world]
users = 60
{ALL_OPEN}
[[users]]
name = "observer"
[[users]]
name = "other"
[[users]]
state = "suspended"
[[lists]]
name = "NSCE Brexit"
members = {{ first = 2, count = 30 }}
[[lists]]
name = "Mine"
private = true
members = [4, 5]
[[lists]]
name = "Twins"
members = [4]
[[lists]]
name = "twins!"
members = [5]
[[lists]]
owner = "other"
name = "Astronauts"
members = [6, 7, 8]
[[lists]]
owner = "other"
name = "Hidden"
private = true
members = [6]
"""


@pytest.fixture
def one(operator: Callable[..., Operator]) -> Operator:
    return operator(WORLD)


def list_id(one: Operator, name: str) -> str:
    return next(told["id"] for told in json.loads(one.get("truth/lists")) if told["name"] == name)


def members(one: Operator, name: str) -> list[tuple[str, str]]:
    """Who is shown on it: id and name."""
    told = json.loads(one.get(f"truth/lists/{list_id(one, name)}"))["members"]
    return [(member["id"], member["name"]) for member in told if member["state"] == "active"]


def test_the_lists_of_the_account_and_of_others(one: Operator) -> None:
    ended = one.run("tw-lists")
    rows = [line.split("\t") for line in ended.stdout.splitlines()]
    assert [row[1:] for row in rows] == [
        ["twins", "twins!", "1", ""],
        ["twins", "Twins", "1", ""],
        ["mine", "Mine", "2", "private"],
        ["nsce-brexit", "NSCE Brexit", "30", ""],
    ]
    assert "4 lists of the account for $0.020" in ended.stderr
    told = map(json.loads, one.run("tw-lists", "--json").stdout.splitlines())
    assert [each["private"] for each in told] == [False, False, True, False]
    shown = [json.loads(line) for line in one.run("tw-lists", "other", "--json").stdout.splitlines()]
    assert shown == [
        {"id": list_id(one, "Astronauts"), "slug": "astronauts", "name": "Astronauts", "members": 3, "private": False}
    ]
    assert one.spent() == one.bill()["micro"] == 5 * 5_000 + 10_000
    [row] = csv.DictReader(StringIO(one.run("tw-lists", one.users()[1]["id"], "--csv").stdout))
    assert row["slug"] == "astronauts"
    refused = one.run("tw-lists", one.users()[2]["id"], check=1)
    assert "X does not show the lists of" in refused.stderr
    assert "suspended" in refused.stderr


def test_who_is_on_a_list_by_slug_id_and_address(one: Operator) -> None:
    ended = one.run("tw-listmembers", "nsce-brexit", "--yes")
    assert [tuple(line.split("\t")) for line in ended.stdout.splitlines()] == members(one, "NSCE Brexit")
    assert "members of list nsce-brexit" in ended.stderr, "what it costs is said"
    assert "29 members of list nsce-brexit" in ended.stderr
    assert "(X counts 30) for $0.290; documents: 29 new, 0 updated" in ended.stderr
    assert one.select("usertest", "SELECT count(*) FROM users") == [(29,)]
    theirs = list_id(one, "Astronauts")
    for given in (theirs, f"https://x.com/i/lists/{theirs}"):
        assert len(one.run("tw-listmembers", given, "--yes").stdout.splitlines()) == 3
    assert one.spent() == one.bill()["micro"]
    assert one.run("tw-listmembers", "NSCE Brexit", "--yes", "--json").stdout.count("\n") == 29


def test_a_list_that_is_not_meant_clearly_or_not_shown(one: Operator) -> None:
    told = one.run("tw-listmembers", "nothing", "--yes", check=1).stderr
    assert "the account has no list nothing (there are twins, twins, mine, nsce-brexit); tw-lists shows them" in told
    assert "twins is the name of 2 lists: name its id," in one.run("tw-listmembers", "twins", "--yes", check=1).stderr
    assert "gone (" in one.run("tw-listmembers", list_id(one, "Hidden"), "--yes", check=1).stderr


def test_the_price_is_agreed_to_before_anything_is_spent(operator: Callable[..., Operator]) -> None:
    one = operator(WORLD, budget=0.2)
    refused = one.run("tw-listmembers", "nsce-brexit", check=77)
    assert "members of list nsce-brexit" in refused.stderr
    assert "up to $0.30" in refused.stderr
    assert "say --yes to read as much of it as the budget allows" in refused.stderr
    assert one.bill()["billed"]["user"] == 0
    assert one.run("tw-listmembers", "mine").stdout.count("\n") == 2, "the budget covers it"


def test_a_list_that_is_not_read_to_its_end_says_so(one: Operator) -> None:
    one.post("faults", {"kind": "short-page", "endpoint": "/2/lists/:id/members", "keep": 10, "times": 0})
    one.post("faults", {"kind": "server-error", "endpoint": "/2/lists/:id/members", "after": 1, "times": 0})
    ended = one.run("tw-quser2work", "--list", "nsce-brexit", "--yes", check=1)
    assert "the list was not read to its end: X answered with status 503" in ended.stderr
    assert len(one.work()["waiting"] if isinstance(one.work()["waiting"], list) else []) in (0, 9, 10)
    assert one.run("tw-showwork", "--names").stdout.count("\n") in (9, 10), "those who came are on the queue"


def test_the_members_of_a_list_onto_the_queue(one: Operator) -> None:
    ended = one.run("tw-quser2work", "--list", "nsce-brexit", "--yes", "--queue", "weekly")
    assert "29 added to weekly, 29 waiting" in ended.stderr
    waiting = one.run("tw-showwork", "--queue", "weekly", "--names").stdout.split()
    assert waiting == [user for user, _ in members(one, "NSCE Brexit")]
    assert "0 added to weekly" in one.run("tw-quser2work", "--list", "nsce-brexit", "--yes", "--queue", "weekly").stderr
    for words in ([], ["-", "--list", "mine"]):
        assert "one of them" in one.run("tw-quser2work", *words, check=2).stderr


def test_the_history_of_lists(one: Operator) -> None:
    assert "there is no index brexit" in one.run("tw-listlog", "brexit", check=1).stderr
    users = [user["id"] for user in one.users()]
    data = one.desk.home / ".local" / "share" / "netwar"
    with closing(SqliteArchive(data / "archive", data / "dead-letters")) as archive:
        first, second = (ListLog(archive, "twbrexit", list_id) for list_id in ("7", "8"))
        first.add(users[:3], 1_790_000_000_000)
        second.add(users[2:4], 1_790_000_060_000)
        first.remove(users[1:2], 1_790_000_120_000, "not shown")
        first.change(lambda state: ListState("NSCE Brexit", trouble="private", since=1_790_000_120_000))
    shown = one.run("tw-listlog", "brexit")
    rows = [line.split("\t") for line in shown.stdout.splitlines()]
    assert [(row[1], row[2], row[3]) for row in rows] == [
        *(("nsce-brexit", "+", user) for user in users[:3]),
        *(("8", "+", user) for user in users[2:4]),
        ("nsce-brexit", "-", users[1]),
    ]
    assert "5 put on and 1 taken off 2 lists; 3 users on now; list nsce-brexit is private since 2026-09-21" in shown.stderr
    for given in ("nsce-brexit", "7", "NSCE Brexit"):
        assert len(one.run("tw-listlog", "brexit", given, "--json").stdout.splitlines()) == 4
    told = json.loads(one.run("tw-listlog", "brexit", "7", "--json").stdout.splitlines()[-1])
    assert (told["change"], told["id"], told["why"], told["time"]) == ("-", users[1], "not shown", "2026-09-21T14:15:20.000Z")
    one.queue(users[:1])
    one.run("tw-idu3elk", "other")
    assert "no list is followed into other" in one.run("tw-listlog", "other", check=1).stderr
    assert "no list 9 is followed; there are nsce-brexit, 8" in one.run("tw-listlog", "brexit", "9", check=1).stderr

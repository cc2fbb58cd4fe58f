"""tw-indices against what is known to be recorded."""

from __future__ import annotations

import csv
import json
import os
import shutil
from typing import Any

from tests.desk import Desk
from tests.operator import Recorded
from tests.terminals import on_a_terminal


def rows(recorded: Recorded) -> list[dict[str, Any]]:
    return [json.loads(line) for line in recorded.run("tw-indices", "--json").stdout.splitlines()]


def test_each_index_is_told_with_how_much_is_in_it(recorded: Recorded) -> None:
    tweets = [json.loads(line) for line in recorded.run("tw-search", "shown", "--json").stdout.splitlines()]
    users = recorded.run("tw-search", "shown", "--users").stdout.splitlines()
    [row] = [row for row in rows(recorded) if row["index"] == "shown"]
    assert (row["tweets"], row["users"]) == (len(tweets), len(users))
    assert [row["first"][:19], row["last"][:19]] == [tweets[at]["created_at"][:19] for at in (-1, 0)]
    assert row["bytes"] >= (recorded.desk.home / ".local/share/netwar/archive/shown.sqlite").stat().st_size


def test_rows_for_programs_say_the_same(recorded: Recorded) -> None:
    [told] = rows(recorded)
    assert recorded.run("tw-indices").stdout == "\t".join(map(str, told.values())) + "\n"
    [row] = csv.DictReader(recorded.run("tw-indices", "--csv").stdout.splitlines())
    assert row == {key: str(value) for key, value in told.items()}


def test_columns_for_people(recorded: Recorded) -> None:
    [told] = rows(recorded)
    status, seen = on_a_terminal(recorded.desk, ["tw-indices"], {"TERM": "dumb"})
    heading, row, outcome = seen.decode().splitlines()
    assert status == 0
    assert row[heading.index("FIRST") :].split("  ") == [told[key][:16].replace("T", " ") for key in ("first", "last")]
    assert outcome.startswith(f"1 index: {told['tweets']:,} tweets, {told['users']:,} users, ")


def test_one_that_cannot_be_read_keeps_no_other_from_being_told(desk: Desk, recorded: Recorded) -> None:
    desk.configure(data="data")
    shutil.copytree(recorded.desk.home / ".local/share/netwar/archive", desk.home / "data/archive")
    (desk.home / "data/archive/aaa.sqlite").write_bytes(os.urandom(9000))
    ended = desk.run("tw-indices", "--csv", check=1)
    assert ended.stdout.splitlines()[1].startswith("shown,")
    assert ended.stderr.startswith("tw-indices: 1 index: ")
    assert "aaa.sqlite is damaged" in ended.stderr


def test_nothing_is_recorded_yet(desk: Desk) -> None:
    desk.configure()
    ended = desk.run("tw-indices", check=0)
    assert (ended.stdout, ended.stderr.split(" ", 1)[1]) == ("", "0 indices: 0 tweets, 0 users, 0 bytes\n")

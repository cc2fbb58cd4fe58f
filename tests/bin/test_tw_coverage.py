"""tw-coverage: what is known to be complete, and what is missing."""

from __future__ import annotations

import csv
import json
from contextlib import closing
from datetime import datetime

import pytest

from netwar.archive.sqlite.store import SqliteArchive
from netwar.coverage import Record, Renamed, Span, Stretch
from tests.desk import Desk
from tests.operator import Recorded
from tests.terminals import shown


def test_every_user_has_a_line(recorded: Recorded) -> None:
    ended = recorded.run("tw-coverage", "shown")
    active, silent, suspended, _ = recorded.everybody
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in ended.stdout.splitlines()}
    assert lines[f"{active['id']} {active['name']}"][:2] == ["complete", "60 tweets"]
    assert lines[f"{silent['id']} {silent['name'].lower()}"][:2] == ["empty", "0 tweets"]
    assert lines[f"@{suspended['name'].lower()}"][0] == "suspended"
    assert len(lines) == 3
    assert "3 users in twshown: 1 complete, 1 empty, 1 suspended" in " ".join(sorted(ended.stderr.splitlines()))


def test_one_user_by_number_or_name(recorded: Recorded) -> None:
    user = recorded.user
    told = recorded.run("tw-coverage", "shown", user["id"]).stdout
    assert f"covered  0 < id <= {recorded.truth(user['id'])[0]}" in told
    assert "X's profile counts 60 tweets" in told
    for name in (user["name"], user["name"].upper(), "@" + user["name"]):
        assert recorded.run("tw-coverage", "shown", name).stdout == told


def test_json_keeps_ids_as_text(recorded: Recorded) -> None:
    record = json.loads(recorded.run("tw-coverage", "shown", recorded.user["id"], "--json").stdout)
    newest = recorded.truth(recorded.user["id"])[0]
    assert record["spans"] == [{"low": "0", "high": str(newest), "posts": 60}]
    assert (record["gaps"], record["lost"], record["outcome"]) == ([], [], "complete")
    assert datetime.fromisoformat(record["asked_utc"]).timestamp() * 1000 == record["asked"]
    assert record["refreshed_utc"] is None


def test_who_is_not_known(recorded: Recorded) -> None:
    ended = recorded.run("tw-coverage", "shown", recorded.everybody[3]["name"], check=1)
    assert ended.stderr == f"tw-coverage: nothing is known of {recorded.everybody[3]['name']} in twshown\n"
    assert "there is no index other" in recorded.run("tw-coverage", "other", check=1).stderr


NOON = 1_795_780_800_000  # 2026-11-27 12:00 UTC
RECORDS = [
    Record("11", "zoe", "complete", asked=NOON, counted=5, spans=(Span(0, 9, 5),)),
    Record("12", "Anna", "complete", asked=NOON + 60_000, spans=(Span(5, 9, 1000),), renamed=(Renamed("ann", "Anna", NOON),)),
    Record("13", "bob", "partial", asked=NOON - 60_000, spans=(Span(5, 9, 2),), lost=(Stretch(0, 5),)),
    Record("14", "carl", "complete", asked=NOON - 9_000, counted=3000, spans=(Span(0, 9, 2000),)),
    Record("15", None, None, spans=(Span(5, 9, 1),)),
    Record("16", "dora", "empty", asked=NOON),
    Record("@gone", None, "gone", "User not found.", asked=NOON),
]
WHOLE = {"11", "16"}


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """A desk whose ledger has timelines of all kinds."""
    desk.configure(data=desk.home / "data")
    with closing(SqliteArchive(desk.home / "data" / "archive", desk.home / "data" / "dead-letters")) as archive:
        for record in RECORDS:
            archive.change("twkinds", record.user, lambda _, record=record: record)  # type: ignore[misc]
    return desk


def listed(desk: Desk, *options: str) -> list[str]:
    """Ids, or names where X knew none, in the order of the table."""
    rows = list(csv.DictReader(desk.run("tw-coverage", "kinds", *options, "--csv", check=0).stdout.splitlines()))
    return [row["id"] or "@" + row["name"] for row in rows]


def test_a_terminal_has_a_column_for_ids_and_one_for_names(kept: Desk) -> None:
    told = shown(kept, "tw-coverage", "kinds", columns=200)
    assert told[0].split() == ["ID", "NAME", "OUTCOME", "TWEETS", "ASKED", "(UTC)", "REMARKS"]
    rows = {line.split()[1]: line.split() for line in told[1:8]}
    assert rows["zoe"] == ["11", "zoe", "complete", "5", "2026-11-27", "12:00"]
    assert rows["Anna"][:4] == ["12", "Anna", "complete", "1,000"]
    assert rows["-"][:5] == ["15", "-", "unfinished", "1", "never"]
    assert rows["gone"][:3] == ["-", "gone", "gone"]
    assert told[8].startswith("7 users in twkinds: 3 complete, ")


def test_a_terminal_shows_one_user_in_full(kept: Desk) -> None:
    told = shown(kept, "tw-coverage", "kinds", "bob")
    assert told[0].startswith("ID  NAME  OUTCOME")
    assert told[-2:] == [
        "  covered  5 < id <= 9 (id 5 to id 9): 2 tweets",
        "  lost     0 < id <= 5 (the first to id 5): X no longer serves it",
    ]


def test_a_pipe_is_as_it_was(kept: Desk) -> None:
    told = kept.run("tw-coverage", "kinds", check=0).stdout.splitlines()
    assert told[0] == "11 zoe\tcomplete\t5 tweets\t2026-11-27 12:00\t"
    assert told[-1] == "@gone\tgone\t0 tweets\t2026-11-27 12:00\tUser not found."


def test_sorted_by_name_or_by_time(kept: Desk) -> None:
    assert listed(kept, "--sort", "name") == ["12", "13", "14", "16", "@gone", "11", "15"]
    by_time = listed(kept, "--sort", "time")
    assert (by_time[0], by_time[-3:]) == ("12", ["14", "13", "15"])


def test_only_who_is_not_complete(kept: Desk) -> None:
    assert set(listed(kept, "--missing")) == {record.user for record in RECORDS} - WHOLE
    assert "5 users in twkinds not known to be complete: 2 complete, " in kept.run("tw-coverage", "kinds", "--missing").stderr


def test_a_summary_adds_up(kept: Desk) -> None:
    lines = kept.run("tw-coverage", "kinds", "--summary", "--json", check=0).stdout.splitlines()
    outcomes = {one["outcome"]: one for one in map(json.loads, lines)}
    assert outcomes["complete"] == {
        "outcome": "complete",
        "users": 3,
        "tweets": 3005,
        "complete": 1,
        "asked": "2026-11-27T12:01:00.000Z",
    }
    assert outcomes["unfinished"]["asked"] is None
    assert sum(one["users"] for one in outcomes.values()) == len(RECORDS)
    told = shown(kept, "tw-coverage", "kinds", "--summary")
    assert told[-2].split() == ["total", "7", "3,008", "2", "2026-11-27", "12:01"]
    assert kept.run("tw-coverage", "kinds", "--summary").stdout.splitlines()[0].split("\t")[:4] == ["complete", "3", "3005", "1"]


def test_times_in_json_are_iso_too(kept: Desk) -> None:
    [record] = map(json.loads, kept.run("tw-coverage", "kinds", "Anna", "--json", check=0).stdout.splitlines())
    assert record["renamed"] == [{"old": "ann", "new": "Anna", "at": NOON, "at_utc": "2026-11-27T12:00:00.000Z"}]
    assert (record["asked"], record["asked_utc"]) == (NOON + 60_000, "2026-11-27T12:01:00.000Z")


def test_what_goes_with_all_users_does_not_go_with_one(kept: Desk) -> None:
    for option in (["--missing"], ["--summary"], ["--sort", "name"]):
        assert "leave USER out" in kept.run("tw-coverage", "kinds", "bob", *option, check=2).stderr
    assert "shows no users" in kept.run("tw-coverage", "kinds", "--summary", "--sort", "name", check=2).stderr

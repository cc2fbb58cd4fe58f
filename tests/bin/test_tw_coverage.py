"""tw-coverage: what is known to be complete, and what is missing."""

from __future__ import annotations

import json

from tests.bin.conftest import Recorded


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
    shown = recorded.run("tw-coverage", "shown", user["id"]).stdout
    assert f"covered  0 < id <= {recorded.truth(user['id'])[0]}" in shown
    assert "X's profile counts 60 tweets" in shown
    for name in (user["name"], user["name"].upper(), "@" + user["name"]):
        assert recorded.run("tw-coverage", "shown", name).stdout == shown


def test_json_keeps_ids_as_text(recorded: Recorded) -> None:
    record = json.loads(recorded.run("tw-coverage", "shown", recorded.user["id"], "--json").stdout)
    newest = recorded.truth(recorded.user["id"])[0]
    assert record["spans"] == [{"low": "0", "high": str(newest), "posts": 60}]
    assert (record["gaps"], record["lost"], record["outcome"]) == ([], [], "complete")


def test_who_is_not_known(recorded: Recorded) -> None:
    ended = recorded.run("tw-coverage", "shown", recorded.everybody[3]["name"], check=1)
    assert ended.stderr == f"tw-coverage: nothing is known of {recorded.everybody[3]['name']} in twshown\n"
    assert "there is no index other" in recorded.run("tw-coverage", "other", check=1).stderr

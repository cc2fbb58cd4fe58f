"""tw-idu3elk --user: one user recorded without a queue, with all that a queue promises, and nothing left behind."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.desk import BIN
from tests.operator import THREE, Operator
from tests.timelines.test_killed import KILLER

pytestmark = pytest.mark.long

Begin = Callable[..., Operator]
EMPTY = {"queue": "work", "waiting": 0, "claimed": [], "failed": []}


def whole(one: Operator, index: str, user: str) -> None:
    """The user is recorded, nobody is on the queue, and the bill is paid."""
    assert one.recorded(index, user) == set(one.truth(user))
    assert one.coverage(index)[user]["outcome"] == "complete"
    assert one.work() == EMPTY
    assert one.spent() == one.bill()["micro"]


def test_users_are_recorded_without_a_queue(operator: Begin, stores: dict[str, object]) -> None:
    one = operator(THREE, **stores)
    first, second, _, suspended, gone = one.users()[:5]
    given = ["--user", f"@{first['name']}", "--user", second["id"], "--user", suspended["id"], "--user", gone["name"]]
    ended = one.run("tw-idu3elk", "named", *given, check=1)
    assert "twnamed: 4 users done, 130 tweets read" in ended.stderr
    assert f"; {suspended['id']} is not available: suspended (User has been suspended: [{suspended['id']}].)" in ended.stderr
    whole(one, "named", first["id"])
    whole(one, "named", second["id"])
    outcomes = {record["outcome"] for record in one.coverage("named").values()}
    assert outcomes == {"complete", "suspended", "gone"}
    assert "letters a-z" in one.run("tw-idu3elk", "named", "--user", "no/body", check=2).stderr


def test_who_is_not_to_be_had_is_named_with_what_x_says(operator: Begin) -> None:
    one = operator(THREE)
    told = one.run("tw-idu3elk", "typo", "--user", "NoSuchUser", "--user", one.users()[1]["name"], check=1).stderr
    said = "Could not find user with usernames: [nosuchuser]."
    assert f"1 gone, 1 complete; nosuchuser is not available: gone ({said})" in told
    one.queue(["nosuchuser2"])
    assert "1 gone" in one.run("tw-idu3elk", "typo").stderr, "of a queue that is nothing out of the way"


def test_a_user_who_is_named_twice_counts_once(operator: Begin, stores: dict[str, object]) -> None:
    one = operator(THREE, **stores)
    user = one.users()[0]
    for spelled in ((user["name"], user["name"].upper(), user["id"]), (user["id"], f"@{user['name']}")):
        ended = one.run("tw-idu3elk", "twice", *(word for name in spelled for word in ("--user", name)), "--most", "20")
        assert "twtwice: 1 user done" in ended.stderr
    assert len([line for line in one.log() if line["path"] == f"/2/users/{user['id']}/tweets"]) == 3, "two pages, and one look"


def test_killed_in_the_midst_it_goes_on(operator: Begin, stores: dict[str, object]) -> None:
    one = operator(THREE, **stores)
    user = one.users()[0]
    command = ["tw-idu3elk", "killed", "--user", user["name"], "-q"]
    for moment, page in (("billed", 1), ("before", 1), ("between", 1), ("after", 2)):
        one.run(str(KILLER), moment, page, BIN / command[0], *command[1:], check=-9)
    one.run(*command)
    whole(one, "killed", user["id"])


def test_two_programs_do_not_record_the_same_user_at_once(operator: Begin, stores: dict[str, object]) -> None:
    """By whatever spelling, and also where one of them took the user off the queue."""
    one = operator(THREE, **stores)
    user, other = one.users()[:2]
    for given in (["--user", user["id"]], ["--queue", "work"]):
        if "--queue" in given:
            one.queue([user["id"]])
        one.post("faults", [{"kind": "slow", "seconds": 4.0, "times": 1, "endpoint": "/2/users/:id/tweets"}])
        first = one.desk.start("tw-idu3elk", "both", *given)
        while not one.work()["claimed"]:
            assert first.poll() is None
        told = one.run("tw-idu3elk", "both", "--user", user["name"], "--user", user["id"], "--user", other["id"], check=75).stderr
        assert f"being recorded by another run now: {user['id']}, {user['name'].lower()} (tw-showwork" in told
        assert "1 user done" in told
        assert first.wait(60) == 0
        for stream in (first.stdin, first.stdout, first.stderr):
            assert stream
            stream.close()
    asked = [
        line for line in one.log() if line["path"] == f"/2/users/{user['id']}/tweets" and not line["parameters"].get("since_id")
    ]
    assert len([line for line in asked if "pagination_token" not in line["parameters"]]) == 1
    whole(one, "both", user["id"])


def test_who_is_queued_while_they_are_read_is_recorded_up_to_then(operator: Begin, stores: dict[str, object]) -> None:
    """What they posted after the first page came is on none of the others."""
    one = operator(THREE, **stores)
    user = one.users()[0]["id"]
    one.post("faults", [{"kind": "slow", "seconds": 4.0, "requests": [2], "endpoint": "/2/users/:id/tweets"}])
    first = one.desk.begin("tw-idu3elk", "late", "--user", user)
    while len([line for line in one.log() if line["path"].endswith("/tweets")]) < 2:
        assert first.runs
    one.post("posts", {"user": 0, "count": 3})
    one.run("tw-quser2work", "--queue", "weekly", "-", input=user)
    assert first.end().status == 0
    one.run("tw-idu3elk", "late", "--queue", "weekly")
    whole(one, "late", user)


def test_who_waits_on_the_queue_too_is_done_but_not_by_a_part_of_them(operator: Begin) -> None:
    one = operator(THREE)
    user = one.users()[0]["id"]
    one.queue([user])
    one.run("tw-idu3elk", "part", "--user", user, "--most", "20")
    assert one.work()["waiting"] == 1
    one.run("tw-idu3elk", "part")
    whole(one, "part", user)
    one.queue([user])
    one.run("tw-idu3elk", "part", "--user", user)
    whole(one, "part", user)


def test_who_is_named_is_not_told_to_be_on_a_queue(operator: Begin) -> None:
    one = operator(THREE)
    user = one.users()[0]["id"]
    for fault, status in (("server-error", 69), ("unauthorized", 78)):
        one.post("faults", [], method="DELETE")
        one.post("faults", [{"kind": fault, "times": 0, "endpoint": "/2/users/:id/tweets"}])
        told = one.run("tw-idu3elk", "fails", "--user", user, check=status).stderr
        assert f"user {user}: " in told
        assert "; not recorded yet" in told
        assert "queue" not in told
        assert one.work() == EMPTY


def test_whom_x_will_not_answer_about_fails_and_is_not_left_on_the_queue(operator: Begin) -> None:
    one = operator(THREE)
    user = one.users()[0]["id"]
    one.post("faults", [{"kind": "invalid-request", "times": 0, "endpoint": "/2/users/:id/tweets"}])
    assert f"failed: {user} (1x)" in one.run("tw-idu3elk", "fails", "--user", user, check=1).stderr
    assert one.work() == EMPTY
    assert json.loads(one.get("bill"))["micro"] == 0

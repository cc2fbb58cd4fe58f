"""tw-queue2usertest: profiles of queued users, a hundred a look-up, each paid for once, nobody lost."""

from __future__ import annotations

import random
import re
import signal
import time
from collections.abc import Callable

import pytest

from tests.desk import Ended
from tests.operator import USERTEST, Observer
from tests.randomly import SEED

Begin = Callable[..., Observer]
WORLD = """
[world]
users = 1000
renamed = 0
taken = 0
"""
EVERYBODY_OPEN = WORLD + "suspended = 0\nprotected = 0\ngone = 0\n"


def test_ids_and_names_mixed(observer: Begin) -> None:
    one = observer(WORLD)
    users = one.users()
    one.put(*(user["id"] if number % 3 else f"@{user['name']}" for number, user in enumerate(users)))
    ended = one.record()
    states = {state: [user for user in users if user["state"] == state] for state in ("active", "protected", "suspended", "gone")}
    assert all(states.values())
    shown = states["active"] + states["protected"]
    assert f"usertest: 1,000 users done, {len(shown)} profiles read for ${len(shown) / 100:.3f}" in ended.stderr
    for state in ("protected", "suspended", "gone"):
        assert f"{len(states[state])} {state}" in ended.stderr
    profiles = one.profiles()
    assert set(profiles) == {user["id"] for user in shown}
    assert {profiles[user["id"]]["username"] for user in shown} == {user["name"] for user in shown}
    by_name = {user["id"] for number, user in enumerate(users) if number % 3 == 0 and user["state"] != "protected"}
    expected = {f"@{user['name'].lower()}" if user["id"] in by_name else user["id"]: user["state"] for user in users}
    with one.archive() as archive:
        records = archive.records_of(USERTEST, list(expected))
    assert {key: record.outcome for key, record in records.items()} == {k: s for k, s in expected.items() if s != "active"}
    assert one.waiting() == {"queue": USERTEST, "waiting": 0, "claimed": [], "failed": []}
    bill = one.bill()
    assert bill["billed"]["user"] == bill["returned"]["user"] == len(shown)
    assert one.spent() == bill["micro"]


def test_look_ups_are_as_full_as_they_can_be(observer: Begin) -> None:
    """Among ninety-nine ids stands one name: a hundred claims are taken for the first look-up of names."""
    one = observer(EVERYBODY_OPEN)
    users = one.users()
    one.put(*(user["name"] if number % 100 == 50 else user["id"] for number, user in enumerate(users)))
    one.record()
    assert [line["objects"] for line in one.asked()] == [100] * 9 + [90]
    assert [line["objects"] for line in one.asked("/2/users/by")] == [10]


def test_what_was_fetched_today_is_not_paid_for_again(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    users = one.users()[:150]
    one.put(*(user["id"] for user in users))
    one.record()
    asked = len(one.log())
    one.put(*(user["name"] for user in users))
    ended = one.record()
    assert "150 users done, 0 profiles read for $0.000" in ended.stderr
    assert "150 fresh" in ended.stderr
    assert len(one.log()) == asked
    one.put(*(user["id"] for user in users))
    assert "150 profiles read for $0.000" in one.record("--fresh", 0).stderr, "asked, but within the day it is free"
    one.put(users[0]["id"])
    assert "1 fresh" in one.record("--fresh", 7).stderr


def test_an_id_and_a_name_of_one_user_are_one_question(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    users = one.users()[:40]
    one.put(*(user["id"] for user in users), *(user["name"] for user in users))
    ended = one.record()
    assert "80 users done, 40 profiles read" in ended.stderr
    assert one.bill()["returned"]["user"] == 40


def test_who_is_closed_is_not_asked_for_until_again(observer: Begin) -> None:
    one = observer(WORLD)
    users = {state: [user for user in one.users() if user["state"] == state][:5] for state in ("suspended", "gone", "protected")}
    ids = [user["id"] for some in users.values() for user in some]
    names = [user["name"] for state in ("suspended", "gone") for user in users[state]]
    one.put(*ids, *names)
    one.record("--fresh", 0)
    asked = len(one.log())
    one.put(*ids, *names)
    ended = one.record("--fresh", 0)
    for state, count in (("suspended", 10), ("gone", 10), ("protected", 5)):
        assert f"{count} known to be {state}" in ended.stderr
    assert len(one.log()) == asked
    one.put(*ids, *names)
    ended = one.record("--fresh", 0, "--again")
    assert "5 protected" in ended.stderr
    assert len(one.log()) == asked + 2


def test_suspended_and_back(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    user = one.users()[3]
    one.put(user["id"])
    one.record()
    before = one.profiles()[user["id"]]
    one.change(user["id"], state="suspended")
    for entry in (user["id"], user["name"]):
        one.put(entry)
        one.record("--fresh", 0)
    assert one.outcome(user["id"]) == one.outcome(f"@{user['name'].lower()}") == "suspended"
    assert one.profiles()[user["id"]] == before, "the last known profile is kept"
    one.change(user["id"], state="active")
    one.put(user["id"])
    assert "1 known to be suspended" in one.record("--fresh", 0).stderr
    one.put(user["id"])
    one.record("--again")
    assert one.outcome(user["id"]) is None
    assert one.outcome(f"@{user['name'].lower()}") is None, "the name is borne again, too"
    with one.archive() as archive:
        notes = dict(archive.notes(USERTEST, f"standing/{user['id']}"))
    assert [standing for _, standing, _ in notes[f"standing/{user['id']}"]] == ["suspended", "open"]
    one.put(user["id"], user["name"])
    assert "2 fresh" in one.record().stderr


def test_a_name_that_passed_to_another_id(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    first, second = one.users()[:2]
    one.put(first["name"], second["name"])
    one.record()
    one.change(first["id"], name="someone_else")
    one.put(first["id"])
    one.record("--fresh", 0)
    one.change(second["id"], name=first["name"])
    one.put(first["name"])
    assert "1 profile read" in one.record().stderr, "that the former bearer is known says nothing of the present one"
    one.put(first["name"], second["name"])
    one.record("--fresh", 0)
    with one.archive() as archive:
        name_holders = archive.name_holders(USERTEST, [first["name"], second["name"]])
        assert [bearer.user for bearer in name_holders[first["name"].lower()]] == [second["id"], first["id"]]
        assert archive.record(USERTEST, f"@{second['name'].lower()}").outcome == "gone", "nobody bears it now"


def test_counts_are_refreshed_and_changes_are_versions(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    user = one.users()[0]["id"]
    one.put(user)
    one.record()
    one.post("follows", {"user": user, "add": 7})
    one.put(user)
    assert "0 new, 1 updated" in one.record("--fresh", 0).stderr
    with one.archive() as archive:
        assert len(archive.history(USERTEST, user)) == 1
    one.post("profile", {"user": user, "description": "new words", "name": "Somebody Else"})
    one.put(user)
    one.record("--fresh", 0)
    with one.archive() as archive:
        now, then = archive.history(USERTEST, user)
    assert now.fields["description"] == "new words"
    assert {key for key in now.fields if now.fields[key] != then.fields.get(key)} == {"description", "name"}


def test_a_user_of_whom_x_says_nothing_stays_and_fails_alone(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    users = one.users()[:250]
    silent = users[120]["id"]
    one.post("faults", {"kind": "leave-out", "ids": [silent], "times": 0})
    one.put(*(user["id"] for user in users))
    for times in range(1, 5):
        ended = one.no_bug(one.record("--fresh", 7, check=1))
        assert f"user {silent}: X said nothing about this user" in ended.stderr
        assert ended.stderr.splitlines()[-1].endswith(f"failed: {silent} ({times}x); who fails 5 times in a row is set aside")
        left = one.waiting()
        assert (left["waiting"], left["claimed"], left["failed"]) == (1, [], [])
    assert f"failed: {silent} (5x), and set aside: tw-failed usertest shows why" in one.record(check=1).stderr
    left = one.waiting()
    assert left["waiting"] == 0
    assert [(failed["user"], failed["times"]) for failed in left["failed"]] == [(silent, 5)]
    assert set(one.profiles()) == {user["id"] for user in users} - {silent}
    assert one.bill()["returned"]["user"] == 249, "the others were asked for once"
    one.post("faults", [], method="DELETE")
    one.put(silent)
    one.record()
    assert silent in one.profiles()


@pytest.mark.parametrize(("kind", "place"), [("unauthorized", 0), ("conflict", 40), ("server-error", 117)])
def test_whatever_x_refuses_a_look_up_with_it_is_the_users_while_it_tells_of_others(
    observer: Begin, kind: str, place: int
) -> None:
    """Nobody else is held up, the keys are not blamed, and it counts against them alone."""
    one = observer(EVERYBODY_OPEN)
    users = [user["id"] for user in one.users()[:120]]
    refused = users[place : place + 3]
    for user in refused:
        one.post("faults", {"kind": kind, "user": user, "times": 0})
    one.put(*users)
    ended = one.no_bug(one.record(check=1))
    assert all(f"{user} (1x)" in ended.stderr for user in refused)
    assert "tw-auth" not in ended.stderr
    assert set(one.profiles()) == {*users} - {*refused}
    left = one.waiting()
    assert (left["waiting"], left["claimed"], left["failed"]) == (3, [], [])


def test_users_for_whose_sake_x_refuses_a_look_up_fail_alone(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    users = one.users()[:250]
    refused, name = users[120]["id"], users[200]["name"]
    one.post("faults", {"kind": "invalid-request", "user": refused, "times": 0})
    one.post("faults", {"kind": "invalid-request", "user": f"@{name}", "times": 0})
    one.put(*(user["id"] for user in users[:150]), *(user["name"] for user in users[150:]))
    for _ in range(5):
        assert f"user {refused}: X answered with status 400 (" in one.no_bug(one.record("--fresh", 7, check=1)).stderr
    left = one.waiting()
    assert (left["waiting"], left["claimed"]) == (0, [])
    assert {failed["user"]: failed["times"] for failed in left["failed"]} == {refused: 5, name.lower(): 5}
    assert set(one.profiles()) == {user["id"] for user in users} - {refused, users[200]["id"]}
    assert one.bill()["returned"]["user"] == 248
    assert one.bill()["micro"] == one.spent()


def test_silent_users_under_a_limit(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    ids = [user["id"] for user in one.users()[:60]]
    one.post("faults", {"kind": "leave-out", "ids": ids[5:7], "times": 0})
    one.put(*ids)
    for _ in range(8):
        one.record("--limit", 20, check=None)
    left = one.waiting()
    assert set(one.profiles()) == set(ids) - set(ids[5:7])
    assert left["waiting"] + len(left["failed"]) == 2


def test_a_limit_is_a_limit(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    one.put(*(user["id"] for user in one.users()))
    ended = one.record("--limit", 130)
    assert "130 users done" in ended.stderr
    assert one.waiting()["waiting"] == 870
    assert [line["objects"] for line in one.asked()] == [100, 30]


@pytest.mark.parametrize("kind", ["server-error", "cut", "reset"])
def test_three_failures_in_a_row_end_the_run_and_put_everybody_back(observer: Begin, kind: str) -> None:
    one = observer(EVERYBODY_OPEN)
    one.put(*(user["id"] for user in one.users()[:350]))
    one.post("faults", {"kind": kind, "endpoint": "/2/users", "after": 1, "times": 0})
    ended = one.no_bug(one.record(check=69))
    # After a refusal ever fewer are asked about, as it may be for the sake of one of them. An answer that breaks off is none.
    sizes = ["100", "10", "1", "1", "1"] if kind == "server-error" else ["100"] * 3
    assert re.findall("look-up of ([0-9]+) user", ended.stderr) == sizes
    assert ("X failed 3 times in a row" in ended.stderr) == (kind != "server-error")
    assert "100 users done" in ended.stderr
    left = one.waiting()
    assert (left["waiting"], left["claimed"], left["failed"]) == (250, [], [])
    one.post("faults", [], method="DELETE")
    one.record()
    assert len(one.profiles()) == 350
    assert one.bill()["micro"] == one.spent()


@pytest.mark.parametrize(
    ("kind", "status", "says"),
    [
        ("rate-limit", 0, "may ask no more"),
        ("usage-capped", 75, "X's cap"),
        ("credits-depleted", 77, "no credit left"),
        ("unauthorized", 78, "run tw-auth"),
        ("invalid-request", 1, "X refused the request"),
    ],
)
def test_what_stops_a_run_loses_nobody(observer: Begin, kind: str, status: int, says: str) -> None:
    one = observer(EVERYBODY_OPEN)
    one.put(*(user["id"] for user in one.users()[:250]))
    one.post("faults", {"kind": kind, "endpoint": "/2/users", "after": 1, "times": 0, "seconds": 600})
    ended = one.no_bug(one.record(check=status))
    assert says in ended.stderr
    assert "100 users done, 100 profiles read for $1.000" in ended.stderr
    assert one.waiting()["waiting"] == 150
    assert one.bill()["micro"] == one.spent() == 1_000_000


def test_a_window_is_waited_for_only_if_asked(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN + '[limits]\nwindow = 2\n"/2/users" = 2\n')
    one.put(*(user["id"] for user in one.users()[:500]))
    ended = one.record()
    assert re.search(r"may ask no more for [123] s, 300 users wait.*run again then, or with --wait", ended.stderr)
    one.record("--wait", "-q")
    assert len(one.profiles()) == 500
    assert not [line for line in one.log() if line["status"] == 429]


def test_the_budget_is_kept_to_the_last_user(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN, budget=1.27)
    one.put(*(user["id"] for user in one.users()[:250]))
    ended = one.no_bug(one.record(check=77))
    assert "100 users done, 127 profiles read" in ended.stderr
    assert one.bill()["micro"] == one.spent() == 1_270_000
    assert one.waiting()["waiting"] == 150, "a claim that is not done goes back whole"
    assert len(one.profiles()) == 127
    one.desk.configure(one.sandbox.url, budget=100, maxcpu=100, maxmem=100)
    assert "150 users done, 123 profiles read for $1.230" in one.record().stderr
    assert one.bill()["returned"]["user"] == 250


def test_an_empty_queue_is_told(observer: Begin) -> None:
    one = observer(WORLD)
    assert "usertest is empty: put users on it with tw-quser2usertest" in one.record().stderr
    told = one.record("--queue", "some words").stderr
    assert "tw-quser2usertest --queue 'some words'" in told


def test_four_processes_record_each_user_once(observer: Begin) -> None:
    one = observer("[world]\nusers = 1200\nrenamed = 0\ntaken = 0\n")
    users = one.users()
    one.put(*(user["id"] for user in users))
    paths = [one.account(one.desk.home / f"account{n}") for n in range(4)]
    started = [one.desk.start("tw-queue2usertest", "--config", path) for path in paths]
    ends = [Ended(process.returncode or 0, *process.communicate(timeout=120)) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ends
    bill = one.bill()
    assert bill["returned"]["user"] == bill["billed"]["user"] == sum(user["state"] in ("active", "protected") for user in users)
    assert set(one.profiles()) == {user["id"] for user in users if user["state"] in ("active", "protected")}
    assert one.waiting() == {"queue": USERTEST, "waiting": 0, "claimed": [], "failed": []}
    assert bill["micro"] == one.spent()


@pytest.mark.long
def test_killed_again_and_again(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    chance = random.Random(SEED)
    users = one.users()
    one.put(*(user[chance.choice(["id", "name"])] for user in users))
    kills = 0
    while kills < 8:
        asked = one.log(1)
        process = one.desk.start("tw-queue2usertest", "-q")
        deadline = time.monotonic() + 30
        while process.poll() is None and one.log(1) == asked and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.05)  # a random moment, not a state that is waited for
        process.kill()
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            break
        kills += 1
    one.record()
    assert set(one.profiles()) == {user["id"] for user in users}
    bill = one.bill()
    assert bill["returned"]["user"] <= 1000 + 100 * kills, f"{kills} kills"
    assert bill["micro"] <= one.spent() <= 1.02 * bill["micro"]
    assert one.waiting() == {"queue": USERTEST, "waiting": 0, "claimed": [], "failed": []}


def test_a_signal_puts_everybody_back(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN, timeout=60)
    one.put(*(user["id"] if number % 100 else user["name"] for number, user in enumerate(one.users()[:500])))
    one.post("faults", {"kind": "hang", "endpoint": "/2/users", "after": 2, "seconds": 60})
    process = one.desk.start("tw-queue2usertest")
    deadline = time.monotonic() + 60
    while len(one.asked()) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 143
    assert said.splitlines()[-1] == "tw-queue2usertest: stopped by SIGTERM; users not done yet are back on the queue"
    left = one.waiting()
    assert left["claimed"] == []
    one.post("faults", [], method="DELETE")
    one.record()
    assert len(one.profiles()) == 500
    assert one.bill()["returned"]["user"] == 500, "what was recorded before is not asked for again"


def test_a_second_run_with_the_same_configuration_is_told(observer: Begin) -> None:
    one = observer(EVERYBODY_OPEN)
    one.put(*(user["id"] for user in one.users()))
    one.post("faults", {"kind": "slow", "seconds": 3.0})
    first = one.desk.start("tw-queue2usertest")
    while not one.waiting()["claimed"]:
        assert first.poll() is None
        time.sleep(0.02)
    assert "one run at a time" in one.record(check=75).stderr
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_look_ups_in_the_post_dialect(observer: Begin) -> None:
    """X may answer with the new names whatever was asked for: the same is recorded, and estimates know the counts."""
    one = observer(EVERYBODY_OPEN.replace("1000", "20") + "[server]\nusers_in_post_dialect = true\n")
    users = one.users()
    one.put(*(user["id"] for user in users))
    ended = one.record()
    assert "NO LONGER SENDS" not in ended.stderr
    profiles = one.profiles()
    assert set(profiles) == {user["id"] for user in users}
    assert {profiles[user["id"]]["public_metrics"]["post_count"] for user in users} == {user["posts"] for user in users}
    assert one.spent() == one.bill()["micro"]

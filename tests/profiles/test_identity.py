"""tw-1name, tw-1num: who bears a name and who bore it; suspended and back; what X says now."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.operator import Observer
from tests.rows import rows

Begin = Callable[..., Observer]
WORLD = "[world]\nusers = 12\nrenamed = 0\ntaken = 0\nsuspended = 0\nprotected = 0\ngone = 0\n"


def lines(one: Observer, *words: object) -> list[list[str]]:
    return [line.split("\t") for line in one.run(*words).stdout.splitlines() if not line.startswith("  ")]


def again(one: Observer, *entries: str) -> None:
    one.put(*entries)
    one.record("--fresh", 0, "--again")


def story(one: Observer, *words: object) -> list[str]:
    """What changed, newest first, without the times."""
    told = [line for line in one.run(*words, "--history").stdout.splitlines() if line.startswith("  ")]
    return [line.split("  ")[2] for line in told]


def test_a_user_who_was_renamed_twice(observer: Begin) -> None:
    one = observer(WORLD)
    user = one.users()[0]
    first, number = user["name"], user["id"]
    again(one, number)
    for name in ("second_name", "third_name"):
        one.change(number, name=name)
        again(one, number)
    for asked in (first.upper(), "@Second_Name"):
        [[id, now, standing, seen, bore, *_]] = lines(one, "tw-1name", asked)
        assert (id, now, standing) == (number, "third_name", "open")
        assert seen.startswith("seen 2")
        assert bore.startswith(f"bore {asked.lower().removeprefix('@')}" if asked.startswith("@") else f"bore {first} until")
    [[id, _, _, _, bore, *_]] = lines(one, "tw-1name", "third_name")
    assert (id, bore) == (number, "bears third_name")
    changes = [f"username: {old} -> {new}" for old, new in (("second_name", "third_name"), (first, "second_name"))]
    assert story(one, "tw-1name", first) == story(one, "tw-1num", number) == changes
    assert lines(one, "tw-1num", number)[0][:3] == [number, "third_name", "open"]


def test_a_name_taken_over_by_another_id(observer: Begin) -> None:
    one = observer(WORLD)
    first, second = one.users()[:2]
    name = first["name"]
    again(one, first["id"], second["id"])
    one.change(first["id"], name="moved_away")
    one.change(second["id"], name=name)
    assert [line[0] for line in lines(one, "tw-1name", name)] == [first["id"]], "as far as is recorded"
    [newest, older] = lines(one, "tw-1name", name, "--ask")
    assert (newest[0], newest[4]) == (second["id"], f"bears {name}")
    assert older[0] == first["id"]
    assert older[4].startswith(f"bore {name} until 2"), "nobody has looked at the first one since, but a name is one user's"
    assert lines(one, "tw-1num", first["id"])[0][4] == older[4]
    assert lines(one, "tw-1num", second["id"])[0][4] == ""
    again(one, first["id"])
    [newest, older] = lines(one, "tw-1name", name)
    assert newest[0] == second["id"]
    assert older[:2] == [first["id"], "moved_away"]
    assert older[4].startswith(f"bore {name} until 2")
    found = [json.loads(line) for line in one.run("tw-1name", name, "--json").stdout.splitlines()]
    assert [one["id"] for one in found] == [second["id"], first["id"]]
    assert found[1]["bore"]["until"] > found[1]["bore"]["seen"]
    assert [version["fields"]["username"] for version in found[1]["versions"]] == ["moved_away", name]


def test_suspended_and_back(observer: Begin) -> None:
    one = observer(WORLD)
    user = one.users()[0]
    again(one, user["id"])
    one.change(user["id"], state="suspended")
    again(one, user["id"], user["name"])
    [line] = lines(one, "tw-1num", user["id"])
    assert line[1] == user["name"], "what is known stays"
    assert line[2].startswith("suspended since 2")
    said, line = lines(one, "tw-1name", user["name"])
    assert said[:2] == [f"@{user['name']}", "suspended"]
    assert "User has been suspended" in said[3]
    assert line[2].startswith("suspended since")
    one.change(user["id"], state="active")
    [line] = lines(one, "tw-1name", user["name"], "--ask")
    assert line[2].startswith("open since")
    assert story(one, "tw-1num", user["id"]) == ["open", f"suspended: User has been suspended: [{user['id']}]."]
    [whole] = [json.loads(line) for line in one.run("tw-1num", user["id"], "--json").stdout.splitlines()]
    assert [change["standing"] for change in whole["changes"]] == ["suspended", "open"]
    assert whole["profile"]["username"] == user["name"]


def test_a_name_that_nobody_bears_now(observer: Begin) -> None:
    one = observer(WORLD)
    user = one.users()[0]
    again(one, user["id"])
    one.change(user["id"], name="elsewhere")
    again(one, user["name"])
    said, line = lines(one, "tw-1name", user["name"])
    assert said[1] == "gone"
    assert line[0] == user["id"]
    one.change(one.users()[1]["id"], name=user["name"])
    again(one, one.users()[1]["id"])
    assert [line[0] for line in lines(one, "tw-1name", user["name"])] == [one.users()[1]["id"], user["id"]]


def test_a_protected_user(observer: Begin) -> None:
    one = observer(WORLD)
    user = one.users()[0]
    again(one, user["id"])
    one.change(user["id"], state="protected")
    again(one, user["id"])
    assert lines(one, "tw-1num", user["id"])[0][2].startswith("protected since")
    assert story(one, "tw-1num", user["id"])[-2:].count("protected: False -> True") == 1
    one.change(user["id"], state="active")
    again(one, user["id"])
    assert lines(one, "tw-1num", user["id"])[0][2].startswith("open since")


def test_ask_of_whom_nothing_is_known(observer: Begin) -> None:
    one = observer(WORLD)
    user, cure = one.users()[0], "--index NAME looks in another index, --ask asks X ($0.010)"
    for words in (["tw-1num", user["id"]], ["tw-1name", user["name"]]):
        said = one.run(*words, check=1).stderr
        assert said.splitlines()[-1] == f"{words[0]}: nothing is recorded of {words[1]} in usertest; {cure}"
    assert lines(one, "tw-1num", user["id"], "--ask")[0][1] == user["name"]
    assert lines(one, "tw-1num", "77", "--ask") == [["77", "", *lines(one, "tw-1num", "77")[0][2:]]]
    assert lines(one, "tw-1num", "77")[0][2].startswith("gone since")
    assert lines(one, "tw-1name", "nobody_at_all", "--ask")[0][:2] == ["@nobody_at_all", "gone"]
    assert one.spent() == one.bill()["micro"] == 10_000


def test_another_index(observer: Begin) -> None:
    one = observer(WORLD)
    user = one.users()[5]
    one.queue([user["name"]])
    one.run("tw-idu3elk", "brexit")
    assert lines(one, "tw-1name", user["name"], "--index", "brexit")[0][0] == user["id"]
    assert "there is no index other" in one.run("tw-1num", user["id"], "--index", "other", check=1).stderr
    assert "leave out --index" in one.run("tw-1num", user["id"], "--index", "brexit", "--ask", check=2).stderr


@rows(
    ("words", "says"),
    [
        (["tw-1name", "x" * 200], "is not a screen name"),
        (["tw-1name", "two words"], "is not a screen name"),
        (["tw-1num", "nasa"], "is not a user's id (for a screen name: tw-1name)"),
        (["tw-1num", "9" * 30], "is not a user's id"),
    ],
)
def test_what_is_no_user(desk: Any, words: list[str], says: str) -> None:
    assert says in desk.run(*words, check=2).stderr


def test_x_says_nothing_of_whom_it_is_asked(observer: Begin) -> None:
    """What was recorded before is not shown as if X had just said it."""
    one = observer(WORLD)
    user = one.users()[0]
    again(one, user["id"])
    one.post("faults", {"kind": "leave-out", "ids": [user["id"]], "times": 0})
    for words in (("tw-1name", user["name"]), ("tw-1num", user["id"])):
        ended = one.run(*words, "--ask", check=69)
        assert ended.stdout == one.run(*words).stdout
        assert f"X said nothing about {words[1]}, neither a profile nor why there is none (what is shown was" in ended.stderr
    silent = one.users()[1]
    one.post("faults", {"kind": "leave-out", "ids": [silent["id"]], "times": 0})
    ended = one.run("tw-followquick", silent["id"], "-", check=69)
    assert f"X said nothing about {silent['id']}" in ended.stderr
    ended = one.run("tw-1num", silent["id"], "--ask", check=69)
    assert (ended.stdout, "nothing is recorded in usertest either" in ended.stderr) == ("", True)
    one.queue([silent["name"]])
    estimated = one.run("tw-idu3elk", "trial", "--estimate", "--ask", "--yes")
    assert "X said nothing about 1 user: try again" in estimated.stderr

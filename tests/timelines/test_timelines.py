"""The main job: what users posted and what is in the archive are the same sets."""

from __future__ import annotations

from contextlib import closing

import pytest

from netwar.connections.runs import Run
from netwar.queues.sqlite import SqliteQueue

# One user a post past what X serves (who is far past it has a test below), one with three pages, the others with 0 to 120 posts;
# nobody suspended, protected, gone or renamed.
TWENTY = """
[world]
users = 20
suspended = 0
protected = 0
gone = 0
renamed = 0
taken = 0
prolific = 0
most_posts = 120

[[users]]
index = 7
posts = 300

[[users]]
index = 13
posts = 3201
"""
REACHABLE = 3_200


@pytest.fixture
def twenty(operator):
    return operator(TWENTY)


@pytest.mark.long
def test_twenty_users_are_recorded_whole_and_once(twenty):
    users = twenty.users()
    twenty.queue(user["name"] for user in users)
    said = twenty.run("tw-idu3elk", "twenty").stderr
    assert "20 users" in said
    known = twenty.coverage("twenty")
    for user in users:
        truth = twenty.truth(user["id"])
        assert twenty.recorded("twenty", user["id"]) == set(truth[:REACHABLE]), user
        record = known[user["id"]]
        assert sum(span["posts"] for span in record["spans"]) == len(truth[:REACHABLE])
        if len(truth) > REACHABLE:
            assert record["outcome"] == "partial"
            assert [(int(part["low"]), int(part["high"])) for part in record["lost"]] == [(0, truth[REACHABLE - 1] - 1)]
        else:
            assert record["outcome"] == ("complete" if truth else "empty")
            assert record["lost"] == record["gaps"] == []
    assert twenty.spent() == twenty.bill()["micro"]

    before, asked = twenty.bill(), len(twenty.log())
    stored = twenty.select("twenty", "SELECT id, retrieved FROM tweets ORDER BY id")
    twenty.queue(user["id"] for user in users)
    twenty.run("tw-idu3elk", "twenty")
    assert twenty.bill() == before, "a second run costs nothing"
    assert len(twenty.log()) - asked == 20, "and asks once a user"
    assert twenty.select("twenty", "SELECT id, retrieved FROM tweets ORDER BY id") == stored, "and stores nothing"


def test_what_the_api_no_longer_reaches_is_lost_exactly(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 60\n")
    user = one.users()[0]
    one.queue([user["id"]])
    one.run("tw-idu3elk", "far")
    old = one.truth(user["id"])
    one.post("posts", {"user": user["id"], "count": 3300})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "far")
    truth = one.truth(user["id"])
    assert len(truth) == 3360
    assert one.recorded("far", user["id"]) == set(truth[:REACHABLE]) | set(old)
    record = one.coverage("far")[user["id"]]
    assert [(int(part["low"]), int(part["high"])) for part in record["lost"]] == [(old[0], truth[REACHABLE - 1] - 1)]
    assert record["gaps"] == []
    assert "lost" in one.run("tw-coverage", "far", user["name"]).stdout

    asked = len(one.log())
    one.queue([user["id"]])
    one.run("tw-idu3elk", "far")
    assert len(one.log()) - asked == 1, "what is lost is not asked for again"


def test_between_two_thousand_and_the_limit_the_probe_joins(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 40\n")
    user = one.users()[0]
    one.queue([user["id"]])
    one.run("tw-idu3elk", "probe")
    one.post("posts", {"user": user["id"], "count": 2100})
    one.queue([user["id"]])
    one.run("tw-idu3elk", "probe")
    record = one.coverage("probe")[user["id"]]
    assert (record["outcome"], record["lost"], len(record["spans"])) == ("complete", [], 1)
    assert one.recorded("probe", user["id"]) == set(one.truth(user["id"]))


def test_short_and_empty_pages_are_no_end(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 450\n")
    user = one.users()[0]
    one.post("faults", [{"kind": "empty-page", "requests": [2, 3]}, {"kind": "short-page", "keep": 3, "requests": [5]}])
    one.queue([user["id"]])
    one.run("tw-idu3elk", "short")
    assert one.recorded("short", user["id"]) == set(one.truth(user["id"]))
    assert one.coverage("short")[user["id"]]["outcome"] == "complete"


def test_a_page_token_that_repeats_for_ever_is_got_round(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 350\n")
    user = one.users()[0]
    one.post("faults", [{"kind": "repeat-token", "times": 0}])
    one.queue([user["id"]])
    one.run("tw-idu3elk", "again", timeout=60)
    assert one.recorded("again", user["id"]) == set(one.truth(user["id"]))


def test_refresh_reads_again_for_new_counts(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 150\n")
    user = one.users()[0]
    one.queue([user["id"], user["name"]])
    one.run("tw-idu3elk", "fresh", "--limit", 1)
    before = dict(one.select("fresh", "SELECT id, version FROM tweet"))
    spans = one.coverage("fresh")[user["id"]]["spans"]
    one.run("tw-idu3elk", "fresh", "--refresh")
    after = dict(one.select("fresh", "SELECT id, version FROM tweet"))
    newer = {number for number in after if after[number] > before.get(number, 0)}
    assert newer >= set(one.truth(user["id"]))
    assert one.coverage("fresh")[user["id"]]["spans"] == spans


def test_the_same_user_by_name_and_by_id_is_recorded_once(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 150\n")
    user = one.users()[0]
    one.queue([user["id"], user["name"]])
    one.run("tw-idu3elk", "once")
    pages = [line for line in one.log() if line["path"].endswith("/tweets")]
    assert len(pages) == 2, "two pages of one timeline, and no third question"
    assert one.work()["waiting"] == 0

    one.queue([user["id"]])
    data = one.desk.home / ".local/share/netwar"
    with closing(SqliteQueue(data / "queues.sqlite", "work", Run(data / "runs"))) as other, other.take(1):
        one.queue([user["name"]])
        one.run("tw-idu3elk", "elsewhere")
    assert "elsewhere" not in one.coverage("once")
    assert len([line for line in one.log() if line["path"].endswith("/tweets")]) == 2, "another worker has them"


def test_names_are_looked_up_a_hundred_at_a_time(operator):
    """Half of them are gone, and asked for no further."""
    many = operator(
        "[world]\nusers = 101\nprolific = 0\nmost_posts = 0\nsuspended = 0\ngone = 2\nprotected = 0\nrenamed = 0\ntaken = 0\n"
    )
    many.queue(user["name"] for user in many.users())
    many.run("tw-idu3elk", "names")
    assert len([line for line in many.log() if line["path"] == "/2/users/by"]) == 2
    assert len(many.coverage("names")) == 101


def test_users_who_are_not_to_be_had_are_outcomes_and_the_run_goes_on(operator):
    states = ["active", "suspended", "protected", "gone"]
    users = "".join(f'[[users]]\nindex = {n}\nposts = 20\nstate = "{state}"\n' for n, state in enumerate(states))
    some = operator(f"[world]\nusers = 4\n{users}")
    truth = {user["state"]: user for user in some.users()}
    some.queue([user["name"] for user in truth.values()])
    some.run("tw-idu3elk", "states")
    by_name = {record["name"] or record["user"].lstrip("@"): record["outcome"] for record in some.coverage("states").values()}
    assert {name.lower(): outcome for name, outcome in by_name.items()} == {
        truth["suspended"]["name"].lower(): "suspended",
        truth["protected"]["name"].lower(): "protected",
        truth["gone"]["name"].lower(): "gone",
        truth["active"]["name"].lower(): "complete",
    }
    some.queue([user["id"] for user in truth.values()])
    some.run("tw-idu3elk", "states")
    by_id = {user: record["outcome"] for user, record in some.coverage("states").items()}
    assert {state: by_id[user["id"]] for state, user in truth.items() if state != "active"} == {
        "suspended": "suspended",
        "protected": "protected",
        "gone": "gone",
    }
    assert some.work()["waiting"] == 0


def test_an_archived_name_is_checked_against_what_comes(operator):
    two = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 30\n[[users]]\nindex = 1\nposts = 40\n")
    first, second = two.users()[:2]
    two.queue([first["name"]])
    two.run("tw-idu3elk", "moved")
    two.post("state", {"user": first["id"], "name": "brand_new_name"})
    two.post("state", {"user": second["id"], "name": first["name"]})
    two.post("posts", {"user": first["id"], "count": 3})
    two.queue([first["name"]])
    said = two.run("tw-idu3elk", "moved").stderr
    assert "brand_new_name" in said
    known = two.coverage("moved")
    assert [(change["old"], change["new"]) for change in known[first["id"]]["renamed"]] == [(first["name"], "brand_new_name")]
    assert known[second["id"]]["outcome"] == "complete"
    assert two.recorded("moved", second["id"]) == set(two.truth(second["id"]))
    assert "renamed from" in two.run("tw-coverage", "moved", first["name"]).stdout


def test_of_two_who_bore_a_name_the_last_one_is_asked_about(operator):
    two = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 30\n[[users]]\nindex = 1\nposts = 40\n")
    first, second = two.users()[:2]
    two.queue([first["name"]])
    two.run("tw-idu3elk", "passed")
    two.post("state", {"user": first["id"], "name": "brand_new_name"})
    two.post("state", {"user": second["id"], "name": first["name"]})
    two.queue([second["id"]])
    two.run("tw-idu3elk", "passed")
    asked = len(two.log())
    two.post("posts", {"user": second["id"], "count": 3})
    two.queue([first["name"]])
    two.run("tw-idu3elk", "passed")
    assert [line["path"] for line in two.log()[asked:]] == [f"/2/users/{second['id']}/tweets"]


def test_a_name_that_nobody_bears_any_more_is_followed(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 30\n")
    user = one.users()[0]
    one.queue([user["name"]])
    one.run("tw-idu3elk", "left")
    one.post("state", {"user": user["id"], "name": "brand_new_name"})
    one.post("posts", {"user": user["id"], "count": 150})
    one.queue([user["name"]])
    one.run("tw-idu3elk", "left")
    known = one.coverage("left")
    assert known[f"@{user['name'].lower()}"]["outcome"] == "renamed"
    assert "brand_new_name" in known[f"@{user['name'].lower()}"]["detail"]
    assert known[user["id"]]["name"] == "brand_new_name"
    assert one.recorded("left", user["id"]) == set(one.truth(user["id"]))


def test_who_lost_a_name_is_not_taken_for_its_bearer_again(operator):
    """The second user took the name over and left it; nobody has looked at the first one since."""
    three = operator("[world]\nusers = 4\nprolific = 0\nrenamed = 0\ntaken = 0\n" + "[[users]]\nposts = 20\n" * 3)
    first, second, third = three.users()[:3]
    name = first["name"]
    three.queue([first["id"]])
    three.run("tw-idu3elk", "passed")
    three.post("state", {"user": first["id"], "name": "left_it"})
    for borne in (name, "left_it_too"):
        three.post("state", {"user": second["id"], "name": borne})
        three.post("posts", {"user": second["id"], "count": 1})
        three.queue([second["id"]])
        three.run("tw-idu3elk", "passed")
    three.post("state", {"user": third["id"], "name": name})
    before = three.log(1)[-1]["number"]
    three.queue([name])
    three.run("tw-idu3elk", "passed")
    asked = [line["path"] for line in three.log() if line["number"] > before and line["path"] != "/2/usage/tweets"]
    assert asked == ["/2/users/by", f"/2/users/{third['id']}/tweets"], "X was asked who bears it, and nobody else was read"
    assert three.recorded("passed", third["id"]) == set(three.truth(third["id"]))


@pytest.mark.parametrize("settings", [{"dialect": "post"}, {"auth": "app"}, {"expand": "full"}])
def test_other_ways_to_ask_bring_the_same_tweets(operator, settings):
    one = operator("[world]\nusers = 6\nprolific = 0\n[[users]]\nindex = 0\nposts = 230\n", **settings)
    user = one.users()[0]
    one.queue([user["name"]])
    said = one.run("tw-idu3elk", "ways").stderr
    assert "NO LONGER SENDS" not in said
    recorded = {row[0] for row in one.select("ways", "SELECT id FROM tweet WHERE via = 1")}
    assert recorded == set(one.truth(user["id"]))
    assert one.spent() == one.bill()["micro"]


def test_users_that_come_along_are_reserved_for(operator):
    """Five posts may mention 260 users: no larger page is asked for with three dollars."""
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 30\n", expand="full", budget=3)
    one.queue([one.users()[0]["id"]])
    one.run("tw-idu3elk", "along", check=None)
    pages = [line for line in one.log() if line["path"].startswith("/2/users/") and line["method"] == "GET"]
    assert {page["parameters"]["max_results"] for page in pages} == {"5"}


def test_fields_that_x_no_longer_sends_are_told_loudly(operator):
    one = operator("[world]\nusers = 3\nprolific = 0\n[[users]]\nindex = 0\nposts = 30\n")
    one.post("faults", [{"kind": "drop-fields", "fields": ["public_metrics"], "times": 0}])
    one.queue([one.users()[0]["id"]])
    assert "X NO LONGER SENDS public_metrics" in one.run("tw-idu3elk", "drop").stderr

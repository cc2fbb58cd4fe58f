"""X's lists: what their owner, another user and an app see of them, page by page, and what is told behind the scenes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from tests.rows import rows

from .conftest import Sandbox, Start, billed_kinds

WORLD = """
[world]
users = 400
suspended = 40
[[users]]
name = "observer"
"""
FIELDS = "created_at,description,follower_count,id,member_count,name,owner_id,private"


@pytest.fixture(scope="module")
def crowd(start: Start) -> Sandbox:
    return start(scenario=WORLD)


@pytest.fixture(scope="module")
def observer(crowd: Sandbox) -> OAuth1:
    return crowd.sign_in("observer")


@pytest.fixture(autouse=True)
def _calm_crowd(crowd: Sandbox) -> Iterator[None]:
    yield
    crowd.calm()


def made(box: Sandbox, name: str = "NSCE Brexit", first: int = 1, count: int = 250, **more: Any) -> dict[str, Any]:
    """A new list of the observer's: its members are users number `first` and so on, the last one put on first."""
    told: dict[str, Any] = box.tell(
        "lists", {"owner": "observer", "name": name, "members": [*range(first, first + count)], **more}
    )
    return told


def pages(box: Sandbox, path: str, auth: OAuth1, size: int = 100) -> Iterator[dict[str, Any]]:
    token: dict[str, Any] = {}
    while True:
        body = box.get(path, auth=auth, max_results=size, **token).json()
        yield body
        if "next_token" not in body.get("meta", {}):
            return
        token = {"pagination_token": body["meta"]["next_token"]}


def members(box: Sandbox, list_id: str, auth: OAuth1, size: int = 100) -> list[str]:
    return [one["id"] for body in pages(box, f"/2/lists/{list_id}/members", auth, size) for one in body.get("data", [])]


def to_be_had(box: Sandbox, list_id: str) -> list[str]:
    return [one["id"] for one in box.look(f"truth/lists/{list_id}")["members"] if one["state"] in ("active", "protected")]


def test_members_are_the_truth_newest_first_without_the_suspended(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd)
    assert one["member_count"] == 250
    read = members(crowd, one["id"], observer)
    assert read == to_be_had(crowd, one["id"])
    assert 230 < len(read) < 250
    assert read[0] == crowd.users()[1]["id"]
    shown = crowd.get(f"/2/lists/{one['id']}", auth=observer, list__fields=FIELDS).json()["data"]
    assert (shown["name"], shown["member_count"], shown["private"]) == ("NSCE Brexit", 250, False), "the suspended count"
    assert set(shown) == set(FIELDS.split(","))


def test_who_owns_and_who_is_on_lists(crowd: Sandbox, observer: OAuth1) -> None:
    owner, member = crowd.users()[0]["id"], crowd.users()[300]["id"]
    ids = [made(crowd, f"NSCE {number}", 300, 3)["id"] for number in range(5)][::-1]
    for where in (f"/2/users/{owner}/owned_lists", f"/2/users/{member}/list_memberships"):
        read = [one["id"] for body in pages(crowd, where, observer, 2) for one in body["data"]]
        assert read[:5] == ids, where
    body = crowd.get(f"/2/users/{owner}/owned_lists", auth=observer, expansions="owner_id", max_results=1).json()
    assert body["data"][0] == {"id": ids[0], "name": "NSCE 4", "owner_id": owner}
    assert body["includes"]["users"][0]["username"] == "observer"
    nobody = crowd.get(f"/2/users/{crowd.users()[350]['id']}/owned_lists", auth=observer)
    assert nobody.json() == {"meta": {"result_count": 0}}
    suspended = next(user["id"] for user in crowd.users() if user["state"] == "suspended")
    assert set(crowd.get(f"/2/users/{suspended}/owned_lists", auth=observer).json()) == {"errors"}


def test_a_private_list_is_seen_by_its_owner_alone_and_not_by_the_app(crowd: Sandbox, observer: OAuth1) -> None:
    one, member = made(crowd, first=380, count=3, private=True)["id"], crowd.users()[380]["id"]
    other = crowd.sign_in(crowd.users()[6]["name"])
    paths = [f"/2/lists/{one}", f"/2/lists/{one}/members", f"/2/lists/{one}/tweets"]
    for path in paths:
        assert "data" in crowd.get(path, auth=observer).json()
        for auth in (None, other):
            answer = crowd.get(path, auth=auth)
            assert answer.status_code == 200
            assert set(answer.json()) == {"errors"}, "neither data nor meta"
            assert answer.json()["errors"][0]["resource_type"] == "list"
    owner = crowd.users()[0]["id"]
    for path in (f"/2/users/{owner}/owned_lists", f"/2/users/{member}/list_memberships"):
        assert one in {found["id"] for found in crowd.get(path, auth=observer).json()["data"]}
        for auth in (None, other):
            assert one not in {found["id"] for found in crowd.get(path, auth=auth).json().get("data", [])}
    crowd.tell(f"lists/{one}", {"private": False, "name": "NSCE renamed"})
    assert [crowd.get(path).json().keys() >= {"data"} for path in paths] == [True] * 3
    assert crowd.get(paths[0]).json()["data"]["name"] == "NSCE renamed"


def test_a_list_that_is_deleted_and_one_of_somebody_suspended(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, count=2)["id"]
    crowd.session.delete(f"{crowd.base}/sandbox/lists/{one}", timeout=20)
    other = crowd.tell("lists", {"owner": 390, "name": "of another", "members": [1]})["id"]
    assert "data" in crowd.get(f"/2/lists/{other}", auth=observer).json()
    crowd.tell("state", {"user": 390, "state": "suspended"})
    for list_id in (one, other, "17"):
        for path in (f"/2/lists/{list_id}", f"/2/lists/{list_id}/members", f"/2/lists/{list_id}/tweets"):
            assert set(crowd.get(path, auth=observer).json()) == {"errors"}
    truth = crowd.look(f"truth/lists/{one}")
    assert (truth["deleted"], len(truth["members"])) == (True, 2)


def test_changes_are_seen_at_once_and_are_history(crowd: Sandbox, observer: OAuth1) -> None:
    one, ids = made(crowd, count=3)["id"], [user["id"] for user in crowd.users()]
    crowd.tell("clock", {"advance": 60})
    told = crowd.tell(f"lists/{one}/members", {"add": [5, 6, 2], "remove": [ids[1], 7]})
    assert (told["added"], told["removed"], told["member_count"]) == ([ids[6], ids[5]], [ids[1]], 4)
    assert members(crowd, one, observer) == [ids[5], ids[6], ids[2], ids[3]]
    crowd.tell(f"lists/{one}/members", {"add": [1]})
    assert members(crowd, one, observer)[0] == ids[1], "who comes back stands first"
    truth = crowd.look(f"truth/lists/{one}")
    changes = [(change["what"], change["user"]) for change in truth["history"]]
    assert changes[:3] == [("added", ids[3]), ("added", ids[2]), ("added", ids[1])]
    assert changes[3:] == [("removed", ids[1]), ("added", ids[6]), ("added", ids[5]), ("added", ids[1])]
    times = [change["ms"] for change in truth["history"]]
    assert times == sorted(times)
    assert times[3] - times[2] >= 60_000
    assert [one["id"] for one in truth["members"]] == members(crowd, one, observer)


def test_a_list_that_changes_while_it_is_read(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, first=100, count=250)["id"]
    before, token = to_be_had(crowd, one), crowd.get(f"/2/lists/{one}/members", auth=observer).json()["meta"]["next_token"]
    first = {user["id"] for user in crowd.get(f"/2/lists/{one}/members", auth=observer).json()["data"]}

    def rest() -> list[str]:
        read = crowd.get(f"/2/lists/{one}/members", auth=observer, pagination_token=token).json()["data"]
        return [user["id"] for user in read]

    crowd.tell(f"lists/{one}/members", {"add": [1, 2]})
    assert len(first.intersection(rest())) == 2, "somebody comes twice"
    crowd.tell(f"lists/{one}/members", {"remove": [1, 2, *before[:3]]})
    missed = before[len(first) : len(first) + 3]
    assert not set(missed).intersection(rest()), "and somebody is missing who is there"
    assert set(missed) <= set(to_be_had(crowd, one))


def test_list_tweets_are_the_newest_800_of_the_members(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, first=20, count=60)["id"]
    active = [user["id"] for user in crowd.look(f"truth/lists/{one}")["members"] if user["state"] == "active"]
    expected = sorted((int(post) for user in active for post in crowd.truth(user)), reverse=True)[:800]
    read = []
    for number, body in enumerate(pages(crowd, f"/2/lists/{one}/tweets", observer)):
        read += [int(post["id"]) for post in body["data"]]
        if number == 0:
            crowd.tell("posts", {"user": active[3], "count": 2})
    assert read[:800] == expected[: len(read)], "what comes in between moves nothing"
    assert len(read) in (798, 800)
    newest = crowd.get(f"/2/lists/{one}/tweets", auth=observer, max_results=2).json()["data"]
    assert [post["id"] for post in newest] == crowd.truth(active[3])[:2]


def test_list_tweets_can_be_paged_back(crowd: Sandbox, observer: OAuth1) -> None:
    one, token = made(crowd, first=20, count=60)["id"], {}
    bodies = []
    for way in ("next_token", "previous_token", ""):
        bodies.append(crowd.get(f"/2/lists/{one}/tweets", auth=observer, max_results=5, **token).json())
        token = {"pagination_token": bodies[-1]["meta"].get(way)}
    assert bodies[2]["data"] == bodies[0]["data"] != bodies[1]["data"]
    assert crowd.get(f"/2/lists/{one}/tweets", auth=observer, since_id=3).status_code == 400


def test_what_lists_cost(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, first=1, count=30)["id"]
    owner, read = crowd.users()[0]["id"], to_be_had(crowd, one)
    crowd.tell("bill/reset")
    for _ in range(2):
        crowd.get(f"/2/lists/{one}", auth=observer)
        crowd.get(f"/2/lists/{one}/members", auth=observer)
        crowd.get(f"/2/lists/{one}/members", auth=observer, max_results=5)
    crowd.get(f"/2/users/{read[0]}", auth=observer)
    bill = crowd.look("bill")
    assert billed_kinds(crowd) == {"user": len(read), "list": 1}
    assert bill["micro"] == len(read) * 10_000 + 5_000
    crowd.get(f"/2/users/{owner}/owned_lists", auth=observer, max_results=1, expansions="owner_id")
    assert crowd.look("bill")["billed"]["user"] == len(read) + 1, "the owner is expanded, the list was bought before"
    crowd.tell("bill/reset")
    crowd.get(f"/2/lists/{one}/members")
    crowd.get("/2/lists/12", auth=observer)
    crowd.get(f"/2/lists/{one}/tweets", auth=observer, max_results=10)
    assert billed_kinds(crowd) == {"post": 10, "user": len(read)}
    assert crowd.look("log?last=1")[0]["path"] == f"/2/lists/{one}/tweets"


@rows(
    ("path", "limit"),
    [
        ("/2/users/{owner}/owned_lists", "15"),
        ("/2/users/{owner}/list_memberships", "75"),
        ("/2/lists/{one}", "75"),
        ("/2/lists/{one}/members", "900"),
        ("/2/lists/{one}/tweets", "900"),
    ],
)
def test_limits_and_parameters(crowd: Sandbox, observer: OAuth1, path: str, limit: str) -> None:
    path = path.format(owner=crowd.users()[0]["id"], one=made(crowd, count=1)["id"])
    for auth in (None, observer):
        assert crowd.get(path, auth=auth).headers["x-rate-limit-limit"] == limit
    assert crowd.get(path, auth=observer, made_up=1).status_code == 400
    if not path.startswith("/2/lists/") or path.count("/") > 3:
        assert [crowd.get(path, auth=observer, max_results=size).status_code for size in (0, 1, 100, 101)] == [400, 200, 200, 400]
        assert crowd.get(path, auth=observer, pagination_token="7140dibdnow9c7btw300abcde").status_code == 400


@rows("path", ["/2/lists", "/2/lists/1/followers", "/2/lists/1/members/2", "/2/users/1/followed_lists"])
def test_other_addresses_are_not_there(crowd: Sandbox, path: str) -> None:
    assert crowd.get(path).status_code == 404


@rows(
    ("fault", "status", "keys"),
    [
        ({"kind": "list-gone"}, 200, {"errors"}),
        ({"kind": "internal-errors"}, 200, {"errors", "meta"}),
        ({"kind": "not-found"}, 404, {"value", "resource_type"}),
        ({"kind": "not-authorized"}, 403, {"value", "resource_type"}),
        ({"kind": "server-error"}, 503, {"status"}),
        ({"kind": "rate-limit"}, 429, {"status"}),
        ({"kind": "unauthorized", "caller": "@observer"}, 401, {"status"}),
        ({"kind": "no-meta"}, 200, {"data"}),
    ],
)
def test_answers_that_are_no_members(
    crowd: Sandbox, observer: OAuth1, fault: dict[str, Any], status: int, keys: set[str]
) -> None:
    one = made(crowd, count=5)["id"]
    crowd.tell("faults", {"endpoint": "/2/lists/:id/members", **fault})
    assert crowd.get(f"/2/lists/{one}", auth=observer).status_code == 200
    answer = crowd.get(f"/2/lists/{one}/members", auth=observer)
    assert answer.status_code == status
    assert keys <= set(answer.json())
    assert keys != {"errors"} or set(answer.json()) == keys
    assert answer.json().get("resource_type", "list") == "list"
    assert "data" in crowd.get(f"/2/lists/{one}/members", auth=observer).json(), "once"


def test_answers_about_owned_lists_that_are_none(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, count=5)["id"]
    path = f"/2/users/{crowd.users()[0]['id']}/owned_lists"
    crowd.tell("faults", [{"kind": "list-gone"}, {"kind": "empty-page", "after": 1}, {"kind": "members-short", "after": 2}])
    gone, empty, short = (crowd.get(path, auth=observer).json() for _ in range(3))
    assert set(gone) == {"errors"}
    assert gone["errors"][0]["resource_type"] == "user"
    assert set(empty) == {"meta"}
    assert "next_token" in empty["meta"]
    assert short == {"data": [{"id": one, "name": "NSCE Brexit"}], "meta": {"result_count": 1}}


def test_members_that_do_not_arrive_well(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd, count=5)["id"]
    crowd.tell("bill/reset")
    crowd.tell("faults", [{"kind": "reset"}, {"kind": "hang", "after": 1, "seconds": 0.1}, {"kind": "cut", "after": 2}])
    for micro in (0, 0, 50_000):
        with pytest.raises(requests.RequestException):
            crowd.get(f"/2/lists/{one}/members", auth=observer)
        assert crowd.look("bill")["micro"] == micro, "what was cut is billed"
    assert len(members(crowd, one, observer)) == 5


def test_pages_that_are_odd(crowd: Sandbox, observer: OAuth1) -> None:
    one = made(crowd)["id"]
    path, whole = f"/2/lists/{one}/members", to_be_had(crowd, one)

    def read(*faults: dict[str, Any]) -> list[dict[str, Any]]:
        crowd.tell("faults", {"faults": faults, "replace": True})
        return list(pages(crowd, path, observer))

    def ids(bodies: list[dict[str, Any]]) -> list[str]:
        return [user["id"] for body in bodies for user in body.get("data", [])]

    bodies = read({"kind": "short-page", "keep": 7}, {"kind": "empty-page", "after": 1})
    assert bodies[0]["meta"]["result_count"] <= 7
    assert (bodies[1].get("data"), "next_token" in bodies[1]["meta"]) == (None, True)
    assert ids(bodies) == whole
    bodies = read({"kind": "members-short", "after": 1, "keep": 30})
    assert len(bodies) == 2
    assert set(bodies[1]) == {"data", "meta"}
    assert "next_token" not in bodies[1]["meta"]
    assert ids(bodies) == whole[: len(ids(bodies))]
    bodies = read({"kind": "repeat-token", "after": 1})
    assert bodies[1]["data"] == bodies[2]["data"]
    bodies = read({"kind": "tell-unavailable", "times": 0})
    told = [problem["value"] for body in bodies for problem in body.get("errors", [])]
    assert len(told) == 250 - len(whole)
    assert ids(bodies) == whole
    stray = crowd.users()[399]["id"]
    bodies = read({"kind": "stray-post", "id": stray}, {"kind": "leave-out", "ids": [whole[3]], "times": 0})
    assert stray in ids(bodies)
    assert whole[3] not in ids(bodies)
    bodies = read({"kind": "odd-elements"}, {"kind": "odd-shapes"})
    assert bodies[0]["data"][0] is None


def test_counts_that_lie(crowd: Sandbox, observer: OAuth1) -> None:
    one, owner = made(crowd, count=5)["id"], crowd.users()[0]["id"]

    def counts(by: int) -> list[int]:
        crowd.tell("faults", {"faults": [{"kind": "count-lies", "by": by, "times": 0}], "replace": True})
        single = crowd.get(f"/2/lists/{one}", auth=observer, list__fields="member_count").json()["data"]
        owned = crowd.get(f"/2/users/{owner}/owned_lists", auth=observer, list__fields="member_count", max_results=1).json()
        return [single["member_count"], owned["data"][0]["member_count"]]

    assert [counts(by) for by in (3, -2, -9)] == [[8, 8], [3, 3], [0, 0]]
    assert crowd.look(f"truth/lists/{one}")["member_count"] == 5


def test_a_fault_of_one_account_leaves_the_others_alone(crowd: Sandbox, observer: OAuth1) -> None:
    other, one = crowd.sign_in(crowd.users()[6]["name"]), made(crowd, count=5)["id"]
    for named in ("@observer", 0, crowd.users()[0]["id"]):
        crowd.tell("faults", {"faults": [{"kind": "unauthorized", "caller": named, "times": 0}], "replace": True})
        statuses = [crowd.get(f"/2/lists/{one}", auth=auth).status_code for auth in (observer, other, None)]
        assert statuses == [401, 200, 200]


def test_what_cannot_be_done_to_lists_is_told(crowd: Sandbox) -> None:
    one = made(crowd, count=1)["id"]
    for what, body, status in (
        ("lists", {"owner": "observer", "name": ""}, 400),
        ("lists", {"owner": "observer", "name": "x" * 26}, 400),
        ("lists", {"owner": "nobody_at_all", "name": "x"}, 400),
        ("lists", {"owner": 0, "name": "x", "members": [*range(5_001)]}, 400),
        (f"lists/{one}", {"name": 7}, 400),
        (f"lists/{one}/members", {"add": "observer"}, 400),
        ("lists/12/members", {"add": [1]}, 404),
    ):
        answer = crowd.session.post(f"{crowd.base}/sandbox/{what}", json=body, timeout=20)
        assert answer.status_code == status, what
        assert answer.json()["error"]


READY = """
[world]
observers = 2
lists = 3
members = 60
silent = 0
posts_a_day = 24
[clock]
speed = 3600
[server]
trailing_page = true
[[users]]
index = 5
posts_a_day = 0
[[lists]]
owner = "observer2"
name = "Friends"
private = true
members = { first = 10, count = 4 }
"""


def test_observers_with_lists_and_members_who_post(start: Start) -> None:
    box = start(scenario=READY)
    users = box.users()
    assert len(users) == 122
    lists = box.look("truth/lists")
    names = ["NSCE Brexit", "NSCE Elections", "NSCE Climate"]
    assert [(one["name"], one["owner"]) for one in lists] == [
        *((name, user["id"]) for user in users[:2] for name in names),
        ("Friends", users[1]["id"]),
    ]
    on = [{member["id"] for member in box.look(f"truth/lists/{one['id']}")["members"]} for one in lists]
    assert len(set.union(*on[:3])) == len(set.union(*on[3:6])) == 60
    assert not set.union(*on[:3]) & set.union(*on[3:6])
    assert [len(one) for one in on[:3]] == [21, 21, 21], "some are on two"
    assert {user["name"] for user in users[:2]} == {"observer", "observer2"}
    before = {user["id"]: user["posts"] for user in users}
    box.tell("clock", {"advance": 86_400})
    after = {user["id"]: user["posts"] for user in box.users()}
    came = [after[user["id"]] - before[user["id"]] for user in users if user["state"] == "active" and user["index"] != 5]
    assert sum(came) > 12 * len(came)
    assert after[users[5]["id"]] == before[users[5]["id"]]
    busy = max(users, key=lambda user: after[user["id"]] - before[user["id"]])["id"]
    one, auth = lists[0]["id"], box.sign_in("observer")
    for path in (f"/2/lists/{one}/members", f"/2/lists/{one}/tweets", f"/2/users/{users[0]['id']}/owned_lists"):
        last = list(pages(box, path, auth))[-1]
        assert last == {"meta": {"result_count": 0, **last["meta"]}}, "the last page may be followed by an empty one"
    box.tell("clock", {"frozen": True})
    truth = box.truth(busy)
    assert box.timeline(busy, since_id=truth[50]) == truth[:50]
    assert box.timeline(busy) == truth[:3_200]
    refused = box.session.post(f"{box.base}/sandbox/clock", json={"advance": -4000}, timeout=20)
    assert refused.status_code == 400

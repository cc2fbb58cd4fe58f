"""The bill equals what a reader of the bodies counts."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .conftest import BEARER, LEGACY, Sandbox, billed_kinds

POST, USER = 5_000, 10_000


def counted(bodies: list[dict[str, Any]]) -> tuple[dict[str, int], dict[str, int]]:
    """Objects in the bodies, and distinct ones."""
    posts: list[str] = []
    users: list[str] = []
    for body in bodies:
        data = body.get("data", [])
        for one in data if isinstance(data, list) else [data]:
            (users if "username" in one else posts).append(one["id"])
        posts += [post["id"] for post in body.get("includes", {}).get("tweets", ())]
        users += [user["id"] for user in body.get("includes", {}).get("users", ())]
    return {"post": len(posts), "user": len(users)}, {"post": len(set(posts)), "user": len(set(users))}


def bill(box: Sandbox) -> tuple[dict[str, int], dict[str, int], int]:
    found = box.look("bill")
    return {k: found["returned"][k] for k in ("post", "user")}, {k: found["billed"][k] for k in ("post", "user")}, found["micro"]


def test_the_bill_is_what_the_bodies_hold(box: Sandbox) -> None:
    box.tell("bill/reset")
    users = box.users()
    bodies: list[dict[str, Any]] = []
    for user in [*users[:4], users[7], users[11], *users[:2]]:
        bodies += list(box.pages(user["id"], **LEGACY))
    bodies.append(box.get("/2/users", ids=",".join(user["id"] for user in users)).json())
    bodies.append(box.get(f"/2/users/{users[0]['id']}").json())
    returned, distinct = counted(bodies)
    assert returned["post"] > distinct["post"] > 3_200
    assert bill(box) == (returned, distinct, distinct["post"] * POST + distinct["user"] * USER)


def test_the_same_object_costs_again_on_the_next_day(start: Any) -> None:
    box = start("--clock", "2026-03-01T23:59:00Z")
    user = box.users()[0]["id"]
    for _ in range(2):
        box.get(f"/2/users/{user}/tweets", max_results=100)
    first = box.look("bill")
    assert (first["returned"]["post"], first["billed"]["post"]) == (200, 100)
    box.tell("clock", {"advance": 120})
    answer = box.get(f"/2/users/{user}/tweets", max_results=100)
    assert answer.headers["Date"].startswith("Mon, 02 Mar 2026 00:0")
    assert [(day["day"], day["billed"]["post"]) for day in box.look("bill")["days"]] == [("2026-03-01", 100), ("2026-03-02", 100)]
    usage = box.get("/2/usage/tweets").json()["data"]
    assert usage["project_usage"] == "200"


def test_answers_without_data_cost_nothing(box: Sandbox) -> None:
    box.tell("bill/reset")
    users = box.users()
    for state in ("suspended", "gone", "protected"):
        box.get(f"/2/users/{next(user['id'] for user in users if user['state'] == state)}/tweets", **LEGACY)
    box.get(f"/2/users/{users[7]['id']}/tweets", since_id=box.truth(users[7]["id"])[0])
    box.get("/2/users/by", usernames="nobody")
    box.tell("faults", {"kind": "server-error"})
    box.get(f"/2/users/{users[7]['id']}/tweets")
    assert box.look("bill")["micro"] == 0


def test_an_answer_that_was_cut_is_billed(box: Sandbox) -> None:
    box.tell("bill/reset")
    user = box.users()[7]["id"]
    box.tell("faults", [{"kind": "cut"}, {"kind": "reset", "after": 1}, {"kind": "reset", "after": 2, "billed": True}])
    for billed in (100, 100, 200):
        with pytest.raises(requests.RequestException):
            box.get(f"/2/users/{user}/tweets", max_results=100)
        assert box.look("bill")["returned"]["post"] == billed
    assert box.look("bill")["micro"] == 100 * POST


def test_followers_are_sold_by_the_list(box: Sandbox) -> None:
    box.tell("bill/reset")
    one, other = [user["id"] for user in box.users() if user["state"] == "active"][:2]
    page = box.get(f"/2/users/{one}/followers", max_results=50).json()
    assert billed_kinds(box) == {"follower": len(page["data"])}
    assert box.look("bill")["micro"] == len(page["data"]) * 10_000
    more = box.get(f"/2/users/{one}/followers", max_results=50, pagination_token=page["meta"]["next_token"]).json()
    assert not {one["id"] for one in page["data"]} & {one["id"] for one in more["data"]}
    again = box.get(f"/2/users/{one}/followers", max_results=50).json()
    assert again["data"] == page["data"]
    assert box.look("bill")["billed"]["follower"] == len(page["data"]) + len(more["data"])

    follower = page["data"][0]["id"]
    box.tell("bill/reset")
    box.tell("follows", {"user": other, "add": [follower]})
    box.tell("follows", {"user": other, "direction": "following", "add": [follower]})
    box.get(f"/2/users/{one}/followers", max_results=1)
    box.get(f"/2/users/{other}/followers", max_results=1)
    box.get(f"/2/users/{other}/following", max_results=1)
    box.get(f"/2/users/{follower}")
    assert billed_kinds(box) == {"user": 1, "follower": 2, "following": 1}, "the dearest reading"


def test_each_app_has_a_bill_of_its_own(start: Any) -> None:
    """What two apps bought costs twice."""
    box = start()
    user = box.users()[0]["id"]
    for app in ("", "2"):
        headers = {"Authorization": f"Bearer {BEARER}{app}"}
        requests.get(f"{box.base}/2/users/{user}/tweets?max_results=50", headers=headers, timeout=20)
    assert [box.look(f"bill?app=sandbox-key{app}")["billed"]["post"] for app in ("", "-2", "-4")] == [50, 50, 0]
    assert box.look("bill")["billed"]["post"] == 100
    assert [(entry["caller"], entry["micro"]) for entry in box.look("log")] == [
        ("sandbox-key/app", 250_000),
        ("sandbox-key-2/app", 250_000),
    ]

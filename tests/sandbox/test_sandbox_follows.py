"""Followers and whom a user follows: pages, what is odd about them, and lists that change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rows import rows

from .conftest import Sandbox, Start

WORLD = """
[world]
users = 20
[[users]]
followers = 950
following = 40
"""


@pytest.fixture(scope="module")
def crowd(start: Start) -> Sandbox:
    return start(scenario=WORLD)


@pytest.fixture(autouse=True)
def _calm_crowd(crowd: Sandbox) -> Iterator[None]:
    yield
    crowd.calm()


def pages(box: Sandbox, user: str, direction: str = "followers", size: int = 100) -> Iterator[dict[str, Any]]:
    token: dict[str, Any] = {}
    while True:
        body = box.get(f"/2/users/{user}/{direction}", max_results=size, **token).json()
        yield body
        if "next_token" not in body["meta"]:
            return
        token = {"pagination_token": body["meta"]["next_token"]}


def listed(box: Sandbox, user: str, direction: str = "followers") -> list[str]:
    return [one["id"] for body in pages(box, user, direction) for one in body.get("data", [])]


def truth(box: Sandbox, user: str, direction: str = "followers") -> list[str]:
    return box.session.get(f"{box.base}/sandbox/truth/{direction}/{user}", timeout=20).text.split()


@rows("direction", ["followers", "following"])
def test_pages_are_the_truth(crowd: Sandbox, direction: str) -> None:
    user = crowd.users()[0]["id"]
    assert listed(crowd, user, direction) == truth(crowd, user, direction)
    assert len(truth(crowd, user)) > 850


def test_who_is_not_to_be_had_is_passed_over_or_told(crowd: Sandbox) -> None:
    user = crowd.users()[0]["id"]
    assert not any("errors" in body for body in pages(crowd, user))
    crowd.tell("faults", {"kind": "tell-unavailable", "times": 0})
    told = [problem for body in pages(crowd, user) for problem in body.get("errors", [])]
    assert {problem["title"] for problem in told} == {"Forbidden", "Not Found Error"}
    assert len(truth(crowd, user)) + len(told) == 950
    assert {problem["value"] for problem in told}.isdisjoint(truth(crowd, user))
    state = crowd.get(f"/2/users/{told[0]['value']}").json()
    assert state["errors"][0]["title"] == told[0]["title"]


def test_protected_users_are_listed_as_such(crowd: Sandbox) -> None:
    user = crowd.users()[0]["id"]
    bodies = crowd.get(f"/2/users/{user}/followers", max_results=1000, user__fields="protected").json()["data"]
    assert 5 < sum(one["protected"] for one in bodies) < 100


def test_a_list_that_changes_while_it_is_read(crowd: Sandbox) -> None:
    user = crowd.users()[1]["id"]
    crowd.tell("follows", {"user": user, "add": 200})
    whole = truth(crowd, user)
    first = crowd.get(f"/2/users/{user}/followers", max_results=100).json()
    changed = crowd.tell("follows", {"user": user, "add": 2, "remove": [whole[150]]})
    second = crowd.get(f"/2/users/{user}/followers", max_results=100, pagination_token=first["meta"]["next_token"]).json()
    again = {one["id"] for one in first["data"]} & {one["id"] for one in second["data"]}
    assert len(again) == 2, "everybody moved by two places, so two come twice"
    assert whole[150] not in {one["id"] for one in second["data"]}
    profile = crowd.get(f"/2/users/{user}", user__fields="public_metrics").json()["data"]
    assert profile["public_metrics"]["followers_count"] == changed["count"]
    came = set(truth(crowd, user)) - set(whole)
    assert came
    assert came <= set(changed["added"]), "the crowd has suspended users too"


def test_short_empty_and_repeated_pages(crowd: Sandbox) -> None:
    user = crowd.users()[0]["id"]
    crowd.tell(
        "faults",
        [
            {"kind": "short-page", "requests": [2], "keep": 7},
            {"kind": "empty-page", "requests": [4]},
            {"kind": "repeat-token", "requests": [6]},
        ],
    )
    bodies = list(pages(crowd, user))
    sizes = [len(body.get("data", [])) for body in bodies]
    assert sizes[1] <= 7
    assert sizes[3] == 0
    assert bodies[5]["data"] == bodies[6]["data"]
    ids = [one["id"] for number, body in enumerate(bodies) for one in body.get("data", []) if number != 6]
    assert ids == truth(crowd, user)


def test_a_token_gone_stale(crowd: Sandbox) -> None:
    user = crowd.users()[0]["id"]
    crowd.tell("faults", {"kind": "stale-token", "times": 0})
    first = crowd.get(f"/2/users/{user}/followers", max_results=100)
    assert first.status_code == 200, "a request without a token is none of its business"
    refused = crowd.get(f"/2/users/{user}/followers", pagination_token=first.json()["meta"]["next_token"])
    assert refused.status_code == 400
    assert "pagination_token" in refused.json()["errors"][0]["parameters"]


def test_users_of_whom_nothing_is_said(crowd: Sandbox) -> None:
    crowd.tell("bill/reset")
    one, other = [user["id"] for user in crowd.users() if user["state"] == "active"][:2]
    crowd.tell("faults", {"kind": "leave-out", "ids": [other], "times": 0})
    body = crowd.get("/2/users", ids=f"{one},{other}").json()
    assert [user["id"] for user in body["data"]] == [one]
    assert "errors" not in body
    assert "data" not in crowd.get(f"/2/users/{other}").json()
    assert crowd.look("bill")["billed"]["user"] == 1


def test_profiles_are_written_anew(crowd: Sandbox) -> None:
    user = crowd.users()[2]["id"]
    crowd.tell("profile", {"user": user, "description": "quite new", "location": None})
    shown = crowd.get(f"/2/users/{user}", user__fields="description,location").json()["data"]
    assert shown["description"] == "quite new"
    assert "location" not in shown

"""X's lists: what their owner, another user and an app see of them, page by page, and what is told behind the scenes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from requests_oauthlib import OAuth1

from .conftest import Sandbox, Start

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

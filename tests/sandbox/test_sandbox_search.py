"""Searching the sandbox: what is found, how pages end, what is refused, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import rows

from .conftest import Sandbox, Start, billed_kinds

EPOCH = 1_288_834_974_657
NOW = 1_767_268_800_000  # 2026-01-01T12:00:00Z
SCENARIO = """
[world]
seed = 5
users = 12
end = 2026-01-01T12:00:00Z
most_posts = 40
prolific = 0
suspended = 6
[clock]
now = 2026-01-01T12:00:00Z
speed = 0.001
""" + "".join(f"[[users]]\nindex = {index}\nposts = 350\n" for index in (8, 9, 10))


@pytest.fixture(scope="module")
def world(start: Start) -> Sandbox:
    box = start(scenario=SCENARIO)
    for index in (8, 9, 10):
        box.tell("posts", {"user": index, "count": 20})
    return box


@pytest.fixture(autouse=True)
def _anew(world: Sandbox) -> None:
    world.calm()
    world.tell("bill/reset")


def first_id(ms: int) -> int:
    return ms - EPOCH << 22


def found(box: Sandbox, query: str, kind: str = "recent", **bounds: Any) -> list[str]:
    """All pages of a search."""
    ids: list[str] = []
    bounds = {"max_results": 100, **bounds}
    while True:
        box.tell("windows/reset")
        answer = box.get(f"/2/tweets/search/{kind}", query=query, **bounds)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["meta"]["result_count"] == len(body.get("data", []))
        ids += [post["id"] for post in body.get("data", [])]
        if "next_token" not in body["meta"]:
            return ids
        bounds["next_token"] = body["meta"]["next_token"]


def truth(box: Sandbox, query: str, since: int = 0, until: int = first_id(NOW - 29_000)) -> list[str]:
    url = f"{box.base}/sandbox/truth/search"
    return box.session.get(url, params={"query": query, "since_id": since, "until_id": until}, timeout=20).text.split()


def refused(box: Sandbox, path: str, **parameters: Any) -> str:
    answer = box.get(path, **parameters)
    assert answer.status_code == 400, answer.text
    return str(answer.json()["errors"][0]["message"])


def author(box: Sandbox, index: int = 8) -> str:
    return next(user["id"] for user in box.users() if user["index"] == index)


@rows(
    "query",
    ["harbour OR hafen OR puerto OR train", "#news OR #brexit", "from:{}", "match -lang:de", '"a slow train"', "noone_says_that"],
)
def test_a_search_brings_what_is_true_of_the_last_week(world: Sandbox, query: str) -> None:
    query = query.format(author(world))
    world.tell("bill/reset")
    week = truth(world, query, first_id(NOW - 7 * 86_400_000 + 1000))
    assert found(world, query) == week
    assert found(world, query, "all", since_id=1, max_results=500) == truth(world, query)
    assert "noone" in query or len(week) > 1
    assert world.look("bill")["billed"]["post"] == len(truth(world, query))


def test_a_search_reads_people_who_may_be_read(world: Sandbox) -> None:
    hidden = [user for user in world.users() if user["state"] != "active" and user["posts"]]
    assert hidden
    assert found(world, f"from:{hidden[0]['id']}", "all", since_id=1) == []


def test_the_full_archive_ends_after_thirty_days_without_bounds_and_looks_at_so_many_posts_a_page(world: Sandbox) -> None:
    who = f"from:{author(world)}"
    month = truth(world, who, first_id(NOW - 30 * 86_400_000 - 30_000) - 1)
    assert found(world, who, "all") == month != truth(world, who)
    world.tell("windows/reset")
    first = world.get("/2/tweets/search/all", query="nobodysaysthat", since_id=1).json()
    assert first["meta"]["result_count"] == 0
    assert "next_token" in first["meta"]
    assert found(world, "nobodysaysthat", "all", since_id=1) == []


def test_the_full_archive_takes_a_request_a_second_and_no_user(world: Sandbox) -> None:
    assert world.get("/2/tweets/search/all", query="rain").status_code == 200
    answer = world.get("/2/tweets/search/all", query="rain")
    assert (answer.status_code, answer.headers["x-rate-limit-limit"]) == (429, "1")
    user = world.sign_in(world.users()[8]["name"])
    assert world.get("/2/tweets/search/all", auth=user, query="rain").status_code == 403
    assert world.get("/2/tweets/search/recent", auth=user, query="rain").status_code == 200
    assert world.get("/2/users/search", query="heron").status_code == 403


WEEK_AGO = first_id(NOW - 8 * 86_400_000)
REFUSED = [
    ({"query": ""}, "Invalid 'query':''"),
    ({"query": "a" * 513}, "Invalid 'query'"),
    ({"query": "rain)"}, "There were errors processing your request: missing EOF"),
    ({"query": "rain", "max_results": 9}, "The `max_results`"),
    ({"query": "rain", "max_results": 101}, "The `max_results`"),
    ({"query": "rain", "since_id": WEEK_AGO}, "'since_id' must be a tweet id created after [2025-12-25T12:0"),
    ({"query": "rain", "start_time": "2025-12-20T00:00:00Z"}, "Invalid 'start_time'"),
    ({"query": "rain", "end_time": "2026-01-01T11:59:58Z"}, "Invalid 'end_time'"),
    ({"query": "rain", "since_id": first_id(NOW - 9_999_999), "end_time": "2026-01-01T11:00:00Z"}, "Invalid use of 'since_id'"),
    ({"query": "rain", "next_token": "abc"}, "The `next_token`"),
]


@rows(("parameters", "message"), REFUSED)
def test_what_a_search_refuses(world: Sandbox, parameters: dict[str, Any], message: str) -> None:
    assert refused(world, "/2/tweets/search/recent", **parameters).startswith(message)


def test_tokens_are_of_one_query_and_what_is_too_young_is_not_found(world: Sandbox) -> None:
    who = author(world)
    token = world.get("/2/tweets/search/recent", query=f"from:{who}").json()["meta"]["next_token"]
    assert refused(world, "/2/tweets/search/recent", query="rain", next_token=token).startswith("The `next_token`")
    young = truth(world, f"from:{who}", first_id(NOW - 300_000), first_id(NOW + 86_400_000))
    assert found(world, f"from:{who}", since_id=first_id(NOW - 300_000), until_id=first_id(NOW + 600_000)) == young[1:]


def test_counts_cost_a_request_each_and_count_more_than_is_found(world: Sandbox) -> None:
    query = f"from:{author(world)} OR train"
    for kind, extra in (("recent", {}), ("all", {"since_id": 1, "granularity": "day"})):
        total, parameters = 0, {"query": query, **extra}
        while True:
            body = world.get(f"/2/tweets/counts/{kind}", **parameters).json()
            assert sum(one["tweet_count"] for one in body["data"]) == body["meta"]["total_tweet_count"]
            assert [one["start"] for one in body["data"]] == sorted({one["start"] for one in body["data"]})
            total += body["meta"]["total_tweet_count"]
            if "next_token" not in body["meta"] or total > 50:
                break
            parameters["next_token"] = body["meta"]["next_token"]
        if kind == "recent":
            assert total == len(found(world, query))
    world.tell("bill/reset")
    for _ in range(2):
        world.get("/2/tweets/counts/recent", query="nothing_at_all")
    assert billed_kinds(world) == {"counts_recent": 2}
    assert world.look("bill")["micro"] == 10_000


def test_users_are_found_by_their_names(world: Sandbox) -> None:
    users = world.users()
    user = world.sign_in(users[8]["name"])
    name = users[9]["name"]
    body = world.get("/2/users/search", auth=user, query=name.upper()).json()
    assert [one["id"] for one in body["data"]] == [users[9]["id"]]
    ids: list[str] = []
    parameters: dict[str, Any] = {"query": "a", "max_results": 3}
    while True:
        body = world.get("/2/users/search", auth=user, **parameters).json()
        ids += [one["id"] for one in body["data"]]
        if "next_token" not in body["meta"]:
            break
        parameters["next_token"] = body["meta"]["next_token"]
    assert len(ids) == len(set(ids)) > 3
    assert {one["id"] for one in users if "a" in one["name"].lower() and one["state"] == "active"} <= set(ids)
    assert world.get("/2/users/search", auth=user, query="a-b").status_code == 400

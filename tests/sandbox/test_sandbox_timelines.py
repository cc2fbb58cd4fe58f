"""GET /2/users/:id/tweets as X serves it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import rows

from .conftest import Sandbox

LEAN = {"tweet.fields": "author_id,created_at,referenced_tweets"}


@pytest.fixture(scope="module")
def users(box: Sandbox) -> list[dict[str, Any]]:
    return box.users()


def big(users: list[dict[str, Any]]) -> str:
    return next(str(user["id"]) for user in users if user["posts"] == 5_000)


def test_paging_gives_exactly_the_newest_3200(box: Sandbox, users: list[dict[str, Any]]) -> None:
    truth = box.truth(big(users))
    assert len(truth) == 5_000
    assert box.timeline(big(users)) == truth[:3_200]


def test_every_smaller_timeline_is_whole(box: Sandbox, users: list[dict[str, Any]]) -> None:
    for user in users[:12]:
        if user["state"] == "active" and user["posts"] <= 3_200:
            truth = box.truth(user["id"])
            assert len(truth) == user["posts"]
            assert box.timeline(user["id"]) == truth


def test_bounds_are_exclusive_and_win_over_times(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user, truth = big(users), box.truth(big(users))
    assert box.timeline(user, since_id=truth[250]) == truth[:250]
    assert box.timeline(user, since_id=truth[400], until_id=truth[100]) == truth[101:400]
    assert box.timeline(user, since_id=int(truth[7]) - 1, until_id=int(truth[7]) + 1) == [truth[7]]
    assert box.timeline(user, since_id=truth[20], until_id=truth[10], start_time="2012-01-01T00:00:00Z") == truth[11:20]
    assert box.timeline(user, since_id=truth[0]) == []


def test_times_bound_a_timeline(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user = big(users)
    posts = box.get(f"/2/users/{user}/tweets", max_results=100, **LEAN).json()["data"]
    start, end = posts[60]["created_at"], posts[20]["created_at"]
    got = box.timeline(user, start_time=start, end_time=end)
    assert got == [post["id"] for post in posts[21:61]]


def test_past_the_limit_is_an_answer_without_data(box: Sandbox, users: list[dict[str, Any]]) -> None:
    truth = box.truth(big(users))
    answer = box.get(f"/2/users/{big(users)}/tweets", until_id=truth[3_199])
    assert answer.status_code == 200
    assert answer.json() == {"meta": {"result_count": 0}}


def test_without_replies_only_the_newest_800_are_reachable(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user, truth = big(users), box.truth(big(users))
    bodies = list(box.pages(user, exclude="replies", **LEAN))
    posts = [post for body in bodies for post in body.get("data", [])]
    assert int(posts[-1]["id"]) >= int(truth[799])
    assert not [post for post in posts if any(r["type"] == "replied_to" for r in post.get("referenced_tweets", []))]
    assert any(body["meta"]["result_count"] < 100 for body in bodies[:-1]), "pages are short, and still go on"


def test_the_way_back_exists(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user, truth = big(users), box.truth(big(users))
    first = box.get(f"/2/users/{user}/tweets", max_results=50).json()["meta"]
    assert "previous_token" not in first
    second = box.get(f"/2/users/{user}/tweets", max_results=50, pagination_token=first["next_token"]).json()["meta"]
    back = box.get(f"/2/users/{user}/tweets", max_results=50, pagination_token=second["previous_token"]).json()
    assert [post["id"] for post in back["data"]] == truth[:50]


def test_meta_tells_of_the_page(box: Sandbox, users: list[dict[str, Any]]) -> None:
    truth = box.truth(big(users))
    meta = box.get(f"/2/users/{big(users)}/tweets").json()["meta"]
    assert (meta["result_count"], meta["newest_id"], meta["oldest_id"]) == (10, truth[0], truth[9])
    assert len(meta["next_token"]) >= 16


@rows(
    ("parameters", "named"),
    [
        ({"max_results": 4}, "max_results"),
        ({"max_results": 101}, "max_results"),
        ({"max_results": "ten"}, "max_results"),
        ({"since_id": "-1"}, "since_id"),
        ({"until_id": "12a"}, "until_id"),
        ({"start_time": "yesterday"}, "start_time"),
        ({"end_time": "2024-13-01T00:00:00Z"}, "end_time"),
        ({"exclude": "ads"}, "exclude"),
        ({"pagination_token": "7140dibdnow9c7btwabcdefgh"}, "pagination_token"),
        ({"fields": "text"}, "fields"),
    ],
)
def test_what_x_cannot_read_is_400(box: Sandbox, users: list[dict[str, Any]], parameters: dict[str, Any], named: str) -> None:
    before = box.look("bill")
    answer = box.get(f"/2/users/{big(users)}/tweets", **parameters)
    assert answer.status_code == 400
    body = answer.json()
    assert body["type"].endswith("/invalid-request")
    assert named in body["errors"][0]["parameters"]
    assert named in body["errors"][0]["message"]
    assert box.look("bill") == before


def test_a_token_of_another_timeline_is_refused(box: Sandbox, users: list[dict[str, Any]]) -> None:
    token = box.get(f"/2/users/{big(users)}/tweets").json()["meta"]["next_token"]
    assert box.get(f"/2/users/{users[0]['id']}/tweets", pagination_token=token).status_code == 400


def test_users_whose_posts_cannot_be_had(box: Sandbox, users: list[dict[str, Any]]) -> None:
    words = {
        "suspended": ("Forbidden", "resource-not-found", "User has been suspended: [{}]."),
        "gone": ("Not Found Error", "resource-not-found", "Could not find user with id: [{}]."),
        "protected": (
            "Authorization Error",
            "not-authorized-for-resource",
            "Sorry, you are not authorized to see the user with id: [{}].",
        ),
    }
    for state, (title, kind, detail) in words.items():
        user = next(user for user in users if user["state"] == state)
        answer = box.get(f"/2/users/{user['id']}/tweets")
        assert answer.status_code == 200
        assert list(answer.json()) == ["errors"]
        error = answer.json()["errors"][0]
        assert (error["title"], error["type"].rpartition("/")[2], error["detail"]) == (title, kind, detail.format(user["id"]))


def test_a_protected_user_reads_their_own_timeline(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user = next(user for user in users if user["state"] == "protected")
    answer = box.get(f"/2/users/{user['id']}/tweets", auth=box.sign_in(user["name"]), max_results=5)
    assert len(answer.json()["data"]) == 5


def test_new_posts_push_old_ones_out_of_reach(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user = next(user for user in users if user["posts"] > 3_200 and user["posts"] != 5_000)
    top = box.truth(user["id"])[0]
    box.tell("posts", {"user": user["id"], "count": 5_000})
    truth = box.truth(user["id"])
    assert truth.index(top) == 5_000
    got = box.timeline(user["id"], since_id=top)
    assert got == truth[:3_200], "the rest of the new ones is lost, and nothing says so"
    probe = box.timeline(user["id"], since_id=int(top) - 1, until_id=int(top) + 1)
    assert probe == []


def test_posts_that_arrive_between_pages_do_not_shift_them(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user, truth = users[1]["id"], box.truth(users[1]["id"])
    first = box.get(f"/2/users/{user}/tweets", max_results=20).json()
    box.tell("posts", {"user": f"@{users[1]['name']}", "count": 7})
    second = box.get(f"/2/users/{user}/tweets", max_results=20, pagination_token=first["meta"]["next_token"]).json()
    assert [post["id"] for post in first["data"] + second["data"]] == truth[:40]


def test_a_state_changes_while_the_world_runs(box: Sandbox, users: list[dict[str, Any]]) -> None:
    user = users[2]["id"]
    for state, works in (("suspended", False), ("active", True), ("gone", False), ("protected", False), ("active", True)):
        box.tell("state", {"user": user, "state": state})
        assert ("data" in box.get(f"/2/users/{user}/tweets").json()) is works

"""Fields, expansions, includes: both dialects, and what is dropped without a word."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ALL_TWEET_FIELDS, LEGACY, Sandbox


@pytest.fixture(scope="module")
def path(box: Sandbox) -> str:
    return f"/2/users/{next(user['id'] for user in box.users() if user['posts'] == 5_000)}/tweets"


def body(box: Sandbox, path: str, **parameters: Any) -> dict[str, Any]:
    answer = box.get(path, max_results=100, **parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def keys(found: dict[str, Any]) -> set[str]:
    return {key for post in found["data"] for key in post}


def test_without_fields_there_are_three(box: Sandbox, path: str) -> None:
    assert keys(body(box, path)) == {"id", "text", "edit_history_tweet_ids"}
    assert keys(body(box, path, post__fields="id")) == {"id", "text"}


def test_each_dialect_has_its_own_keys(box: Sandbox, path: str) -> None:
    legacy = body(
        box, path, tweet__fields="note_tweet,referenced_tweets,public_metrics,author_id", expansions="referenced_tweets.id"
    )
    post = body(box, path, post__fields="note_post,public_metrics", expansions="referenced_posts,author_id")
    assert {"note_tweet", "referenced_tweets", "author_id"} <= keys(legacy)
    assert {"note_post", "referenced_posts", "author_id"} <= keys(post)
    assert "retweet_count" in legacy["data"][0]["public_metrics"]
    assert "repost_count" in post["data"][0]["public_metrics"]
    assert [one["id"] for one in legacy["includes"]["tweets"]] == [one["id"] for one in post["includes"]["posts"]]
    assert [one.get("note_tweet") for one in legacy["data"]] == [one.get("note_post") for one in post["data"]]


def test_mixing_the_dialects_loses_data_without_a_word(box: Sandbox, path: str) -> None:
    mixed = body(box, path, post__fields="lang", tweet__fields="author_id,created_at", expansions="referenced_tweets.id")
    assert keys(mixed) == {"id", "text", "lang"}
    assert "includes" not in mixed
    assert "errors" not in mixed


def test_what_x_does_not_know_is_dropped_and_billed(box: Sandbox, path: str) -> None:
    box.tell("bill/reset")
    found = body(box, path, tweet__fields="lang,langg,author", expansions="autor_id")
    assert keys(found) == {"id", "text", "edit_history_tweet_ids", "lang"}
    assert set(found) == {"data", "meta"}
    assert box.look("bill")["billed"]["post"] == 100


def test_author_id_is_an_expansion_only_in_the_post_dialect(box: Sandbox, path: str) -> None:
    assert "author_id" not in keys(body(box, path, post__fields="author_id,lang"))
    assert "author_id" in keys(body(box, path, tweet__fields="author_id"))
    assert body(box, path, expansions="author_id")["includes"]["users"]


def test_includes_hold_each_object_once(box: Sandbox, path: str) -> None:
    found = body(box, path, **LEGACY)
    for kind, objects in found["includes"].items():
        names = [one.get("id") or one["media_key"] for one in objects]
        assert len(names) == len(set(names)), kind


def test_everything_referred_to_is_included_or_an_error(box: Sandbox, path: str) -> None:
    found = body(box, path, **LEGACY)
    included = {kind: {one.get("id") or one["media_key"] for one in objects} for kind, objects in found["includes"].items()}
    problems = {error["value"] for error in found["errors"]}
    for post in found["data"]:
        assert post["author_id"] in included["users"]
        for reference in post.get("referenced_tweets", ()):
            assert reference["id"] in included["tweets"] | problems
        for key in post.get("attachments", {}).get("media_keys", ()):
            assert key in included["media"]
        for key in post.get("attachments", {}).get("poll_ids", ()):
            assert key in included["polls"]
        if "place_id" in post.get("geo", {}):
            assert post["geo"]["place_id"] in included["places"]
        for mention in post.get("entities", {}).get("mentions", ()):
            assert mention["id"] in included["users"] or mention["username"] in problems
    deleted = [
        error for error in found["errors"] if error["parameter"] == "referenced_tweets.id" and error["title"] == "Not Found Error"
    ]
    assert deleted
    assert all(error["section"] == "includes" for error in deleted)


def test_long_posts_are_whole_only_in_the_note(box: Sandbox, path: str) -> None:
    posts = [post for post in body(box, path, tweet__fields="note_tweet")["data"] if "note_tweet" in post]
    assert posts
    for post in posts:
        assert len(post["text"]) <= 280 < len(post["note_tweet"]["text"])
        assert post["note_tweet"]["text"].startswith(post["text"].partition("…")[0][:50])


def test_private_metrics_are_errors_one_a_post(box: Sandbox, path: str) -> None:
    found = body(box, path, tweet__fields="non_public_metrics")
    kinds = [error["type"].rpartition("/")[2] for error in found["errors"]]
    assert kinds == ["not-authorized-for-field"] * 100


def test_users_have_two_dialects_too(box: Sandbox) -> None:
    ids = ",".join(user["id"] for user in box.users())
    legacy = box.get("/2/users", ids=ids, user__fields="public_metrics,pinned_tweet_id", expansions="pinned_tweet_id").json()
    post = box.get("/2/users", ids=ids, user__fields="public_metrics,pinned_tweet_id", expansions="pinned_post_id").json()
    assert "tweet_count" in legacy["data"][0]["public_metrics"]
    assert "post_count" in post["data"][0]["public_metrics"]
    assert {key for user in legacy["data"] for key in user} - {"pinned_tweet_id"} == {"id", "name", "username", "public_metrics"}
    assert {key for user in post["data"] for key in user} == {"id", "name", "username", "public_metrics", "pinned_post_id"}
    assert len(legacy["includes"]["tweets"]) == len(post["includes"]["posts"]) > 0
    assert set(box.get("/2/users", ids=ids).json()["data"][0]) == {"id", "name", "username"}


def test_posts_by_id_tell_what_is_missing(box: Sandbox) -> None:
    user = next(user for user in box.users() if user["posts"] == 5_000)
    gone = next(one for one in box.users() if one["state"] == "gone" and one["posts"])
    hidden = next(one for one in box.users() if one["state"] == "protected" and one["posts"])
    old = box.truth(user["id"])[-1]
    asked = [old, "99", box.truth(gone["id"])[0], box.truth(hidden["id"])[0]]
    found = box.get("/2/tweets", ids=",".join(asked)).json()
    assert [post["id"] for post in found["data"]] == [old], "beyond 3,200 a post can still be had by its id"
    assert [error["title"] for error in found["errors"]] == ["Not Found Error", "Not Found Error", "Authorization Error"]
    assert box.get(f"/2/tweets/{old}").json()["data"]["id"] == old


def test_posts_by_id_come_once_are_billed_once_and_in_each_of_their_versions(box: Sandbox) -> None:
    user = next(user for user in box.users() if user["posts"] == 5_000)
    ids = box.truth(user["id"])[:100]
    before = box.look("bill")["returned"]["post"]
    asked = [*ids[:60], *ids[:40]]
    found = box.get("/2/tweets", ids=",".join(asked), tweet__fields="edit_history_tweet_ids,withheld").json()["data"]
    assert [post["id"] for post in found] == ids[:60]
    assert box.look("bill")["returned"]["post"] == before + 60
    assert box.get("/2/tweets", ids=",".join([*ids, "12"])).status_code == 400
    told = [post for at in range(0, 3_000, 100) for post in by_id(box, box.truth(user["id"])[at : at + 100])]
    assert 0 < sum("withheld" in post for post in told) < len(told) / 20
    edited = next(post["edit_history_tweet_ids"] for post in told if len(post["edit_history_tweet_ids"]) > 1)
    versions = by_id(box, edited)
    assert [post["id"] for post in versions] == edited
    assert {tuple(post["edit_history_tweet_ids"]) for post in versions} == {tuple(edited)}
    assert len({post["text"] for post in versions}) == len(edited)


def by_id(box: Sandbox, ids: list[str]) -> list[dict[str, Any]]:
    posts: list[dict[str, Any]] = box.get("/2/tweets", ids=",".join(ids), tweet__fields=ALL_TWEET_FIELDS).json()["data"]
    return posts


def test_look_ups_by_name(box: Sandbox) -> None:
    users = box.users()
    by_state = {
        state: next(user["name"] for user in users if user["state"] == state)
        for state in ("active", "suspended", "gone", "protected")
    }
    asked = ",".join([by_state["active"].upper(), by_state["suspended"], by_state["gone"], by_state["protected"], "nobody"])
    found = box.get("/2/users/by", usernames=asked, user__fields="protected").json()
    assert [(user["username"], user["protected"]) for user in found["data"]] == [
        (by_state["active"], False),
        (by_state["protected"], True),
    ]
    assert [(error["title"], error["value"]) for error in found["errors"]] == [
        ("Forbidden", by_state["suspended"]),
        ("Not Found Error", by_state["gone"]),
        ("Not Found Error", "nobody"),
    ]
    assert found["errors"][0]["detail"] == f"User has been suspended: [{by_state['suspended']}]."
    assert found["errors"][2]["detail"] == "Could not find user with usernames: [nobody]."


def test_a_renamed_user_is_found_by_the_new_name_only(box: Sandbox) -> None:
    user = box.users()[20]
    box.tell("state", {"user": user["id"], "name": "Somebody_New"})
    found = box.get("/2/users/by", usernames=f"{user['name']},somebody_new").json()
    assert [one["id"] for one in found["data"]] == [user["id"]]
    assert [error["value"] for error in found["errors"]] == [user["name"]]
    other = box.users()[21]
    box.tell("state", {"user": other["id"], "name": user["name"]})
    assert box.get(f"/2/users/by/username/{user['name']}").json()["data"]["id"] == other["id"]


def test_look_ups_take_a_hundred(box: Sandbox) -> None:
    assert box.get("/2/users", ids=",".join(str(number) for number in range(1, 102))).status_code == 400
    assert box.get("/2/users", ids="").status_code == 400
    assert box.get("/2/users/by", usernames="too_long_for_a_screen_name").status_code == 400

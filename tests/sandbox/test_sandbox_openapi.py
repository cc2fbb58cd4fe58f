"""Answers against X's own OpenAPI description, with unknown keys forbidden.

X's file describes only the post dialect. Legacy answers are translated first, by the table below,
which is of these tests alone.
"""

from __future__ import annotations

import copy
import json
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .conftest import ALL_USER_FIELDS, LEGACY, OTHER_FIELDS, Sandbox

DESCRIPTION = Path(__file__).parents[3] / "shared" / "x-api" / "openapi.json"
pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="X's OpenAPI description is not on this machine")

POST = {
    "post.fields": "article,article_title,attachments,card_uri,community_id,context_annotations,conversation_id,created_at,"
    "display_text_range,edit_controls,entities,geo,id,lang,note_post,paid_partnership,possibly_sensitive,public_metrics,"
    "reply_settings,scopes,text,withheld",
    "user.fields": "created_at,description,entities,id,is_identity_verified,location,name,parody,profile_banner_url,"
    "profile_image_url,protected,public_metrics,subscription_type,url,username,verified,verified_followers_count,"
    "verified_type,withheld",
    "expansions": "attachments.media_keys,attachments.poll_ids,author_id,edit_history_post_ids,entities.mentions.username,"
    "geo.place_id,in_reply_to_user_id,referenced_posts",
    **OTHER_FIELDS,
}
POST_USERS = {**POST, "expansions": "affiliation,most_recent_post_id,pinned_post_id"}

LEGACY_TO_POST = {
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "pinned_tweet_id": "pinned_post_id",
    "most_recent_tweet_id": "most_recent_post_id",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "tweets": "posts",
}


def translate(value: Any) -> Any:
    """A legacy answer in the keys of the post dialect."""
    if isinstance(value, list):
        return [translate(one) for one in value]
    if not isinstance(value, dict):
        return value
    translated = {LEGACY_TO_POST.get(key, key): translate(one) for key, one in value.items()}
    if "type" in translated and "detail" in translated:  # a problem
        translated["type"] = translated["type"].replace("api.twitter.com", "api.x.com")
        if translated["type"].endswith("resource-not-found"):
            translated.pop("section", None)
    return translated


@cache
def description() -> dict[str, Any]:
    """X's description, every object closed against keys that it does not name."""
    whole: dict[str, Any] = json.loads(DESCRIPTION.read_text())
    _close(whole["components"]["schemas"])
    return whole


def _close(schema: Any) -> None:
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for one in schema.values():
            _close(one)
    elif isinstance(schema, list):
        for one in schema:
            _close(one)


def check(path: str, body: dict[str, Any]) -> None:
    """Raise unless a body is what X describes for a path."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from openapi_schema_validator import OAS30Validator

        answers = description()["paths"][path]["get"]["responses"]
        schema = copy.deepcopy(answers["200"]["content"]["application/json"]["schema"])
        schema["components"] = description()["components"]
        found = list(OAS30Validator(schema).iter_errors(body))
    assert not found, [(list(error.absolute_path), error.message[:300]) for error in found[:5]]


def test_timelines_in_the_post_dialect_are_what_x_describes(box: Sandbox) -> None:
    seen: set[str] = set()
    for user in [user for user in box.users() if user["state"] == "active"][4:9]:
        answer = box.get(f"/2/users/{user['id']}/tweets", max_results=100, **POST)
        assert answer.status_code == 200, answer.text
        check("/2/users/{id}/tweets", answer.json())
        seen |= set(answer.json().get("includes", {}))
    assert seen == {"users", "posts", "media", "polls", "places"}


def test_timelines_in_the_legacy_dialect_are_what_x_describes_once_translated(box: Sandbox) -> None:
    for user in [user for user in box.users() if user["state"] == "active"][4:9]:
        answer = box.get(f"/2/users/{user['id']}/tweets", max_results=100, **LEGACY)
        check("/2/users/{id}/tweets", translate(answer.json()))


def test_problems_are_what_x_describes(box: Sandbox) -> None:
    for user in [user for user in box.users() if user["state"] != "active"]:
        check("/2/users/{id}/tweets", box.get(f"/2/users/{user['id']}/tweets", post__fields="lang").json())
        check("/2/users/{id}", box.get(f"/2/users/{user['id']}", post__fields="lang").json())


def test_look_ups_are_what_x_describes(box: Sandbox) -> None:
    users = box.users()
    ids, names = ",".join(user["id"] for user in users), ",".join(user["name"] for user in users)
    check("/2/users", box.get("/2/users", ids=ids, **POST_USERS).json())
    check("/2/users/by", box.get("/2/users/by", usernames=names, **POST_USERS).json())
    check("/2/users", translate(box.get("/2/users", ids=ids, user__fields=ALL_USER_FIELDS).json()))
    check("/2/users/{id}", box.get(f"/2/users/{users[0]['id']}", **POST_USERS).json())
    check("/2/users/by/username/{username}", box.get(f"/2/users/by/username/{users[0]['name']}", **POST_USERS).json())
    check("/2/users/me", box.get("/2/users/me", auth=box.sign_in(users[0]["name"]), **POST_USERS).json())
    check("/2/users/{id}/followers", box.get(f"/2/users/{users[0]['id']}/followers", **POST_USERS).json())


def test_posts_by_id_are_what_x_describes(box: Sandbox) -> None:
    user = next(user for user in box.users() if user["posts"] > 3_200)
    ids = box.truth(user["id"])[:100]
    check("/2/tweets", box.get("/2/tweets", ids=",".join([*ids[:99], "12"]), **POST).json())
    check("/2/tweets/{id}", box.get(f"/2/tweets/{ids[0]}", **POST).json())


def test_usage_is_what_x_describes(box: Sandbox) -> None:
    fields = "cap_reset_day,daily_client_app_usage,daily_project_usage,project_cap,project_id,project_usage"
    check("/2/usage/tweets", box.get("/2/usage/tweets", usage__fields=fields, days=30).json())


def test_lists_are_what_x_describes(box: Sandbox) -> None:
    users = box.users()
    ids = [box.tell("lists", {"owner": 0, "name": f"NSCE {n}", "members": [*range(1, 40)]})["id"] for n in range(3)]
    fields = {"list.fields": "created_at,description,follower_count,id,member_count,name,private", "expansions": "owner_id"}
    people = {name: POST_USERS[name] for name in ("post.fields", "user.fields", "expansions")}
    for path, asked in (
        ("/2/users/{id}/owned_lists", {**fields, "max_results": 2}),
        ("/2/users/{id}/list_memberships", {**fields, "max_results": 2}),
        ("/2/lists/{id}", fields),
        ("/2/lists/{id}/members", {**people, "max_results": 20}),
        ("/2/lists/{id}/tweets", {**POST, "max_results": 20}),
    ):
        about = ids[0] if "lists/{id}" in path else users["memberships" in path]["id"]
        for value in (about, "12345"):
            body = box.get(path.replace("{id}", value), **asked).json()
            assert ("data" in body) == (value == about), path
            check(path, body if "post.fields" in asked else translate(body))


def test_searches_and_counts_are_what_x_describes(box: Sandbox) -> None:
    name = next(user["name"] for user in box.users() if user["state"] == "active" and user["posts"] > 100)
    for path in ("/2/tweets/search/recent", "/2/tweets/search/all", "/2/tweets/counts/recent", "/2/tweets/counts/all"):
        bounds = {"since_id": 1} if path.endswith("all") else {}
        asked = {**POST, "max_results": 50} if "search" in path else {"search_count.fields": "end,post_count,start"}
        for query in (f"from:{name}", "nobody_says_that"):
            box.tell("windows/reset")
            check(path, box.get(path, query=query, **bounds, **asked).json())
    user = box.sign_in(name)
    for term in (name, "nobody is called so"):
        check("/2/users/search", box.get("/2/users/search", auth=user, query=term, **POST_USERS).json())


def test_the_check_itself_can_fail(box: Sandbox) -> None:
    user = box.users()[0]
    body = box.get(f"/2/users/{user['id']}/tweets", **POST).json()
    body["data"][0]["made_up"] = 1
    with pytest.raises(AssertionError):
        check("/2/users/{id}/tweets", body)

"""The filtered stream: what it delivers is what its rules have, what is true of it, and what is billed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .conftest import LEGACY, TIMEOUT, Sandbox, Start

STREAM = "/2/tweets/search/stream"
RULES = f"{STREAM}/rules"


@pytest.fixture(scope="module")
def crowd(start: Start) -> Sandbox:
    return start(scenario="[stream]\nrate = 400")


@pytest.fixture(autouse=True)
def _calm_crowd(crowd: Sandbox) -> Iterator[None]:
    """No rules, no connections, no faults, X as usual."""
    yield
    crowd.calm()
    crowd.session.delete(f"{crowd.base}/sandbox/stream/faults", timeout=TIMEOUT)
    crowd.tell("stream", {"second": "refuse", "rule_delay": 0, "linger": 0, "keep_alive": 20, "rule_cap": 1000})
    posted(crowd, {}, delete_all="true")
    crowd.session.delete(f"{crowd.base}/2/connections/all", headers=crowd.app, timeout=TIMEOUT)
    crowd.tell("windows/reset")


def posted(box: Sandbox, body: Any, **parameters: str) -> dict[str, Any]:
    answer = box.session.post(box.base + RULES, json=body, params=parameters, headers=box.app, timeout=TIMEOUT)
    assert answer.status_code in (200, 201), answer.text
    told: dict[str, Any] = answer.json()
    return told


def rule(box: Sandbox, value: str, tag: str = "") -> str:
    told = posted(box, {"add": [{"value": value, **({"tag": tag} if tag else {})}]})
    return str(told["data"][0]["id"])


def connected(box: Sandbox, **parameters: str) -> requests.Response:
    headers = box.app | {"Accept-Encoding": parameters.pop("packed", "identity")}
    return requests.get(box.base + STREAM, params=parameters, headers=headers, stream=True, timeout=TIMEOUT)


def lines(stream: requests.Response, count: int) -> list[dict[str, Any]]:
    """So many posts, then the connection is closed."""
    found = []
    for line in stream.iter_lines(chunk_size=None):
        found += [json.loads(line)] if line else []
        if len(found) == count:
            break
    stream.close()
    return found


def truth(box: Sandbox, **parameters: Any) -> list[dict[str, Any]]:
    answer = box.session.get(f"{box.base}/sandbox/truth/stream", params=parameters, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def ended(box: Sandbox) -> dict[str, Any]:
    """The last connection, once X knows that it has ended."""
    for _ in range(200):
        last: dict[str, Any] = box.look("truth/stream/connections")[-1]
        if last["closed"] is not None:
            return last
        time.sleep(0.02)
    raise AssertionError("the connection still stands")


def flushed(box: Sandbox, connection: str) -> list[str]:
    answer = box.session.get(f"{box.base}/sandbox/truth/stream/flushed", params={"connection": connection}, timeout=TIMEOUT)
    return [json.loads(line)["id"] for line in answer.text.splitlines()]


def test_what_comes_is_what_the_rules_have_each_named_with_its_tag(crowd: Sandbox) -> None:
    wanted = (("harbour", "port"), ("(rain OR wind) -is:retweet", ""), ("#brexit", "b"))
    names = {rule(crowd, value, tag): tag or None for value, tag in wanted}
    got = lines(connected(crowd), 100)
    one = ended(crowd)
    due = {post["id"]: post["rules"] for post in truth(crowd, since=one["connected"] + 1)}
    seen = [post["data"]["id"] for post in got]
    assert seen == list(due)[:100]
    assert flushed(crowd, one["id"])[:100] == seen
    for post in got:
        assert [named["id"] for named in post["matching_rules"]] == due[post["data"]["id"]]
        assert all(named.get("tag") == names[named["id"]] for named in post["matching_rules"])


def test_a_line_is_the_post_as_its_authors_timeline_shows_it(crowd: Sandbox) -> None:
    rule(crowd, "harbour OR brexit OR wind OR train OR election")
    for post in lines(connected(crowd, **LEGACY), 40):
        id, author = post["data"]["id"], post["data"]["author_id"]
        page = crowd.get(f"/2/users/{author}/tweets", since_id=int(id) - 1, until_id=int(id) + 1, **LEGACY).json()
        assert [post["data"]] == page["data"]
        for what, found in post["includes"].items():
            shown = page["includes"].get(what)
            if what == "users":  # profiles count the posts that came meanwhile
                found, shown = ([user["id"] for user in users] for users in (found, shown))
            assert found == shown, what
        assert post.get("errors") == page.get("errors")


def test_searches_and_counts_find_what_the_stream_delivered_but_no_retweets_for_words(start: Start) -> None:
    box = start("--clock", "2026-03-01T12:00:00Z", scenario="[stream]\nrate = 200")
    rule(box, "harbour OR brexit", "x")
    got = {post["data"]["id"]: post for post in lines(connected(box, **LEGACY), 50)}
    box.tell("clock", {"advance": 40})
    ids = sorted(map(int, got))
    bounds = {"since_id": ids[0] - 1, "until_id": ids[-1] + 1}
    plain = {
        id for id, post in got.items() if not any(of["type"] == "retweeted" for of in post["data"].get("referenced_tweets", ()))
    }
    answer = box.get("/2/tweets/search/recent", query="harbour OR brexit", max_results=100, **bounds).json()
    found = {post["id"] for post in answer["data"]}
    quoting = {id for id in plain if any(of["type"] == "quoted" for of in got[id]["data"].get("referenced_tweets", ()))}
    assert plain - quoting <= found <= plain, "a rule sees what a post quotes, a search does not"
    counted = box.get("/2/tweets/counts/recent", query="harbour OR brexit", **bounds).json()
    assert counted["meta"]["total_tweet_count"] >= len(found)
    root = next(post for post in got.values() if post["data"]["conversation_id"] == post["data"]["id"])["data"]["id"]
    answer = box.get("/2/tweets/search/all", query=f"conversation_id:{root}", since_id=ids[0] - 1).json()
    assert root in {post["id"] for post in answer["data"]}

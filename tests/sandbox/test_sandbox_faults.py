"""Each kind of fault does what it says, where and as often as it says."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.rows import rows

from .conftest import Sandbox, Start


@pytest.fixture(scope="module")
def path(box: Sandbox) -> str:
    return f"/2/users/{next(user['id'] for user in box.users() if user['posts'] == 5_000)}/tweets"


@rows(
    ("fault", "status", "expected"),
    [
        ({"kind": "rate-limit"}, 429, {"title": "Too Many Requests", "type": "about:blank"}),
        ({"kind": "rate-limit-no-reset"}, 429, {"title": "Too Many Requests", "type": "about:blank"}),
        ({"kind": "usage-capped"}, 429, {"title": "UsageCapExceeded", "period": "Monthly"}),
        ({"kind": "usage-capped", "period": "Daily"}, 429, {"period": "Daily"}),
        ({"kind": "too-many-connections"}, 429, {"title": "ConnectionException", "connection_issue": "TooManyConnections"}),
        ({"kind": "credits-depleted"}, 402, {"title": "CreditsDepleted"}),
        ({"kind": "payment-required"}, 402, {"title": "Payment Required", "detail": "credits depleted"}),
        ({"kind": "spend-cap-reached"}, 403, {"title": "SpendCapReached"}),
        ({"kind": "unauthorized"}, 401, {"title": "Unauthorized", "type": "about:blank", "status": 401}),
        ({"kind": "client-not-enrolled"}, 403, {"title": "Client Forbidden", "reason": "client-not-enrolled"}),
        ({"kind": "unsupported-authentication"}, 403, {"title": "Unsupported Authentication"}),
        ({"kind": "code-453"}, 403, {}),
        ({"kind": "invalid-request"}, 400, {"title": "Invalid Request"}),
        ({"kind": "not-found"}, 404, {"title": "Not Found Error", "resource_type": "user"}),
        ({"kind": "not-authorized"}, 403, {"title": "Authorization Error", "resource_type": "user"}),
        ({"kind": "conflict"}, 409, {"connection_issue": "RuleConfigurationIssue"}),
        ({"kind": "server-error"}, 503, {"title": "Service Unavailable"}),
        ({"kind": "server-error", "status": 500}, 500, {"title": "Internal Server Error"}),
    ],
)
def test_answers(box: Sandbox, path: str, fault: dict[str, Any], status: int, expected: dict[str, Any]) -> None:
    box.tell("faults", fault)
    answer = box.get(path)
    assert answer.status_code == status
    assert expected.items() <= answer.json().items()
    assert box.get(path).status_code == 200, "once, unless it says more"


def test_headers_of_429(box: Sandbox, path: str) -> None:
    box.tell(
        "faults",
        [
            {"kind": "rate-limit", "seconds": 60},
            {"kind": "rate-limit-no-reset", "after": 1},
            {"kind": "usage-capped", "after": 2},
        ],
    )
    now = time.time()
    spent, without, capped = box.get(path), box.get(path), box.get(path)
    assert spent.headers["x-rate-limit-remaining"] == "0"
    assert 59 <= int(spent.headers["x-rate-limit-reset"]) - now <= 63
    assert not [name for name in without.headers if name.startswith("x-rate")]
    assert capped.headers["x-rate-limit-remaining"] == "39999"


@rows("status", [500, 502, 503, 504])
def test_server_errors_that_are_not_json(box: Sandbox, path: str, status: int) -> None:
    for body, start_of_it in (("html", "<!DOCTYPE html>"), ("empty", "")):
        box.tell("faults", {"kind": "server-error", "status": status, "body": body})
        answer = box.get(path)
        assert (answer.status_code, answer.text[:15]) == (status, start_of_it)


def test_code_453(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "code-453"})
    assert box.get(path).json()["errors"][0]["code"] == 453
    assert box.get("/1.1/account/verify_credentials.json").json()["errors"][0]["code"] == 453


def test_a_body_is_cut_where_it_says(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "cut", "bytes": 1000})
    with box.session.get(box.base + path, headers=box.app, stream=True, timeout=10) as answer:
        assert int(answer.headers["Content-Length"]) > 1000
        got: list[bytes] = []
        with pytest.raises(requests.exceptions.RequestException):
            got.extend(answer.iter_content(1))
    assert len(got) == 1000


def test_a_connection_is_reset(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "reset"})
    with pytest.raises(requests.ConnectionError, match="reset"):
        box.get(path)
    assert box.get(path).status_code == 200


def test_a_socket_hangs(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "hang", "seconds": 30})
    with pytest.raises(requests.ReadTimeout):
        requests.get(box.base + path, headers=box.app, timeout=0.3)
    assert box.get(path).status_code == 200


def test_a_sandbox_ends_at_once_even_with_a_hung_socket(start: Start) -> None:
    box = start(scenario='[[faults]]\nkind = "hang"\nseconds = 600')
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{box.base}/2/users/{box.users()[0]['id']}", headers=box.app, timeout=0.3)


def test_a_slow_body_is_whole(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "slow", "seconds": 0.4})
    begun = time.monotonic()
    assert len(box.get(path).json()["data"]) == 10
    assert time.monotonic() - begun >= 0.4


def test_short_and_empty_pages_lose_nothing(box: Sandbox, path: str) -> None:
    user = path.split("/")[3]
    box.tell("faults", [{"kind": "short-page", "keep": 3, "times": 4}, {"kind": "empty-page", "after": 6, "times": 2}])
    bodies = list(box.pages(user))
    assert [body["meta"]["result_count"] for body in bodies[:9]] == [3, 3, 3, 3, 100, 100, 0, 0, 100]
    assert "data" not in bodies[6]
    assert [post["id"] for body in bodies for post in body.get("data", [])] == box.truth(user)[:3_200]


def test_the_last_page_may_be_followed_by_an_empty_one(start: Start) -> None:
    box = start(scenario="[server]\ntrailing_page = true")
    user = box.users()[0]["id"]
    bodies = list(box.pages(user))
    assert bodies[-1] == {"meta": {"result_count": 0}}
    assert [post["id"] for body in bodies for post in body.get("data", [])] == box.truth(user)


def test_a_token_repeats_for_ever(box: Sandbox, path: str) -> None:
    box.tell("faults", {"kind": "repeat-token", "times": 0})
    token = box.get(path).json()["meta"]["next_token"]
    pages = [box.get(path, pagination_token=token).json() for _ in range(3)]
    assert pages[0] == pages[1] == pages[2]
    assert pages[0]["meta"]["next_token"] == token


def test_fields_made_up_yesterday_and_fields_dropped(box: Sandbox, path: str) -> None:
    box.tell("faults", [{"kind": "unknown-fields"}, {"kind": "drop-fields", "fields": ["lang", "meta.newest_id"]}])
    body = box.get(path, tweet__fields="lang,author_id", expansions="author_id").json()
    made_up = {"level": 7, "of": ["a", None, {"deep": True}], "σ": 0.1, "big": 2**62}
    for one in (body, body["meta"], body["includes"], body["data"][3], body["includes"]["users"][0]):
        assert one["made_up_yesterday"] == made_up
    assert not [post for post in body["data"] if "lang" in post]
    assert "newest_id" not in body["meta"]
    box.tell("faults", [{"kind": "no-meta"}, {"kind": "no-rate-headers"}])
    answer = box.get(path)
    assert "meta" not in answer.json()
    assert "x-rate-limit-limit" not in answer.headers


def test_one_character_one_element_or_every_shape_is_odd(box: Sandbox, path: str) -> None:
    asked = {"tweet__fields": "author_id,created_at,public_metrics", "expansions": "author_id", "user__fields": "created_at"}
    whole = box.get(path, **asked).json()
    sold = box.look("bill")
    box.tell("faults", [{"kind": kind} for kind in ("half-emoji", "odd-shapes", "unnamed-includes", "odd-elements")])
    answer = box.get(path, **asked)
    assert b" \\ud83d" in answer.content
    body = answer.json()
    null, nameless, *posts = body["data"]
    assert (null, nameless) == (None, {name: value for name, value in posts[0].items() if name != "id"})
    assert [post["id"] for post in posts] == [int(post["id"]) for post in whole["data"]]
    assert posts[0]["text"] == whole["data"][0]["text"] + " \ud83d"
    assert {type(post["created_at"]) for post in posts} == {str, int}
    assert isinstance(posts[0]["public_metrics"]["like_count"], str)
    assert [user["username"] for user in body["includes"]["users"]] == [None] * len(whole["includes"]["users"])
    assert {"places", "media", "topics"} <= set(body["includes"])
    assert box.look("bill")["billed"] == sold["billed"], "nothing of it is sold"
    box.tell("faults", {"kind": "odd-elements", "billed": True})
    body = box.get(path, **asked).json()
    assert [one and one.get("id") for one in body["data"][:4]] == [whole["data"][0]["id"], None, None, whole["data"][2]["id"]]
    assert box.get(path, **asked).json() == whole


def test_where_and_when(box: Sandbox, path: str) -> None:
    user = next(user for user in box.users() if user["id"] in path)
    other = box.users()[0]["id"]

    def statuses(where: str, count: int) -> list[int]:
        return [box.get(where).status_code for _ in range(count)]

    for named in (user["id"], f"@{user['name']}", user["index"]):
        box.tell("faults", {"faults": [{"kind": "conflict", "user": named, "times": 0}], "replace": True})
        assert statuses(path, 2) == [409, 409]
        assert statuses(f"/2/users/{other}/tweets", 1) == [200]
    box.tell("faults", {"faults": [{"kind": "conflict", "endpoint": "/2/users/:id/tweets", "requests": [2, 4]}], "replace": True})
    assert statuses(f"/2/users/{other}", 1) + statuses(path, 5) == [200, 200, 409, 200, 409, 200]
    box.tell("faults", {"faults": [{"kind": "conflict", "probability": 0.5, "times": 0}], "replace": True})
    first = statuses(path, 24)
    assert 4 <= first.count(409) <= 20
    box.tell("faults", {"faults": [{"kind": "conflict", "probability": 0.5, "times": 0}], "replace": True})
    assert statuses(path, 24) == first, "chance that can be repeated"


def test_a_fault_that_cannot_be_is_refused(box: Sandbox) -> None:
    for fault, word in (({"kind": "nonsense"}, "nonsense"), ({"kind": "cut", "byte": 3}, "byte"), ({}, "kind")):
        answer = box.session.post(f"{box.base}/sandbox/faults", json=fault, timeout=10)
        assert answer.status_code == 400
        assert word in answer.json()["error"]


def test_windows_are_counted_by_token_and_endpoint(start: Start) -> None:
    box = start(scenario='[limits]\nwindow = 60\n"/2/users/:id/tweets" = { app = 3, user = 2 }')
    users = box.users()
    path = f"/2/users/{users[0]['id']}/tweets"
    answers = [box.get(path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].json()["title"] == "Too Many Requests"
    assert len({answer.headers["x-rate-limit-reset"] for answer in answers}) == 1
    auth = box.sign_in(users[1]["name"])
    assert [box.get(path, auth=auth).status_code for _ in range(3)] == [200, 200, 429]
    assert box.get(path, auth=box.sign_in(users[2]["name"])).status_code == 200
    assert box.get(f"/2/users/{users[0]['id']}").headers["x-rate-limit-limit"] == "300"
    box.tell("clock", {"advance": 61})
    assert box.get(path).headers["x-rate-limit-remaining"] == "2"

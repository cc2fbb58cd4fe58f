"""What answers mean that the sandbox does not give: forms seen in the wild, by themselves and in odd company."""

from __future__ import annotations

from typing import Any

import pytest

from netwar.errors import BadRequest, ConfigError, KeysRefused, OutOfCredit, RateLimited, TryLater, UsageCapped
from netwar.twitter.base import StaleToken, Unavailable
from netwar.twitter.problems import Glitch, Reply, judge
from tests.rows import rows

NEW, OLD = "https://api.x.com/2/problems/", "https://api.twitter.com/2/problems/"
MISSING = {
    "value": "7",
    "title": "Not Found Error",
    "type": OLD + "resource-not-found",
    "detail": "Could not find user with id: [7].",
}
INTERNAL = {"title": "Internal Error", "type": NEW + "internal-error", "detail": "Something broke"}


def judged(status: int, body: Any, **more: Any) -> None:
    judge(Reply(status, {}, body), **more)


@rows(
    ("status", "body", "error", "says"),
    [
        (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}, RateLimited, "run again in 60 s"),
        (429, None, RateLimited, "run again in 60 s"),
        (429, {"title": "UsageCapExceeded", "type": NEW + "usage-capped", "period": "Daily"}, UsageCapped, "UsageCapExceeded"),
        (429, {"errors": [{"title": "UsageCapExceeded", "type": OLD + "usage-capped"}]}, UsageCapped, "UsageCapExceeded"),
        (429, {"title": "ConnectionException", "connection_issue": "TooManyConnections"}, TryLater, "another stream"),
        (402, None, OutOfCredit, "HTTP status 402"),
        (403, {"title": "Forbidden", "type": NEW + "spend-cap-reached"}, OutOfCredit, "spend cap"),
        (403, None, KeysRefused, "check the app's permissions"),
        (401, {"errors": [{"code": 89, "message": "Invalid or expired token."}]}, KeysRefused, "Invalid or expired token"),
        (
            404,
            {"errors": [{"code": 34, "message": "Sorry, that page does not exist"}]},
            KeysRefused,
            "does not know this address",
        ),
        (301, None, ConfigError, "is not X but something on the way"),
        (410, {"detail": "This endpoint has been retired"}, BadRequest, "This endpoint has been retired"),
        (408, None, Glitch, "status 408"),
        (599, {}, Glitch, "status 599"),
        (200, None, Glitch, "not whole"),
        (200, [], Glitch, "not whole"),
        (200, {"errors": [INTERNAL]}, Glitch, "errors only .Something broke"),
        (200, {"errors": [INTERNAL], "meta": {"result_count": 0}}, Glitch, "errors only"),
        (200, {"errors": [INTERNAL], "meta": {"result_count": 0, "next_token": "abc"}}, Glitch, "errors only"),
        (200, {"data": [], "errors": [INTERNAL]}, Glitch, "errors only"),
        (200, {"errors": {}}, Glitch, "errors only"),
        (200, {"data": "text"}, Glitch, "not whole"),
        (200, {"data": 0}, Glitch, "not whole"),
        (400, {"detail": "\x1b[31m" + "x" * 100_000}, BadRequest, r"^X refused the request \( \[31mx{295}\): "),
    ],
)
def test_each_form_has_its_meaning(status: int, body: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as raised:
        judged(status, body)
    assert type(raised.value) is error


@rows(
    "body",
    [
        {},
        {"meta": {"result_count": 0}},
        {"data": [{"id": "1"}], "errors": [INTERNAL]},
        {"errors": [MISSING]},
        {"errors": "none"},
        {"data": [{"text": "no id"}]},
        {"data": [{"id": "1"}, 2, None]},
    ],
)
def test_these_are_answers(body: Any) -> None:
    judged(200, body)


@rows("status", [403, 404])
def test_a_refusal_speaks_of_the_user_only_if_it_says_so(status: int) -> None:
    with pytest.raises(Unavailable) as raised:
        judged(status, MISSING, about_user=True)
    assert (raised.value.outcome, raised.value.detail) == ("gone", "Could not find user with id: [7].")
    for body in (None, {"title": "Not Found", "type": "about:blank"}, {"errors": [{"code": 34, "message": "no"}]}):
        with pytest.raises(KeysRefused):
            judged(status, body, about_user=True)
    with pytest.raises(KeysRefused):
        judged(status, MISSING)


@rows(("status", "body"), [(200, None), (200, "half")])
def test_an_answer_that_came_in_part_may_have_been_billed(status: int, body: Any) -> None:
    with pytest.raises(Glitch) as raised:
        judged(status, body)
    assert raised.value.billed


def test_a_refusal_was_not_billed() -> None:
    for status, body in ((503, None), (200, {"errors": [INTERNAL]})):
        with pytest.raises(Glitch) as raised:
            judged(status, body)
        assert not raised.value.billed


def test_a_page_token_that_x_refuses_is_a_refusal_of_its_own() -> None:
    def refused(parameter: str) -> dict[str, Any]:
        return {"errors": [{"parameters": {parameter: ["x"]}, "message": "is not valid"}], "title": "Invalid Request"}

    with pytest.raises(StaleToken, match=r"page token any more .*is not valid"):
        judged(400, refused("pagination_token"))
    for body in (refused("max_results"), {"errors": [{"parameters": None}]}, None):
        with pytest.raises(BadRequest) as raised:
            judged(400, body)
        assert type(raised.value) is BadRequest


def test_a_list_whose_end_is_not_told_is_not_at_its_end() -> None:
    for body in ({"data": [{"id": "1"}]}, {}, {"data": [{"id": "1"}], "meta": None}):
        with pytest.raises(Glitch, match="whether its list continues") as raised:
            judged(200, body, listed=True)
        assert raised.value.billed
    for body in ({"data": [{"id": "1"}], "meta": {}}, {"meta": {"result_count": 0}}, {"errors": [MISSING]}):
        judged(200, body, listed=True)

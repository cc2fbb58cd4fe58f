"""The answers of X when something is wrong, as faults give them. Source: research of X's answers, 2026."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from netwar.sandbox.faults import Fault
from netwar.sandbox.problems import NEW_HOST, OLD_HOST, Body, Speaker, invalid, old_style, spent, unauthorized, unsupported

SUBSET = (
    "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints (e.g. media post, oauth) only. "
    "If you need access to this endpoint, you may need a different access level. "
    "You can learn more here: https://developer.x.com/en/portal/product"
)
_PHRASES = {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
_HTML = "<!DOCTYPE html>\n<html><head><title>X / ?</title></head><body><h1>{0}</h1><p>Over capacity</p></body></html>\n"


class Wrong(NamedTuple):
    """Status, content and headers; `content` of type `kind`. `bare`: without any rate headers."""

    status: int
    content: bytes
    headers: dict[str, str]
    kind: str = "application/json"
    bare: bool = False


def wrong(fault: Fault, now: int, path_value: str, what: str = "user") -> Wrong:
    """The answer that a fault gives instead of the real one, about `path_value`: the id or name in the address."""
    reset = -(-now // 1000) + round(fault.seconds)
    if fault.kind == "server-error":
        return _server_error(fault)
    if fault.kind == "rate-limit":
        return _json(429, spent().body, _rate(900, 0, reset))
    if fault.kind == "rate-limit-no-reset":
        return _json(429, spent().body, {}, bare=True)
    if fault.kind == "usage-capped":
        return _json(429, _usage_capped(fault.period), _rate(40_000, 39_999, reset))
    status, body = _BODIES.get(fault.kind) or _about(fault.kind, path_value, what)
    return _json(status, body, {}, bare=status in (401, 402))


def _json(status: int, body: Body, headers: dict[str, str], bare: bool = False) -> Wrong:
    return Wrong(status, orjson.dumps(body), headers, bare=bare)


def _rate(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {"x-rate-limit-limit": str(limit), "x-rate-limit-remaining": str(remaining), "x-rate-limit-reset": str(reset)}


def _server_error(fault: Fault) -> Wrong:
    phrase = _PHRASES.get(fault.status, "Error")
    if fault.body == "html":
        return Wrong(fault.status, _HTML.format(phrase).encode(), {}, "text/html", bare=True)
    if fault.body == "empty":
        return Wrong(fault.status, b"", {}, "text/plain", bare=True)
    return _json(fault.status, {"title": phrase, "detail": phrase, "type": "about:blank", "status": fault.status}, {})


def _usage_capped(period: str) -> Body:
    return {
        "title": "UsageCapExceeded",
        "detail": f"Usage cap exceeded: {period} product cap",
        "type": OLD_HOST + "usage-capped",
        "account_id": 1_400_000_000_000_000_001,
        "product_name": "pay-per-use",
        "period": period,
        "scope": "Product",
    }


def _about(kind: str, value: str, what: str) -> tuple[int, Body]:
    """About the user or list in the address: 404 and 403, and 200 with nothing but the error."""
    if kind == "list-gone":
        return 200, {"errors": [Speaker(new=False).missing(what, "id", value)]}
    about = {"value": value, "resource_type": what, "parameter": "id", "resource_id": value}
    if kind == "not-found":
        detail = f"Could not find {what} with id: [{value}]."
        return 404, {"title": "Not Found Error", "detail": detail, "type": OLD_HOST + "resource-not-found", "status": 404} | about
    detail = f"Sorry, you are not authorized to see the {what} with id: [{value}]."
    return 403, {
        "title": "Authorization Error",
        "detail": detail,
        "type": NEW_HOST + "not-authorized-for-resource",
        "status": 403,
    } | about


TOO_MANY_CONNECTIONS: tuple[int, Body] = (
    429,
    {
        "title": "ConnectionException",
        "detail": "This stream is currently at the maximum allowed connection limit.",
        "connection_issue": "TooManyConnections",
        "type": OLD_HOST + "streaming-connection",
    },
)
STREAM_WITHOUT_RULES: tuple[int, Body] = (
    409,
    {
        "title": "ConnectionException",
        "detail": "Rule(s) must be configured before connecting: you must define rules before connecting to the stream.",
        "connection_issue": "RuleConfigurationIssue",
        "type": OLD_HOST + "streaming-connection",
    },
)

_BODIES: dict[str, tuple[int, Body]] = {
    "too-many-connections": TOO_MANY_CONNECTIONS,
    "credits-depleted": (
        402,
        {
            "title": "CreditsDepleted",
            "detail": "Your enrolled account does not have any credits to fulfill this request.",
            "type": NEW_HOST + "credits",
            "account_id": 1_400_000_000_000_000_001,
        },
    ),
    "payment-required": (
        402,
        {"title": "Payment Required", "detail": "credits depleted", "type": NEW_HOST + "credits-depleted", "status": 402},
    ),
    "spend-cap-reached": (
        403,
        {
            "title": "SpendCapReached",
            "detail": "Your enrolled account has reached its billing cycle spend cap.",
            "type": NEW_HOST + "spend-cap-reached",
            "status": 403,
        },
    ),
    "unauthorized": (401, unauthorized().body),
    "client-not-enrolled": (
        403,
        {
            "title": "Client Forbidden",
            "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a Twitter "
            "developer App that is attached to a Project. You can create a project via the developer portal.",
            "type": OLD_HOST + "client-forbidden",
            "reason": "client-not-enrolled",
            "required_enrollment": "Appropriate Level of API Access",
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "client_id": "28000001",
        },
    ),
    "unsupported-authentication": (
        403,
        unsupported("OAuth 1.0a User Context", "OAuth 2.0 Application-Only").body,
    ),
    "code-453": (403, old_style(403, 453, SUBSET).body),
    "invalid-request": (
        400,
        invalid(
            {
                "since_id": (
                    ["1"],
                    "'since_id' must be a tweet id created after [TIMESTAMP]. Please use a 'since_id' that is larger than 1",
                )
            }
        ).body,
    ),
    "internal-errors": (
        200,
        {
            "errors": [
                {"title": "Internal Error", "detail": "Something broke on our side.", "type": NEW_HOST + "internal-error"},
                {
                    "title": "Field Hydration Error",
                    "detail": "A field is not there.",
                    "type": NEW_HOST + "field-hydration-failure",
                },
            ],
            "meta": {"result_count": 0},
        },
    ),
    "stale-token": (
        400,
        invalid(
            {
                "pagination_token": (
                    ["7140dibdnow9c7btw"],
                    "The `pagination_token` query parameter value [7140dibdnow9c7btw] is not valid",
                )
            }
        ).body,
    ),
    "conflict": STREAM_WITHOUT_RULES,
}

"""What X says when something is wrong: the words, the shapes, the types.

X names problem types at two hosts; here the legacy dialect has the old one and the post dialect
the new one, so that nobody learns to compare whole addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]
OLD_HOST = "https://api.twitter.com/2/problems/"
NEW_HOST = "https://api.x.com/2/problems/"


class Refused(Exception):
    """A request that is answered with a status other than 200."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def unauthorized() -> Refused:
    return Refused(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"})


def unsupported(used: str, supported: str) -> Refused:
    detail = f"Authenticating with {used} is forbidden for this endpoint.  Supported authentication types are [{supported}]."
    return Refused(
        403,
        {"title": "Unsupported Authentication", "detail": detail, "type": OLD_HOST + "unsupported-authentication", "status": 403},
    )


def invalid(complaints: Mapping[str, tuple[list[str], str]]) -> Refused:
    """400: for each parameter its values and what is wrong with them."""
    errors = [{"parameters": {name: values}, "message": message} for name, (values, message) in complaints.items()]
    body = {
        "errors": errors,
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": OLD_HOST + "invalid-request",
    }
    return Refused(400, body)


def unreadable() -> Refused:
    """400: what came along is not the JSON that it should be."""
    body = invalid({}).body
    return Refused(400, body | {"errors": [{"parameters": {}, "message": "Requests must have a JSON body."}]})


def spent() -> Refused:
    return Refused(429, {"title": "Too Many Requests", "detail": "Too Many Requests", "type": "about:blank", "status": 429})


def old_style(status: int, code: int, message: str, **more: Any) -> Refused:
    """As the v1.1 endpoints and oauth/* speak."""
    return Refused(status, {"errors": [{"code": code, "message": message, **more}]})


class Speaker:
    """Problems inside an answer (`errors[]`), in one dialect."""

    def __init__(self, new: bool) -> None:
        self._new = new
        self._host = NEW_HOST if new else OLD_HOST

    def missing(self, what: str, parameter: str, value: str, section: str | None = None) -> Body:
        """Nobody has that name or id, or it was deleted."""
        detail = f"Could not find {what} with {parameter}: [{value}]."
        return self._problem("Not Found Error", "resource-not-found", detail, what, parameter, value, section)

    def suspended(self, parameter: str, value: str) -> Body:
        detail = f"User has been suspended: [{value}]."
        return self._problem("Forbidden", "resource-not-found", detail, "user", parameter, value, None)

    def hidden(self, what: str, parameter: str, value: str, section: str | None = None) -> Body:
        """Protected: only approved followers see it."""
        shown = "Tweet" if what == "tweet" else what
        detail = f"Sorry, you are not authorized to see the {shown} with {parameter}: [{value}]."
        return self._problem("Authorization Error", "not-authorized-for-resource", detail, what, parameter, value, section)

    def private(self, field: str, value: str) -> Body:
        """Metrics that only the author may see."""
        detail = f"Sorry, you are not authorized to access '{field}' on the Tweet with ids: [{value}]."
        body = self._problem(
            "Field Authorization Error", "not-authorized-for-field", detail, self._name("tweet"), "ids", value, "data"
        )
        return body | {"field": field}

    def _name(self, what: str) -> str:
        return "post" if self._new and what == "tweet" else what

    def _problem(self, title: str, kind: str, detail: str, what: str, parameter: str, value: str, section: str | None) -> Body:
        body = {
            "value": value,
            "detail": detail,
            "title": title,
            "resource_type": self._name(what),
            "parameter": parameter,
            "resource_id": value,
            "type": self._host + kind,
        }
        # X's description of the post dialect knows `section` for refused resources only.
        if section and not (self._new and kind == "resource-not-found"):
            body["section"] = section
        return body

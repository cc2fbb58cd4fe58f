"""Answers in which one character, one element or one shape is odd, as X has sent them or may."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from netwar.sandbox.faults import Fault
from netwar.sandbox.problems import Body
from netwar.sandbox.state import Answer

HALF = " \ud83d"  # the first half of an emoji that was cut in two
SPOKEN = ("text", "name", "description", "detail")
NUMBERS = ("id", "author_id", "conversation_id", "in_reply_to_user_id", "pinned_tweet_id")
UNNAMED: dict[str, Body] = {
    "places": {"id": "5f0000000000odd0", "full_name": "Nowhere in particular"},
    "media": {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/media/nobody.jpg"},
    "topics": {"id": "1", "name": "a kind that was made up yesterday"},
}
EAST = timezone(timedelta(hours=5, minutes=30))
# The ways in which a time can be written.
TIMES: tuple[Callable[[datetime], Any], ...] = (
    lambda moment: moment.strftime("%a %b %d %H:%M:%S +0000 %Y"),
    lambda moment: int(moment.timestamp()),
    lambda moment: str(int(moment.timestamp() * 1000)),
    lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"),
    lambda moment: moment.astimezone(EAST).isoformat(),
)


def half_emoji(answer: Answer, fault: Fault) -> None:
    """Half a surrogate pair ends a text or name of the first object of each kind, and of the first error."""
    _change(answer.body, lambda one, place: {name: one[name] + HALF for name in SPOKEN if isinstance(one.get(name), str)}, most=1)


def odd_elements(answer: Answer, fault: Fault) -> None:
    """A null and an object without id stand among `data`: a copy, or (billed) the second one that was sold."""
    data = answer.body.get("data")
    if isinstance(data, list) and data:
        place = min(1, len(data) - 1) if fault.billed else 0
        nameless = {name: value for name, value in data[place].items() if name != "id"}
        answer.body["data"] = [*data[:place], None, nameless, *data[place + fault.billed :]]


def odd_shapes(answer: Answer, fault: Fault) -> None:
    """Ids are numbers, counts are text, times are written in any way, and names of users who came along are null."""

    def shaped(one: Body, place: int) -> Body:
        changed: Body = {name: int(one[name]) for name in NUMBERS if str(one.get(name, "")).isdigit()}
        if isinstance(one.get("created_at"), str):
            changed["created_at"] = TIMES[place % len(TIMES)](datetime.fromisoformat(one["created_at"]))
        if isinstance(one.get("public_metrics"), dict):
            changed["public_metrics"] = {name: str(count) for name, count in one["public_metrics"].items()}
        return changed

    users = answer.body.get("includes", {}).get("users", [])
    _change(answer.body, shaped)
    if users:
        answer.body["includes"]["users"] = [{**one, "username": None} for one in answer.body["includes"]["users"]]


def unnamed_includes(answer: Answer, fault: Fault) -> None:
    """Something of each kind comes along that no post names."""
    if answer.body.get("data"):
        includes = answer.body.get("includes", {})
        answer.body["includes"] = includes | {kind: [*includes.get(kind, []), one] for kind, one in UNNAMED.items()}


ODD = {
    "half-emoji": half_emoji,
    "odd-elements": odd_elements,
    "odd-shapes": odd_shapes,
    "unnamed-includes": unnamed_includes,
}


def _change(body: Body, change: Callable[[Body, int], Body], most: int | None = None) -> None:
    """Change objects (of each kind the first `most`) in copies: what is served may be served again."""

    def changed(objects: Any) -> Any:
        if not isinstance(objects, list):
            return {**objects, **change(objects, 0)} if isinstance(objects, dict) else objects
        end = len(objects) if most is None else most
        some = [{**one, **change(one, place)} if isinstance(one, dict) else one for place, one in enumerate(objects[:end])]
        return [*some, *objects[end:]]

    for name in ("data", "errors"):
        if name in body:
            body[name] = changed(body[name])
    if "includes" in body:
        body["includes"] = {kind: changed(objects) for kind, objects in body["includes"].items()}


def written(body: Body) -> bytes:
    """A body as JSON; half of a surrogate pair as the escape that X writes."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()

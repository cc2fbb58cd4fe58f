"""Posts and profiles that twarc's `flatten` (twarc 2.14, expansions.py), or a tool like it, put together: as answers of X again.

What was put into a post comes out as what came along with it. (Lines that this program exported are read by
`netwar.records.flattened`: they say more.)
"""

from __future__ import annotations

from typing import Any

from netwar.records.dialects import Object, objects

TWARC = "__twarc"
OF_THE_ANSWER = (TWARC, "matching_rules")  # what flatten repeats in each post
USERS = {"author", "in_reply_to_user"}  # keys under which a flattened post has users
REFERENCES = ("referenced_tweets", "referenced_posts")
MENTION = ("start", "end", "username", "id", "tag")
GEO = ("place_id", "coordinates", "type")
ADDED_TO_MEDIA = ("media", "poll")


class _Along:
    """What comes along, by kind and key: each thing once."""

    def __init__(self) -> None:
        self.includes: dict[str, dict[str, Object]] = {}

    def add(self, kind: str, key: Any, thing: Object) -> None:
        if isinstance(key, str | int) and key != "" and len(thing) > 1:
            self.includes.setdefault(kind, {}).setdefault(str(key), thing)

    def user(self, user: Any) -> None:
        """A user whose profile says more than a mention: what is known of one who was only mentioned is no profile."""
        if isinstance(user, dict) and "username" in user and len(user) > 2:
            self.add("users", user.get("id"), _profile(user, self))


def post(line: Object) -> Object:
    """The answer that a flattened post was made of: the post in `data`, the rest in `includes`."""
    along = _Along()
    return _answer(_post(line, along), along, line)


def user(line: Object) -> Object:
    """The answer that a profile was made of."""
    along = _Along()
    return _answer(_profile(line, along), along, line)


def _answer(item: Object, along: _Along, line: Object) -> Object:
    answer: Object = {"data": [item]}
    if along.includes:
        answer["includes"] = {kind: [*things.values()] for kind, things in along.includes.items()}
    return answer | {name: line[name] for name in OF_THE_ANSWER if name in line}


def _post(line: Object, along: _Along) -> Object:
    made: Object = {}
    for name, value in line.items():
        if name in USERS:
            along.user(value)
        elif name in REFERENCES and isinstance(value, list):
            made[name] = [_reference(one, along) for one in value]
        elif name == "attachments" and isinstance(value, dict):
            made[name] = _attachments(value, along)
        elif name == "geo" and isinstance(value, dict):
            made[name] = _geo(value, along)
        elif name not in OF_THE_ANSWER:
            made[name] = _mentions(value, along)
    return made


def _profile(line: Object, along: _Along) -> Object:
    if isinstance(pinned := line.get("pinned_tweet"), dict):
        along.add("tweets", pinned.get("id"), _post(pinned, along))
    return {name: _mentions(value, along) for name, value in line.items() if name not in ("pinned_tweet", TWARC)}


def _reference(reference: Any, along: _Along) -> Any:
    if not isinstance(reference, dict) or len(reference) <= 2:
        return reference
    along.add("tweets", reference.get("id"), _post({k: v for k, v in reference.items() if k != "type"}, along))
    return {name: reference[name] for name in ("type", "id") if name in reference}


def _attachments(told: Object, along: _Along) -> Object:
    for medium in objects(told.get("media")):
        along.add("media", medium.get("media_key"), medium)
    for poll in objects(told.get("poll")):
        along.add("polls", poll.get("id"), poll)
    return {name: value for name, value in told.items() if name not in ADDED_TO_MEDIA}


def _geo(told: Object, along: _Along) -> Object:
    place = {name: value for name, value in told.items() if name not in GEO}
    along.add("places", place.get("id"), place)
    return {name: value for name, value in told.items() if name in GEO}


def _mentions(value: Any, along: _Along) -> Any:
    """A part of a post or profile without the profiles that stand in its mentions, however deep those lie."""
    if not isinstance(value, dict):
        return value
    return {
        name: [_mention(one, along) for one in inner]
        if name == "mentions" and isinstance(inner, list)
        else _mentions(inner, along)
        for name, inner in value.items()
    }


def _mention(mention: Any, along: _Along) -> Any:
    if not isinstance(mention, dict) or mention.keys() <= {*MENTION}:
        return mention
    along.user({name: value for name, value in mention.items() if name not in ("start", "end", "tag")})
    return {name: value for name, value in mention.items() if name in MENTION}

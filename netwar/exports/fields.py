"""The columns of CSV and Parquet: what each is called, what is in it, and where it is read off a document.

A column is one of those named here, or the path of a value in a flattened line, with dots: author.public_metrics.followers_count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson

from netwar.records import times
from netwar.records.dialects import Object, count, flag, kind, objects, public_count, text
from netwar.records.edges import links
from netwar.records.ids import identity

PATH = re.compile(r"\w+(?:\.\w+)+", re.ASCII)


class Type(Enum):
    """What is in a column. Ids are texts in every form: R and spreadsheets round numbers of that size."""

    ID = "id"
    TEXT = "text"
    TIME = "time"  # ms since 1970
    COUNT = "count"
    FLAG = "flag"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True)
class Field:
    """A column. `value` reads it off the document, if that tells it `alone`, else off its flattened line."""

    name: str
    type: Type
    value: Callable[[Object], Any]
    alone: bool = True


def _at(*path: str) -> Callable[[Object], Any]:
    def value(line: Object) -> Any:
        found: Any = line
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found

    return value


def _id(*path: str) -> Callable[[Object], Any]:
    at = _at(*path)
    return lambda line: identity(at(line))


def _time(*path: str) -> Callable[[Object], Any]:
    at = _at(*path)
    return lambda line: times.milliseconds(at(line))


def _count(*names: str) -> Callable[[Object], Any]:
    return lambda line: public_count(line, *names)


def _referenced(type: str, *path: str) -> Callable[[Object], Any]:
    at = _id(*path)

    def value(line: Object) -> Any:
        named = objects(line.get("referenced_tweets") or line.get("referenced_posts"))
        return next((at(one) for one in named if one.get("type") == type), None)

    return value


def _entities(part: str, key: str) -> Callable[[Object], Any]:
    """The texts under a key in a part of the entities: of a long post all of it has some, the beginning's first."""

    def value(line: Object) -> Any:
        notes = (line, line.get("note_tweet"), line.get("note_post"))
        told = [one.get("entities") for one in notes if isinstance(one, dict)]
        found = [one.get(key) for some in told if isinstance(some, dict) for one in objects(some.get(part))]
        return list(dict.fromkeys(one for one in found if isinstance(one, str)))

    return value


def _media(key: str) -> Callable[[Object], Any]:
    at = _at("netwar", "media")
    return lambda line: [value for one in objects(at(line)) if isinstance(value := one.get(key), str)]


def _place(key: str) -> Callable[[Object], Any]:
    at = _at("netwar", "places")
    return lambda line: next((value for one in objects(at(line)) if isinstance(value := one.get(key), str)), None)


def _address(line: Object) -> str:
    name = _at("author", "username")(line)
    return f"https://x.com/{name if isinstance(name, str) else 'i'}/status/{line.get('id')}"


TWEET = (
    Field("id", Type.ID, _id("id")),
    Field("created_at", Type.TIME, _time("created_at")),
    Field("author_id", Type.ID, _id("author_id")),
    Field("username", Type.TEXT, _at("author", "username"), alone=False),
    Field("name", Type.TEXT, _at("author", "name"), alone=False),
    Field("kind", Type.TEXT, kind),
    Field("text", Type.TEXT, text),
    Field("lang", Type.TEXT, _at("lang")),
    Field("conversation_id", Type.ID, _id("conversation_id")),
    Field("in_reply_to_user_id", Type.ID, _id("in_reply_to_user_id")),
    Field("replied_to_id", Type.ID, _referenced("replied_to", "id")),
    Field("retweeted_id", Type.ID, _referenced("retweeted", "id")),
    Field("retweeted_user_id", Type.ID, _referenced("retweeted", "author_id"), alone=False),
    Field("quoted_id", Type.ID, _referenced("quoted", "id")),
    Field("quoted_user_id", Type.ID, _referenced("quoted", "author_id"), alone=False),
    Field("retweets", Type.COUNT, _count("retweet_count", "repost_count")),
    Field("replies", Type.COUNT, _count("reply_count")),
    Field("likes", Type.COUNT, _count("like_count")),
    Field("quotes", Type.COUNT, _count("quote_count")),
    Field("bookmarks", Type.COUNT, _count("bookmark_count")),
    Field("impressions", Type.COUNT, _count("impression_count")),
    Field("hashtags", Type.TEXTS, _entities("hashtags", "tag")),
    Field("mentions", Type.TEXTS, _entities("mentions", "username")),
    Field("links", Type.TEXTS, links),
    Field("media_types", Type.TEXTS, _media("type")),
    Field("place", Type.TEXT, _place("full_name")),
    Field("country_code", Type.TEXT, _place("country_code")),
    Field("source", Type.TEXT, _at("source")),
    Field("possibly_sensitive", Type.FLAG, lambda line: flag(line.get("possibly_sensitive"))),
    Field("url", Type.TEXT, _address, alone=False),
    Field("retrieved_at", Type.TIME, _time("netwar", "retrieved")),
    Field("via", Type.TEXT, _at("netwar", "via")),
)
USER = (
    Field("id", Type.ID, _id("id")),
    Field("username", Type.TEXT, _at("username")),
    Field("name", Type.TEXT, _at("name")),
    Field("created_at", Type.TIME, _time("created_at")),
    Field("description", Type.TEXT, _at("description")),
    Field("location", Type.TEXT, _at("location")),
    Field("profile_url", Type.TEXT, _at("url")),
    Field("verified", Type.FLAG, lambda line: flag(line.get("verified"))),
    Field("verified_type", Type.TEXT, _at("verified_type")),
    Field("protected", Type.FLAG, lambda line: flag(line.get("protected"))),
    Field("followers", Type.COUNT, _count("followers_count")),
    Field("following", Type.COUNT, _count("following_count")),
    Field("tweets", Type.COUNT, _count("tweet_count", "post_count")),
    Field("listed", Type.COUNT, _count("listed_count")),
    Field("pinned_tweet_id", Type.ID, _id("pinned_tweet_id")),
    Field("profile_image_url", Type.TEXT, _at("profile_image_url")),
    Field("retrieved_at", Type.TIME, _time("netwar", "retrieved")),
    Field("via", Type.TEXT, _at("netwar", "via")),
)
# Of a user's versions: from when to when the profile said so, as far as was seen.
VERSIONS = (Field("since", Type.TIME, _at("since")), Field("until", Type.TIME, _at("until")))


def chosen(index: str, names: Sequence[str], *, versions: bool = False) -> tuple[Field, ...]:
    """The columns of these names, all of them if there are none. Raises ValueError for a name that is none and no path."""
    known = {field.name: field for field in (*(VERSIONS if versions else ()), *(TWEET if index.startswith("tw") else USER))}
    if not names:
        return tuple(known.values())
    wrong = [name for name in names if name not in known and not PATH.fullmatch(name)]
    if wrong:
        raise ValueError(f"there is no field {', '.join(wrong)}: there are {', '.join(known)}, and paths such as a.b")
    return tuple(known.get(name) or _path(name) for name in names)


def _path(name: str) -> Field:
    at = _at(*name.split("."))

    def value(line: Object) -> Any:
        found = at(line)
        return found if found is None or isinstance(found, str) else orjson.dumps(found).decode()

    return Field(name, Type.TEXT, value, alone=False)


def values(fields: Sequence[Field], body: Object, line: Object) -> list[Any]:
    """The cells of a document, each of its column's type; None where there is nothing, or X sent something of another type.

    `line` is its flattened line, the document once more where all fields are told by it alone.
    """
    return [_sound(field.type, field.value(body if field.alone else line)) for field in fields]


def _sound(type: Type, value: Any) -> Any:
    if type in (Type.TEXT, Type.ID):
        return value if isinstance(value, str) else None
    return count(value) if type is Type.COUNT else value

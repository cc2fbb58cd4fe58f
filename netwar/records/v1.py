"""Objects of X's API v1.1, as the recorder of 2019 kept them, turned into the legacy form of v2.

`tweet` and `user` give what today's programs show, search and copy; the original stands whole in it, under `netwar.v1`.
Fields that v1.1 did not have are left out. Shapes: docs.x.com, "Tweet object" and "User object" of v1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netwar.records import times
from netwar.records.dialects import Object, count, objects
from netwar.records.ids import identity

ANCHOR = re.compile(r"<[^>]*>")
# How v2 begins the key of a medium, by v1.1's name of its kind.
MEDIA = {"photo": "3", "video": "7", "animated_gif": "16"}


def tweet(status: Object) -> Object:
    """A status as a v2 tweet."""
    author = _object(status.get("user"))
    media = _media(status)
    made: Object = {
        "id": _id(status),
        "text": _text(status),
        "author_id": _id(author),
        "username": author.get("screen_name"),
        "created_at": _time(status.get("created_at")),
        "lang": status.get("lang"),
        "source": ANCHOR.sub("", str(status.get("source") or "")) or None,
        "in_reply_to_user_id": _number(status, "in_reply_to_user_id"),
        "possibly_sensitive": status.get("possibly_sensitive"),
        "referenced_tweets": _references(status),
        "public_metrics": _counts(status, _TWEET_COUNTS),
        "entities": _entities(_object(_extended(status).get("entities") or status.get("entities"))),
        "attachments": {"media_keys": [one["media_key"] for one in media]} if media else None,
        "geo": _geo(status),
    }
    return _filled(made) | {"netwar": _filled({"via": "v1.1", "media": media, "places": _places(status)}) | {"v1": status}}


def user(profile: Object) -> Object:
    """A profile as a v2 user."""
    told = _object(profile.get("entities"))
    entities = {part: _entities(_object(told.get(part))) for part in ("url", "description")}
    made: Object = {
        "id": _id(profile),
        "username": profile.get("screen_name"),
        "name": profile.get("name"),
        "description": profile.get("description"),
        "location": profile.get("location"),
        "url": profile.get("url"),
        "created_at": _time(profile.get("created_at")),
        "protected": profile.get("protected"),
        "verified": profile.get("verified"),
        "profile_image_url": profile.get("profile_image_url_https"),
        "profile_banner_url": profile.get("profile_banner_url"),
        "pinned_tweet_id": next(iter(_list(profile.get("pinned_tweet_ids_str"))), None),
        "public_metrics": _counts(profile, _USER_COUNTS),
        "entities": _filled(entities),
    }
    return _filled(made) | {"netwar": {"via": "v1.1", "v1": profile}}


def within(status: Object) -> Iterator[Object]:
    """The statuses that came within a status: what it retweets and quotes, and what those quote."""
    for name in ("retweeted_status", "quoted_status"):
        inner = status.get(name)
        if isinstance(inner, dict):
            yield inner
            yield from within(inner)


_TWEET_COUNTS = {
    "retweet_count": "retweet_count",
    "reply_count": "reply_count",
    "like_count": "favorite_count",
    "quote_count": "quote_count",
}
_USER_COUNTS = {
    "followers_count": "followers_count",
    "following_count": "friends_count",
    "tweet_count": "statuses_count",
    "listed_count": "listed_count",
    "like_count": "favourites_count",
}


def _id(item: Object) -> str | None:
    """Its id. `id` alone was rounded by programs that read it as a floating-point number."""
    return identity(item.get("id_str") or item.get("id"))


def _number(item: Object, name: str) -> str | None:
    found = item.get(f"{name}_str") or item.get(name)
    return identity(found)


def _extended(status: Object) -> Object:
    """Where streams put what a tweet of more than 140 characters says."""
    return _object(status.get("extended_tweet"))


def _text(status: Object) -> str:
    return str(_extended(status).get("full_text") or status.get("full_text") or status.get("text") or "")


def _time(written: Any) -> Any:
    """X's time of v1.1 as v2 writes it; what is no time stays as it is."""
    return times.usual(written)


def _references(status: Object) -> list[Object]:
    retweeted, quoted = _object(status.get("retweeted_status")), _number(status, "quoted_status_id")
    found = [
        ("retweeted", _id(retweeted)),
        # A retweet repeats what the retweeted tweet quotes; v2 says it of that one only.
        ("quoted", None if retweeted else quoted or _id(_object(status.get("quoted_status")))),
        ("replied_to", _number(status, "in_reply_to_status_id")),
    ]
    return [{"type": kind, "id": id} for kind, id in found if id]


def _counts(item: Object, names: dict[str, str]) -> Object:
    told = {name: count(item.get(theirs)) for name, theirs in names.items()}
    return {name: value for name, value in told.items() if value is not None}


def _entities(told: Object) -> Object:
    if not told:
        return {}
    made = {
        "hashtags": [{"tag": one.get("text")} | _place(one) for one in objects(told.get("hashtags"))],
        "cashtags": [{"tag": one.get("text")} | _place(one) for one in objects(told.get("symbols"))],
        "mentions": [_mention(one) for one in objects(told.get("user_mentions"))],
        "urls": [_url(one) for name in ("urls", "media") for one in objects(told.get(name))],
    }
    return {name: some for name, some in made.items() if some}


def _mention(told: Object) -> Object:
    return {"username": told.get("screen_name"), "id": _id(told)} | _place(told)


def _url(told: Object) -> Object:
    return _filled({name: told.get(name) for name in ("url", "expanded_url", "display_url")}) | _place(told)


def _place(told: Object) -> Object:
    """Where in the text it stands."""
    where = told.get("indices")
    return {"start": where[0], "end": where[1]} if isinstance(where, list) and len(where) == 2 else {}


def _media(status: Object) -> list[Object]:
    told = _object(_extended(status).get("extended_entities") or status.get("extended_entities"))
    return [_medium(one) for one in objects(told.get("media")) if _id(one)]


def _medium(told: Object) -> Object:
    kind = str(told.get("type"))
    picture = told.get("media_url_https")
    made = {"media_key": f"{MEDIA.get(kind, '3')}_{_id(told)}", "type": kind, "alt_text": told.get("ext_alt_text")}
    return _filled(made | {"url" if kind == "photo" else "preview_image_url": picture, **_film(_object(told.get("video_info")))})


def _film(told: Object) -> Object:
    variants = [{("bit_rate" if name == "bitrate" else name): one[name] for name in one} for one in objects(told.get("variants"))]
    return {"duration_ms": told.get("duration_millis"), "variants": variants}


def _geo(status: Object) -> Object:
    return _filled({"place_id": _object(status.get("place")).get("id"), "coordinates": status.get("coordinates")})


def _places(status: Object) -> list[Object]:
    place = _object(status.get("place"))
    names = ("id", "full_name", "name", "country", "country_code", "place_type")
    return [_filled({name: place.get(name) for name in names})] if place.get("id") else []


def _filled(made: Object) -> Object:
    """Without what says nothing."""
    return {name: value for name, value in made.items() if value or not (value is None or isinstance(value, list | dict))}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Object:
    return value if isinstance(value, dict) else {}

"""Every field of a user in X's two dialects, and how it comes out of the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.computed import computed
from netwar.sandbox.world.prng import mix
from netwar.sandbox.world.text import Writer, invented, phrases
from netwar.sandbox.world.world import World

_TYPES = ("none", "none", "none", "none", "none", "none", "blue", "business")
_TOWNS = ("Athens", "Zürich 🇨🇭", "somewhere else", "東京", "Brighton & Hove", "", "", "")


class Person:
    """One user, as the world has them now."""

    def __init__(self, world: World, index: int) -> None:
        self.world = world
        self.index = index
        self.id = world.people.id(index)
        self.chance = mix(world.seed, 12, index)

    @property
    def link(self) -> str | None:
        return f"https://t.co/u{self.chance >> 30:09x}"[:23] if self.chance & 3 == 0 else None

    @computed
    def about(self) -> Writer:
        """The description and what stands where in it."""
        writer = Writer()
        for phrase in phrases(self.chance, self.chance >> 4 & 3):
            writer.say(phrase)
        if writer.text and self.chance >> 6 & 3 == 0:
            writer.mark("hashtags", "#sandbox", tag="sandbox")
        if writer.text and self.chance >> 8 & 7 == 0:
            name = self.world.name((self.index + 5) % (1 << 22))
            writer.mark("mentions", "@" + name, username=name)
        return writer

    def post_id(self, back: int) -> str | None:
        """The id of the post that lies `back` posts behind the newest."""
        postings = self.world.postings
        count = postings.count(self.index)
        return str(postings.id(self.index, count - 1 - back)) if count > back else None

    @property
    def pinned(self) -> str | None:
        return self.post_id(self.chance >> 12 & 7) if self.chance >> 10 & 3 == 0 else None


Field = Callable[[Person], Any]


def display_name(person: Person) -> str:
    name = invented(person.chance).title() + " " + invented(person.chance >> 11).title()
    return name + " ☀️" if person.chance >> 20 & 15 == 0 else name


def _entities(person: Person) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    link = person.link
    if link:
        target = f"https://{invented(person.chance)}.example/"
        entity = {"start": 0, "end": len(link), "url": link, "expanded_url": target, "display_url": target[8:-1]}
        found["url"] = {"urls": [entity]}
    if person.about.entities:
        found["description"] = person.about.entities
    return found or None


def _metrics(person: Person, posts: str) -> dict[str, int]:
    circles, chance = person.world.circles, person.chance
    return {
        "followers_count": circles.count("followers", person.index),
        "following_count": circles.count("following", person.index),
        posts: person.world.postings.count(person.index),
        "listed_count": chance >> 22 & 31,
        "like_count": chance >> 27 & 0xFFF,
        "media_count": chance >> 39 & 0xFF,
    }


def _affiliation(person: Person) -> dict[str, Any] | None:
    if person.chance >> 50 & 31:
        return None
    ids = [str(person.world.people.id((person.index + 9) % (1 << 22)))]
    return {
        "badge_url": "https://pbs.twimg.com/badge.jpg",
        "description": "Sandbox",
        "url": "https://x.com/sandbox",
        "user_id": ids,
    }


_SAME: dict[str, Field] = {
    "created_at": lambda p: iso(p.world.people.created(p.index)),
    "description": lambda p: p.about.text,
    "entities": _entities,
    "id": lambda p: str(p.id),
    "is_identity_verified": lambda p: p.chance >> 14 & 31 == 0,
    "location": lambda p: _TOWNS[p.chance >> 16 & 7] or None,
    "name": display_name,
    "parody": lambda p: False,
    "profile_banner_url": lambda p: f"https://pbs.twimg.com/profile_banners/{p.id}/1" if p.chance >> 19 & 1 else None,
    "profile_image_url": lambda p: f"https://pbs.twimg.com/profile_images/{p.chance >> 1}/{invented(p.chance)}_normal.jpg",
    "protected": lambda p: p.world.state(p.index) == "protected",
    "subscription_type": lambda p: "Premium" if _TYPES[p.chance >> 40 & 7] == "blue" else "None",
    "url": lambda p: p.link or "",
    "username": lambda p: p.world.name(p.index),
    "verified": lambda p: _TYPES[p.chance >> 40 & 7] != "none",
    "verified_followers_count": lambda p: p.world.cast.followers(p.index) // 20,
    "verified_type": lambda p: _TYPES[p.chance >> 40 & 7],
    "withheld": lambda p: {"country_codes": ["TR"]} if p.chance >> 44 & 127 == 3 else None,
}
LEGACY: dict[str, Field] = _SAME | {
    "affiliation": _affiliation,
    "most_recent_tweet_id": lambda p: p.post_id(0),
    "pinned_tweet_id": lambda p: p.pinned,
    "public_metrics": lambda p: _metrics(p, "tweet_count"),
}
POST: dict[str, Field] = _SAME | {"public_metrics": lambda p: _metrics(p, "post_count")}
POST_BY_EXPANSION: dict[str, tuple[str, Field]] = {
    "affiliation": ("affiliation", _affiliation),
    "most_recent": ("most_recent_post_id", lambda p: p.post_id(0)),
    "pinned": ("pinned_post_id", lambda p: p.pinned),
}
ALWAYS = ("id", "name", "username")
# What a user can write anew at run time (POST /sandbox/profile).
WRITTEN = frozenset(("name", "description", "location", "url", "profile_image_url", "verified"))

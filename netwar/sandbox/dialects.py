"""Which fields and expansions a request asked for, in which of X's two dialects.

The request's dialect selects the keys of the answer. `post.fields`, or an expansion that only the
post dialect knows, makes it post; else it is legacy. What belongs to the other dialect, and any
value that X does not know, is dropped without a word: the answer is 200, and billed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netwar.sandbox import post_fields, user_fields
from netwar.sandbox.user_fields import Person
from netwar.sandbox.world.posts import Post

LEGACY_EXPANSIONS = {
    "author_id": "author",
    "in_reply_to_user_id": "reply_author",
    "referenced_tweets.id": "references",
    "referenced_tweets.id.author_id": "reference_authors",
    "referenced_tweets.id.attachments.media_keys": "reference_media",
    "entities.mentions.username": "mentions",
    "entities.note.mentions.username": "note_mentions",
    "attachments.media_keys": "media",
    "attachments.poll_ids": "polls",
    "geo.place_id": "places",
    "edit_history_tweet_ids": "edits",
    "pinned_tweet_id": "pinned",
    "most_recent_tweet_id": "most_recent",
    "affiliation.user_id": "affiliation",
}
POST_EXPANSIONS = {
    "author_id": "author",
    "in_reply_to_user_id": "reply_author",
    "referenced_posts": "references",
    "referenced_posts.id": "references",
    "entities.mentions.username": "mentions",
    "attachments.media_keys": "media",
    "attachments.poll_ids": "polls",
    "geo.place_id": "places",
    "edit_history_post_ids": "edits",
    "pinned_post_id": "pinned",
    "most_recent_post_id": "most_recent",
    "affiliation": "affiliation",
}
_ONLY_POST = frozenset(POST_EXPANSIONS) - frozenset(LEGACY_EXPANSIONS)
FIELD_PARAMETERS = ("tweet.fields", "post.fields", "user.fields", "media.fields", "place.fields", "poll.fields", "expansions")
_KNOWN = {
    "media.fields": (
        "alt_text duration_ms height media_key preview_image_url public_metrics type url variants width",
        "media_key type",
    ),
    "place.fields": ("contained_within country country_code full_name geo id name place_type", "id full_name"),
    "poll.fields": ("duration_minutes end_datetime id options voting_status", "id options"),
}


@dataclass(frozen=True)
class Wanted:
    """What one request asked for."""

    new: bool
    expansions: frozenset[str]
    post_plan: tuple[tuple[str, post_fields.Field], ...]
    user_plan: tuple[tuple[str, user_fields.Field], ...]
    private: tuple[str, ...]
    parts: dict[str, frozenset[str]]

    def post(self, post: Post, now: int) -> dict[str, Any]:
        """A post with the fields that were asked for and that it has."""
        found = {}
        for key, field in self.post_plan:
            value = field(post, now)
            if value is not None:
                found[key] = value
        return found

    def user(self, person: Person) -> dict[str, Any]:
        found, said = {}, person.world.said.get(person.index, {})
        for key, field in self.user_plan:
            value = said[key] if key in said else field(person)
            if value is not None:
                found[key] = value
        return found

    def part(self, kind: str, whole: dict[str, Any]) -> dict[str, Any]:
        """A media, place or poll object (`kind` is its parameter) with the fields that were asked for."""
        wanted = self.parts[kind]
        return {key: value for key, value in whole.items() if key in wanted}


def wanted(parameters: Mapping[str, str], *, new: bool = False) -> Wanted:
    """What the query of a request asks for; `new`: in the post dialect, whatever names it uses."""
    return _wanted(tuple(parameters.get(name, "") for name in FIELD_PARAMETERS), new)


@lru_cache(256)
def _wanted(values: tuple[str, ...], new: bool) -> Wanted:
    asked = {name: value.split(",") if value else [] for name, value in zip(FIELD_PARAMETERS, values, strict=True)}
    new = new or bool(asked["post.fields"]) or (not asked["tweet.fields"] and not _ONLY_POST.isdisjoint(asked["expansions"]))
    names = POST_EXPANSIONS if new else LEGACY_EXPANSIONS
    expansions = frozenset(names[value] for value in asked["expansions"] if value in names)
    fields = asked["post.fields" if new else "tweet.fields"]
    return Wanted(
        new,
        expansions,
        _post_plan(new, fields, expansions),
        _user_plan(new, asked["user.fields"], expansions),
        tuple(field for field in fields if field in post_fields.PRIVATE),
        {kind: _part(known, always, asked[kind]) for kind, (known, always) in _KNOWN.items()},
    )


def _post_plan(new: bool, asked: list[str], expansions: frozenset[str]) -> tuple[tuple[str, post_fields.Field], ...]:
    known = post_fields.POST if new else post_fields.LEGACY
    always = post_fields.POST_ALWAYS if new else post_fields.LEGACY_ALWAYS
    plan = {name: known[name] for name in (*always, *asked) if name in known}
    if new:
        plan |= dict(post_fields.POST_BY_EXPANSION[name] for name in expansions if name in post_fields.POST_BY_EXPANSION)
    return tuple(plan.items())


def _user_plan(new: bool, asked: list[str], expansions: frozenset[str]) -> tuple[tuple[str, user_fields.Field], ...]:
    known = user_fields.POST if new else user_fields.LEGACY
    plan = {name: known[name] for name in (*user_fields.ALWAYS, *asked) if name in known}
    if new:
        plan |= dict(user_fields.POST_BY_EXPANSION[name] for name in expansions if name in user_fields.POST_BY_EXPANSION)
    return tuple(plan.items())


def _part(known: str, always: str, asked: list[str]) -> frozenset[str]:
    return frozenset(always.split()) | (frozenset(asked) & frozenset(known.split()))

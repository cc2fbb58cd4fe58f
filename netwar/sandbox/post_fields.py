"""Every field of a post in X's two dialects: its key, and how it comes out of a Post.

A function returns None where X leaves the key out. The post dialect renames some keys; those that
are expansions there (author_id, in_reply_to_user_id, referenced_posts, edit_history_post_ids)
stand in POST_BY_EXPANSION. Source: X's OpenAPI description 2.166 (legacy) and 2.167 (post).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwar.sandbox.world.clock import iso
from netwar.sandbox.world.media import attachments, geo
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.prng import mix
from netwar.sandbox.world.text import invented
from netwar.sandbox.world.world import LONG

Field = Callable[[Post, int], Any]  # post, now (ms)

_DAY = 86_400_000
_EDIT_WINDOW = 3_600_000
_AUDIENCES = ("everyone", "everyone", "everyone", "mentionedUsers", "following", "subscribers", "verified", "everyone")
_DOMAINS = (
    ("46", "Business Taxonomy"),
    ("131", "Unified Twitter Taxonomy"),
    ("10", "Person"),
    ("66", "Interests and Hobbies Category"),
)
PRIVATE = frozenset(("non_public_metrics", "organic_metrics", "promoted_metrics"))


def _metrics(post: Post, now: int, reposts: str) -> dict[str, int]:
    """Counts that grow from day to day for a month."""
    days = min(30, max(0, (now - post.written) // _DAY))
    original = post.original
    if original is not None:
        shared = _metrics(original, now, reposts)[reposts]
        return {reposts: shared, "reply_count": 0, "like_count": 0, "quote_count": 0, "bookmark_count": 0, "impression_count": 0}
    chance = mix(post.chance, 90)
    likes = (chance & 0xFF) * days // (1 + (chance >> 8 & 15))
    return {
        reposts: likes // 4,
        "reply_count": likes // 6,
        "like_count": likes,
        "quote_count": likes // 20,
        "bookmark_count": likes // 15,
        "impression_count": likes * 61 + days * (chance >> 12 & 63),
    }


def _annotations(post: Post, now: int) -> list[dict[str, Any]] | None:
    more = post.more
    if more >> 25 & 3:
        return None
    found = []
    for number in range(1 + (more >> 27 & 1)):
        domain, name = _DOMAINS[(more >> 29) + number & 3]
        entity = {"id": str(mix(more & 63, number) >> 2), "name": invented(mix(more & 63, number)).title()}
        if number == 0:
            entity["description"] = f"All about {entity['name']}"
        found.append({"domain": {"id": domain, "name": name, "description": f"{name} of the sandbox"}, "entity": entity})
    return found


def _edit_controls(post: Post, now: int) -> dict[str, Any]:
    history = post.history
    begun = post.world.postings.time(post.author, post.k, len(history) - 1)
    eligible = not post.references and not post.poll
    return {"edits_remaining": 5 - (len(history) - 1), "is_edit_eligible": eligible, "editable_until": iso(begun + _EDIT_WINDOW)}


def _note(post: Post, now: int) -> dict[str, Any] | None:
    if post.kind != LONG:
        return None
    text, entities = post.full
    kinds = {kind: found for kind, found in entities.items() if kind != "urls"}
    links = [
        {k: v for k, v in url.items() if k in ("start", "end", "url", "expanded_url", "display_url")}
        for url in entities.get("urls", ())
    ]
    if links:
        kinds["urls"] = links
    return {"text": text} | ({"entities": kinds} if kinds else {})


def _withheld(post: Post, now: int) -> dict[str, Any] | None:
    return {"copyright": bool(post.more >> 34 & 1), "country_codes": ["DE", "FR"]} if post.more >> 27 & 127 == 1 else None


def _range(post: Post, now: int) -> list[int]:
    mentions = post.wording.entities.get("mentions", ()) if post.replied_to else ()
    start = 0
    for mention in mentions:
        if mention["start"] == start:
            start = mention["end"] + 1
    return [min(start, len(post.wording.text)), len(post.wording.text)]


def _references(post: Post, now: int) -> list[dict[str, str]] | None:
    return [{"type": r.how, "id": str(r.id)} for r in post.references] or None


def _reply_user(post: Post, now: int) -> str | None:
    reply = post.replied_to
    return str(post.world.people.id(reply.author)) if reply is not None else None


def _author(post: Post, now: int) -> str:
    return str(post.world.people.id(post.author))


def _history(post: Post, now: int) -> list[str]:
    return [str(one) for one in post.history]


def _entities(post: Post, now: int) -> dict[str, Any] | None:
    return post.wording.entities or None


_SAME: dict[str, Field] = {
    "attachments": lambda post, now: attachments(post),
    "card_uri": lambda post, now: f"card://{post.id - 1_000}" if post.poll else None,
    "community_id": lambda post, now: str(mix(post.more & 7) >> 3) if post.more >> 18 & 127 == 5 else None,
    "context_annotations": _annotations,
    "conversation_id": lambda post, now: str(post.conversation),
    "created_at": lambda post, now: iso(post.written),
    "display_text_range": _range,
    "edit_controls": _edit_controls,
    "entities": _entities,
    "geo": lambda post, now: geo(post),
    "id": lambda post, now: str(post.id),
    "lang": lambda post, now: post.lang,
    "paid_partnership": lambda post, now: False,
    "possibly_sensitive": lambda post, now: post.more >> 33 & 31 == 0,
    "reply_settings": lambda post, now: _AUDIENCES[post.more >> 36 & 7],
    "scopes": lambda post, now: {"followers": False} if post.more >> 20 & 127 == 9 else None,
    "text": lambda post, now: post.wording.text,
    "withheld": _withheld,
}

LEGACY: dict[str, Field] = _SAME | {
    "author_id": _author,
    "edit_history_tweet_ids": _history,
    "in_reply_to_user_id": _reply_user,
    "note_tweet": _note,
    "public_metrics": lambda post, now: _metrics(post, now, "retweet_count"),
    "referenced_tweets": _references,
}
POST: dict[str, Field] = _SAME | {"note_post": _note, "public_metrics": lambda post, now: _metrics(post, now, "repost_count")}
POST_BY_EXPANSION: dict[str, tuple[str, Field]] = {
    "author": ("author_id", _author),
    "reply_author": ("in_reply_to_user_id", _reply_user),
    "references": ("referenced_posts", _references),
    "edits": ("edit_history_post_ids", _history),
}
LEGACY_ALWAYS = ("id", "text", "edit_history_tweet_ids")
POST_ALWAYS = ("id", "text")

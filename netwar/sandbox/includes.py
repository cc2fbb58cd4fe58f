"""Which included objects and which errors of a captured page belong to a post."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netwar.sandbox.problems import Body

Included = Mapping[str, Mapping[str, Body]]
_MEDIA = frozenset(("media", "reference_media"))


def belongings(post: Body, included: Included) -> Iterator[tuple[str, str, frozenset[str]]]:
    """The included objects of a page that a post refers to: kind, key, and which expansions bring them."""
    for kind, key, expansion in _mentioned(post, own=True):
        if key in included.get(kind, ()):
            yield kind, key, expansion
            if kind == "tweets":
                yield from (
                    (kind, key, wide)
                    for kind, key, wide in _mentioned(included[kind][key], own=False)
                    if key in included.get(kind, ())
                )
    names = {name.lower() for name in _named(post)}
    for key, user in included.get("users", {}).items():
        if user["username"].lower() in names:
            yield "users", key, frozenset(("mentions",))


def _mentioned(post: Body, own: bool) -> Iterator[tuple[str, str, frozenset[str]]]:
    attached: dict[str, Any] = post.get("attachments", {})
    for key in attached.get("media_keys") or ():
        yield "media", key, frozenset(("media",)) if own else _MEDIA
    for key in attached.get("poll_ids") or ():
        yield "polls", key, frozenset(("polls",))
    place = post.get("geo", {}).get("place_id")
    if place:
        yield "places", place, frozenset(("places",))
    if "author_id" in post:
        yield "users", post["author_id"], frozenset(("author" if own else "reference_authors",))
    if "in_reply_to_user_id" in post:
        yield "users", post["in_reply_to_user_id"], frozenset(("reply_author",))
    if own:
        for reference in post.get("referenced_tweets", ()):
            yield "tweets", reference["id"], frozenset(("references",))


def _named(post: Body) -> Iterator[str]:
    for mention in post.get("entities", {}).get("mentions", ()):
        yield mention["username"]


def related(post: Body) -> Iterator[str]:
    """The ids and names that an error about this post could speak of, lower-cased."""
    yield post["id"]
    yield from (key.lower() for _, key, _ in _mentioned(post, own=True))
    yield from (name.lower() for name in _named(post))

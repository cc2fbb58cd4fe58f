"""A user's timeline as a numbered list of posts, 0 the oldest: generated, or out of captured pages."""

from __future__ import annotations

from typing import Protocol

from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import QUOTE_REPLY, REPLY, RETWEET, THREAD, World


class Feed(Protocol):
    """The posts of one user."""

    def count(self) -> int:
        """How many there are."""

    def id(self, k: int) -> int:
        """The id of post k."""

    def position(self, post_id: int) -> int:
        """How many posts have smaller ids."""

    def is_a(self, k: int, what: str) -> bool:
        """Whether post k is one of the `replies`, or of the `retweets`."""

    def add(self, k: int, builder: BodyBuilder) -> None:
        """Put post k, and what it refers to, into a body."""


class GeneratedFeed:
    """The posts that the seed makes."""

    def __init__(self, world: World, author: int) -> None:
        self._world = world
        self._author = author

    def count(self) -> int:
        return self._world.postings.count(self._author)

    def id(self, k: int) -> int:
        return self._world.postings.id(self._author, k)

    def position(self, post_id: int) -> int:
        return self._world.postings.position(self._author, post_id)

    def is_a(self, k: int, what: str) -> bool:
        kinds = (REPLY, THREAD, QUOTE_REPLY) if what == "replies" else (RETWEET,)
        if self._world.kind(self._author, k) not in kinds:
            return False
        post = Post(self._world, Found(self._author, k, 0))
        return post.replied_to is not None if what == "replies" else post.original is not None

    def add(self, k: int, builder: BodyBuilder) -> None:
        builder.add_post(Post(self._world, Found(self._author, k, 0)))

"""Captured pages, served again as the timelines of their authors.

Each line of a file is one whole answer of X (`data` a list, or one object as a stream has it). The
posts in `data` become timelines: a client that pages through /2/users/:id/tweets of an author gets
every one, whatever page it was captured on, with the objects of `includes` that belong to it (as
far as its expansions ask for them), the errors that speak of it, and every field as it was. What
belongs to no post comes with the first post of its page. twarc's own `__twarc` is left out; a line
that was cut off is counted and skipped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from netwar.sandbox.belongings import belongings, related
from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.problems import Body

_KEYS = {"users": "id", "tweets": "id", "media": "media_key", "places": "id", "polls": "id"}
_ALWAYS: frozenset[str] = frozenset()


@dataclass
class Captured:
    """One page: its included objects by kind and key, and what belongs to no post in particular."""

    included: dict[str, dict[str, Body]]
    first: int = 0
    loose: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Kept:
    """A post, the page it came with, and the errors that speak of it."""

    body: Body
    page: Captured
    errors: list[Body] = field(default_factory=list)


class Replay:
    """The posts and users of captured pages."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self.pages = 0
        self.torn = 0
        self._posts: dict[int, Kept] = {}
        self._feeds: dict[int, list[int]] = {}
        self._users: dict[int, Body] = {}
        self._names: dict[str, int] = {}
        self._states: dict[int, str] = {}
        for file in files:
            self._read(file)
        for feed in self._feeds.values():
            feed.sort()

    # -- loading ---------------------------------------------------------------------------------

    def _read(self, file: Path) -> None:
        with file.open("rb") as lines:
            for line in lines:
                if not line.strip():
                    continue
                try:
                    page = orjson.loads(line)
                except orjson.JSONDecodeError:
                    self.torn += 1
                    continue
                self.pages += 1
                self._take(page)

    def _take(self, page: Body) -> None:
        data = page.get("data") or []
        posts: list[Body] = data if isinstance(data, list) else [data]
        included = {
            kind: {str(one[_KEYS.get(kind, "id")]): one for one in objects} for kind, objects in page.get("includes", {}).items()
        }
        captured = Captured(included)
        for user in included.get("users", {}).values():
            self._users[int(user["id"])] = user
            self._names[user["username"].lower()] = int(user["id"])
        for post in posts:
            feed = self._feeds.setdefault(int(post["author_id"]), [])
            if int(post["id"]) not in feed:
                self._posts[int(post["id"])] = Kept(post, captured)
                feed.append(int(post["id"]))
        for post in included.get("tweets", {}).values():
            self._posts.setdefault(int(post["id"]), Kept(post, captured))
        if posts:
            self._settle(captured, posts, page.get("errors", []))

    def _settle(self, captured: Captured, posts: list[Body], errors: list[Body]) -> None:
        """Give what belongs to no post, and each error, to a post."""
        captured.first = int(posts[0]["id"])
        belonging = {(kind, key) for post in posts for kind, key, _ in belongings(post, captured.included)}
        captured.loose = [
            (kind, key) for kind, objects in captured.included.items() for key in objects if (kind, key) not in belonging
        ]
        names_of = [(int(post["id"]), set(related(post))) for post in posts]
        for error in errors:
            owners = [post_id for post_id, names in names_of if str(error.get("value", "")).lower() in names] or [captured.first]
            self._posts[owners[0]].errors.append(error)

    # -- serving ---------------------------------------------------------------------------------

    def authors(self) -> Iterator[tuple[int, str, str, int]]:
        """Everybody with a timeline: id, screen name, state, number of posts."""
        for user_id, feed in self._feeds.items():
            yield user_id, self._users.get(user_id, {}).get("username", ""), self.state(user_id), len(feed)

    def feed(self, user_id: int) -> ReplayedFeed | None:
        """The timeline of a user; None for one who was not captured."""
        ids = self._feeds.get(user_id)
        if ids is None and user_id not in self._users:
            return None
        return ReplayedFeed(self, ids or [])

    def state(self, user_id: int) -> str:
        return self._states.get(user_id, "active")

    def change(self, user_id: int, state: str) -> bool:
        """Another state for a captured user; False if there is no such user."""
        if user_id in self._feeds or user_id in self._users:
            self._states[user_id] = state
            return True
        return False

    def named(self, name: str) -> int | None:
        return self._names.get(name.lower())

    def post(self, post_id: int) -> Body | None:
        kept = self._posts.get(post_id)
        return kept.body if kept else None

    def add_user(self, user_id: int, builder: BodyBuilder, parameter: str, value: str) -> bool:
        """Put a captured user, or what is wrong with them, into a body; False if there is none."""
        user = self._users.get(user_id)
        if user is None:
            return False
        state = self.state(user_id)
        if state == "suspended":
            builder.problem(builder.speaker.suspended(parameter, value))
        elif state == "gone":
            builder.problem(builder.speaker.missing("user", parameter, value))
        else:
            builder.add_raw(user, ("user", user_id))
        return True

    def add_post(self, post_id: int, builder: BodyBuilder, parameter: str) -> bool:
        """Put a captured post with what belongs to it into a body; False if there is none."""
        kept = self._posts.get(post_id)
        if kept is None:
            return False
        author = int(kept.body.get("author_id", 0))
        if self.state(author) == "gone":
            builder.problem(builder.speaker.missing("tweet", parameter, str(post_id)))
        elif self.state(author) != "active":
            builder.problem(builder.speaker.hidden("tweet", parameter, str(post_id)))
        else:
            self.serve(post_id, builder)
        return True

    def serve(self, post_id: int, builder: BodyBuilder) -> None:
        kept = self._posts[post_id]
        builder.add_raw(kept.body, ("post", post_id))
        belonging = list(belongings(kept.body, kept.page.included))
        if post_id == kept.page.first:
            belonging += [(kind, key, _ALWAYS) for kind, key in kept.page.loose]
        for kind, key, expansions in belonging:
            if not expansions or not expansions.isdisjoint(builder.asked):
                number = int(key) if kind in ("users", "tweets") else 0
                sold = {"users": ("user", number), "tweets": ("post", number)}.get(kind)
                builder.include(kind, key, kept.page.included[kind][key], sold)
        for error in kept.errors:
            builder.problem(error)


class ReplayedFeed:
    """The captured posts of one user, as a Feed."""

    def __init__(self, replay: Replay, ids: list[int]) -> None:
        self._replay = replay
        self._ids = ids

    def count(self) -> int:
        return len(self._ids)

    def id(self, k: int) -> int:
        return self._ids[k]

    def position(self, post_id: int) -> int:
        return bisect_left(self._ids, post_id)

    def is_a(self, k: int, what: str) -> bool:
        how = "replied_to" if what == "replies" else "retweeted"
        body = self._replay.post(self._ids[k]) or {}
        return any(reference["type"] == how for reference in body.get("referenced_tweets", ()))

    def add(self, k: int, builder: BodyBuilder) -> None:
        self._replay.serve(self._ids[k], builder)

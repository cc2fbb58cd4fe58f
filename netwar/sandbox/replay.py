"""Captured pages, served again as the timelines of their authors.

Each line of a file is one whole answer of X (`data` a list, or one object as a stream has it), posts
or users. The posts in `data` become timelines: a client that pages through /2/users/:id/tweets of an author gets
every one, whatever page it was captured on, with the objects of `includes` that belong to it (as
far as its expansions ask for them), the errors that speak of it, and every field as it was. What
belongs to no post comes with the first post of its page. twarc's own `__twarc` is left out; what
cannot be served is told with its file, line and reason, and passed over.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path

from netwar.sandbox.bodies import BodyBuilder
from netwar.sandbox.capture_files import captured
from netwar.sandbox.captures import Kept, Parts, parts
from netwar.sandbox.includes import belongings
from netwar.sandbox.problems import Body

_ALWAYS: frozenset[str] = frozenset()


class Replay:
    """The posts and users of captured pages."""

    def __init__(self, files: Iterable[Path] = ()) -> None:
        self.pages = 0
        self.unserved: list[str] = []  # where what cannot be served stands, and why not
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
        for where, page in captured(file):
            try:
                found = parts(page)
            except ValueError as error:
                self.unserved.append(f"{where} cannot be served: {error}")
            else:
                self.pages += 1
                self._add(found)

    def _add(self, found: Parts) -> None:
        self._users |= found.users
        self._names |= found.names
        for post_id, kept in found.posts.items():
            feed = self._feeds.setdefault(int(kept.body["author_id"]), [])
            if post_id in feed:
                self._posts[post_id].errors += kept.errors
            else:
                self._posts[post_id] = kept
                feed.append(post_id)
        for post_id, kept in found.quoted.items():
            self._posts.setdefault(post_id, kept)

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

    def references(self, post_id: int) -> set[str]:
        """In what ways a captured post refers to others, such as `retweeted`."""
        return self._posts[post_id].references

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
        return how in self._replay.references(self._ids[k])

    def add(self, k: int, builder: BodyBuilder) -> None:
        self._replay.serve(self._ids[k], builder)

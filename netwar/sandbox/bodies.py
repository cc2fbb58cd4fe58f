"""The body of an answer: data, what it refers to in `includes` (each object once), what is missing in `errors`."""

from __future__ import annotations

from typing import Any

from netwar.sandbox.dialects import Wanted
from netwar.sandbox.problems import Body, Speaker
from netwar.sandbox.user_fields import Person
from netwar.sandbox.world import media
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.posts import Post
from netwar.sandbox.world.world import World


class BodyBuilder:
    """Collects objects; `done` gives the body, `sold` what X would bill for it."""

    def __init__(self, world: World, wanted: Wanted, now: int, viewer: int | None = None) -> None:
        self._world = world
        self._wanted = wanted
        self._now = now
        self._viewer = viewer
        self.speaker = Speaker(wanted.new)
        self.data: list[Body] = []
        self.sold: list[tuple[str, int]] = []
        self._included: dict[str, dict[Any, Body]] = {}
        self._errors: dict[tuple[str, str, str], Body] = {}

    def problem(self, problem: Body) -> None:
        key = (problem.get("parameter", ""), problem.get("value", ""), problem.get("field", ""))
        self._errors.setdefault(key, problem)

    def add_post(self, post: Post) -> None:
        self.data.append(self._wanted.post(post, self._now))
        self.sold.append(("post", post.id))
        for field in self._wanted.private:
            self.problem(self.speaker.private(field, str(post.id)))
        self._expand(post)

    @property
    def asked(self) -> frozenset[str]:
        """The expansions that were asked for."""
        return self._wanted.expansions

    def add_raw(self, body: Body, sold: tuple[str, int]) -> None:
        """A captured object, whole."""
        self.data.append(body)
        self.sold.append(sold)

    def add_user(self, person: Person) -> None:
        self.data.append(self._wanted.user(person))
        self.sold.append(("user", person.id))
        self._expand_user(person)

    def include(self, kind: str, key: Any, body: Body, sold: tuple[str, int] | None = None) -> None:
        """One object of `includes`; a second copy is left out, and not sold."""
        objects = self._included.setdefault(kind, {})
        if key not in objects:
            objects[key] = body
            if sold:
                self.sold.append(sold)

    def done(self, single: bool = False) -> Body:
        body: Body = {}
        if self.data:
            body["data"] = self.data[0] if single else self.data
        if self._included:
            body["includes"] = {kind: list(objects.values()) for kind, objects in self._included.items()}
        if self._errors:
            body["errors"] = list(self._errors.values())
        return body

    # -- expansions ------------------------------------------------------------------------------

    def _expand(self, post: Post) -> None:
        asked = self._wanted.expansions
        if "author" in asked:
            self.include_user(post.author, "author_id")
        reply = post.replied_to if "reply_author" in asked else None
        if reply is not None:
            self.include_user(reply.author, "in_reply_to_user_id")
        if "mentions" in asked:
            self._include_mentions(post.wording.entities, "entities.mentions.username")
        if "note_mentions" in asked:
            self._include_mentions(post.full.entities, "entities.note.mentions.username")
        if "references" in asked or "reference_authors" in asked or "reference_media" in asked:
            self._include_references(post)
        if "edits" in asked:
            self._include_versions(post)
        self._include_parts(post)

    def _include_parts(self, post: Post, only_media: bool = False) -> None:
        asked, part = self._wanted.expansions, self._wanted.part
        if post.media and ("reference_media" if only_media else "media") in asked:
            for medium in media.media(post):
                self.include("media", medium["media_key"], part("media.fields", medium))
        if only_media:
            return
        if "polls" in asked and post.poll:
            poll = media.poll(post, self._now)
            self.include("polls", poll["id"], part("poll.fields", poll))
        place = post.place if "places" in asked else None
        if place is not None:
            self.include("places", place, part("place.fields", media.place(place)))

    def _include_references(self, post: Post) -> None:
        asked = self._wanted.expansions
        for reference in post.references:
            if "references" in asked:
                self._include_post(reference.id, reference.author, reference.post)
            if reference.post is not None and self.visible(reference.author):
                if "reference_authors" in asked:
                    self.include_user(reference.author, "referenced_tweets.id.author_id")
                self._include_parts(reference.post, only_media=True)

    def _include_post(self, post_id: int, author: int, post: Post | None) -> None:
        parameter = "referenced_posts" if self._wanted.new else "referenced_tweets.id"
        if post is None or self._world.state(author) == "gone":
            self.problem(self.speaker.missing("tweet", parameter, str(post_id), "includes"))
        elif not self.visible(author):
            self.problem(self.speaker.hidden("tweet", parameter, str(post_id), "includes"))
        else:
            self._put_post(post)

    def _put_post(self, post: Post) -> None:
        kind = "posts" if self._wanted.new else "tweets"
        if post.id not in self._included.get(kind, ()):
            self.include(kind, post.id, self._wanted.post(post, self._now), ("post", post.id))

    def _include_versions(self, post: Post) -> None:
        for version in range(self._world.postings.versions(post.author, post.k) + 1):
            if version != post.version:
                self._put_post(Post(self._world, Found(post.author, post.k, version)))

    def _include_mentions(self, entities: dict[str, list[dict[str, Any]]], parameter: str) -> None:
        for mention in entities.get("mentions", ()):
            index = self._world.named(mention["username"])
            if index is None:
                self.problem(self.speaker.missing("user", parameter, mention["username"]))
            else:
                self.include_user(index, parameter, mention["username"])

    def include_user(self, index: int, parameter: str, value: str | None = None) -> None:
        """A user of `includes`, or the problem with them."""
        problem = self.user_problem(index, parameter, value)
        if problem is not None:
            self.problem(problem)
        elif (person := Person(self._world, index)).id not in self._included.get("users", ()):
            self.include("users", person.id, self._wanted.user(person), ("user", person.id))

    def _expand_user(self, person: Person) -> None:
        asked, postings = self._wanted.expansions, self._world.postings
        for expansion, post_id in (("pinned", person.pinned), ("most_recent", person.post_id(0))):
            found = postings.find(int(post_id)) if expansion in asked and post_id else None
            if found is not None and self.visible(person.index):
                self._put_post(Post(self._world, found))

    # -- who may be seen -------------------------------------------------------------------------

    def visible(self, author: int) -> bool:
        """Whether this caller may read a user's posts."""
        return self._world.state(author) == "active" or author == self._viewer

    def user_problem(self, index: int, parameter: str, value: str | None = None) -> Body | None:
        """Why a profile cannot be had; None if it can. Protected users show their profile."""
        state = self._world.state(index)
        if state in ("active", "protected"):
            return None
        value = value or str(self._world.people.id(index))
        return (
            self.speaker.suspended(parameter, value) if state == "suspended" else self.speaker.missing("user", parameter, value)
        )

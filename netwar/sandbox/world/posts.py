"""One post of the world, and the posts it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.computed import computed
from netwar.sandbox.world.phrases import CASHTAGS, TAGS
from netwar.sandbox.world.post_times import Found
from netwar.sandbox.world.prng import POPULATION, mix
from netwar.sandbox.world.text import Wording, Writer, invented, language, phrases, retweeted, shortened
from netwar.sandbox.world.world import LONG, PLAIN, QUOTE, QUOTE_REPLY, REPLY, RETWEET, THREAD, World

_ROOTS = frozenset((PLAIN, QUOTE, LONG))
_REPLIES = frozenset((REPLY,))
_ORIGINALS = frozenset((PLAIN, REPLY, QUOTE, QUOTE_REPLY, LONG))
_WANTED = {
    REPLY: (("replied_to", _ROOTS),),
    THREAD: (("replied_to", _REPLIES),),
    RETWEET: (("retweeted", _ORIGINALS),),
    QUOTE: (("quoted", _ORIGINALS),),
    QUOTE_REPLY: (("quoted", _ORIGINALS), ("replied_to", _ROOTS)),
}
_TRIES = 4
_LOOK_BACK = 12


class Reference(NamedTuple):
    """A post that another one refers to; `post` is None when it was deleted."""

    how: str
    id: int
    author: int
    post: Post | None


class Post:
    """Post number k of an author, as it stands or in an earlier version."""

    def __init__(self, world: World, found: Found) -> None:
        self.world = world
        self.author, self.k, self.version = found
        self.id = world.postings.id(*found)
        self.chance = world.chance(self.author, self.k)
        self.more = mix(self.chance, 99)

    @property
    def written(self) -> int:
        """When, ms."""
        return (self.id >> 22) + EPOCH

    @computed
    def kind(self) -> int:
        """What it is. Where nothing was there to refer to, it is a plain post."""
        kind = self.world.kind(self.author, self.k)
        return PLAIN if kind in _WANTED and not self.references else kind

    @computed
    def references(self) -> list[Reference]:
        chorus = self.world.chorus
        if chorus.voice(self.author) is not None and self.k > (first := chorus.first_post(self.author)):
            return Post(self.world, Found(self.author, first, 0)).references  # a voice says the same each time
        wanted = _WANTED.get(self.world.kind(self.author, self.k), ())
        found = (self._reference(how, kinds, number) for number, (how, kinds) in enumerate(wanted))
        return [reference for reference in found if reference is not None]

    @computed
    def replied_to(self) -> Reference | None:
        return next((reference for reference in self.references if reference.how == "replied_to"), None)

    @computed
    def original(self) -> Post | None:
        """The post that a retweet repeats."""
        first = self.references[0] if self.references else None
        return first.post if first is not None and first.how == "retweeted" else None

    @computed
    def conversation(self) -> int:
        """The id of the post that the conversation began with."""
        reply = self.replied_to
        if reply is None:
            return self.id
        return reply.post.conversation if reply.post is not None else reply.id

    @computed
    def history(self) -> list[int]:
        """The ids of all its versions, oldest first."""
        postings = self.world.postings
        earlier = postings.versions(self.author, self.k)
        return [postings.id(self.author, self.k, v) for v in range(earlier, -1, -1)] if earlier else [self.id]

    @property
    def lang(self) -> str:
        original = self.original
        return original.lang if original is not None else language(self.chance)

    def url(self, tail: str = "") -> str:
        return f"https://x.com/{self.world.name(self.author)}/status/{self.id}{tail}"

    # -- what it carries -------------------------------------------------------------------------

    @computed
    def media(self) -> str | None:
        """`photo`, `video`, `animated_gif` or None."""
        if self.kind == RETWEET or self.poll:
            return None
        return (None, "photo", "photo", "video", "animated_gif")[(self.more & 15) % 5] if self.more & 15 < 10 else None

    @property
    def media_count(self) -> int:
        return 1 + (self.more >> 40 & 3) if self.media == "photo" else int(self.media is not None)

    @computed
    def poll(self) -> bool:
        return self.kind == PLAIN and self.more >> 4 & 31 == 0

    @property
    def place(self) -> int | None:
        """The number of a place."""
        return self.more >> 44 & 7 if self.kind != RETWEET and self.more >> 21 & 15 == 0 else None

    # -- what it says ----------------------------------------------------------------------------

    @computed
    def full(self) -> Wording:
        """All its words: what `note_tweet` has of a long post, and `text` of any other."""
        original = self.original
        if original is not None:
            name = self.world.name(original.author)
            return retweeted(original.full, name, self.world.people.id(original.author))
        writer = Writer()
        for index in self._addressed():
            self._mention(writer, index)
        for phrase in phrases(self.chance, 40 if self.kind == LONG else 1 + (self.more >> 50 & 3)):
            writer.say(phrase)
        if self.version:
            writer.say("(before edit " + str(self.world.postings.versions(self.author, self.k) - self.version + 1) + ")")
        self._decorate(writer)
        return writer.done()

    @computed
    def wording(self) -> Wording:
        """What `text` and `entities` have."""
        if self.kind != LONG:
            return self.full
        return shortened(self.full, self._short_link(3), self.url())

    def _decorate(self, writer: Writer) -> None:
        more = self.more
        for number in range(more >> 8 & 3 if more >> 29 & 1 else 0):
            tag = TAGS[(more >> (30 + 4 * number)) % len(TAGS)]
            writer.mark("hashtags", "#" + tag, tag=tag)
        if more >> 16 & 31 == 0:
            tag = CASHTAGS[more >> 30 & 3]
            writer.mark("cashtags", "$" + tag, tag=tag)
        if more >> 10 & 7 < 2:
            self._link(writer)
        quoted = next((reference for reference in self.references if reference.how == "quoted"), None)
        if quoted is not None:
            target = f"https://x.com/{self.world.name(quoted.author)}/status/{quoted.id}"
            writer.mark("urls", self._short_link(1), **_addresses(self._short_link(1), target))
        if self.media:
            self._picture_link(writer)

    def _link(self, writer: Writer) -> None:
        short = self._short_link(0)
        target = f"https://{invented(self.more >> 3)}.example/{invented(self.more >> 13)}?n={self.more >> 50}&utm_source=x"
        page: dict[str, object] = {}
        if self.more >> 12 & 1:
            page = {
                "status": 200,
                "title": invented(self.more).title(),
                "description": "About " + invented(self.more >> 7),
                "unwound_url": target,
            }
        writer.mark("urls", short, **_addresses(short, target), **page)

    def _picture_link(self, writer: Writer) -> None:
        short = self._short_link(2)
        writer.say(short)
        end = len(writer.text)
        what = "photo" if self.media == "photo" else "video"
        for number in range(self.media_count):
            link = {"start": end - len(short), "end": end, "url": short, "expanded_url": self.url(f"/{what}/1")}
            link |= {"display_url": "pic.x.com/" + short[-10:], "media_key": self.media_key(number)}
            writer.entities.setdefault("urls", []).append(link)

    def media_key(self, number: int) -> str:
        prefix = {"photo": 3, "video": 7, "animated_gif": 16}[self.media or "photo"]
        return f"{prefix}_{self.id - 4_000 - number}"

    def _short_link(self, salt: int) -> str:
        return f"https://t.co/{mix(self.chance, 60 + salt) >> 24:010x}"

    def _mention(self, writer: Writer, index: int) -> None:
        name = self.world.name(index)
        writer.mark("mentions", "@" + name, username=name, id=str(self.world.people.id(index)))

    def _addressed(self) -> Iterator[int]:
        reply = self.replied_to
        if reply is not None:
            yield reply.author
        if self.more >> 13 & 7 == 0:
            yield self._somebody(70)

    # -- whom it refers to -----------------------------------------------------------------------

    def _somebody(self, salt: int) -> int:
        """One in four is a user of the truth's list, the others are of the crowd."""
        chance = mix(self.chance, salt)
        return (chance >> 2) % (self.world.users if chance & 3 == 0 and self.world.users else POPULATION)

    def _reference(self, how: str, kinds: frozenset[int], number: int) -> Reference | None:
        world = self.world
        for attempt in range(_TRIES):
            author = self._somebody(40 + 8 * number + attempt)
            latest = world.postings.position(author, self.id - (1 << 22)) - 1 - (self.more >> (55 - number) & 7)
            for k in range(latest, max(-1, latest - _LOOK_BACK), -1):
                if world.kind(author, k) in kinds:
                    return self._refer(how, author, k, number)
        return None

    def _refer(self, how: str, author: int, k: int, number: int) -> Reference:
        postings = self.world.postings
        if how != "retweeted" and self.more >> (58 - number) & 15 == 0:
            deleted = postings.deleted_id(author, k)
            if deleted is not None:
                return Reference(how, deleted, author, None)
        post = Post(self.world, Found(author, k, 0))
        return Reference(how, post.id, author, post)


def _addresses(short: str, target: str) -> dict[str, str]:
    shown = target.removeprefix("https://")
    return {"url": short, "expanded_url": target, "display_url": shown if len(shown) <= 27 else shown[:26] + "…"}

"""What a query can find in a post: its words in order, and a key for everything that an operator asks for.

Source: X, "Building queries for Search Posts" and "Building rules for filtered stream". Words are split at punctuation and
symbols, compared without case but with their accents; an emoji is a word, so is each Japanese or Chinese sign. A rule of
the stream also sees the text of the post that is quoted, a search does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

from netwar.sandbox.world.posts import Post

_SIGNS = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_SIGNS}]|[^\W{_SIGNS}]+|[\u2190-\u2bff\U0001f000-\U0001faff]")
_LINK = re.compile(r"https?://\S+")
_NAMES = {"hashtags": ("#", "tag"), "cashtags": ("$", "tag"), "mentions": ("@", "username")}
_HAS = {"hashtags": "has:hashtags", "cashtags": "has:cashtags", "mentions": "has:mentions", "urls": "has:links"}
_MEDIA = {
    "photo": ("has:media", "has:images"),
    "video": ("has:media", "has:videos", "has:video_link"),
    "animated_gif": ("has:media",),
}
_REFERENCES = {
    "replied_to": ("is:reply", "in_reply_to_tweet_id:"),
    "retweeted": ("is:retweet", "retweets_of_tweet_id:"),
    "quoted": ("is:quote", "quotes_of_tweet_id:"),
}
_TO = {"replied_to": "to:", "retweeted": "retweets_of:"}


def tokens(text: str) -> list[str]:
    """The words of a text, as a keyword is compared with them."""
    return _TOKEN.findall(unicodedata.normalize("NFC", text).lower())


@dataclass(frozen=True, slots=True)
class Said:
    """A post as queries see it. `text` and `links` are the words in order, each between single spaces; a word is also a
    key (`word:rain`), as are `#tag`, `from:ID`, `from:name`, `lang:en`, `is:reply`, `has:media` and the like."""

    id: int
    keys: frozenset[str]
    text: str
    links: str = " "

    def by(self, id: int, author: int, name: str) -> Said:
        """The same words by another author (X's id, screen name), or another post of theirs."""
        kept = frozenset(key for key in self.keys if not key.startswith("from:"))
        return replace(self, id=id, keys=kept | {f"from:{author}", f"from:{name.lower()}"})

    @property
    def retweet(self) -> bool:
        return "is:retweet" in self.keys


def said(post: Post, *, quoted: bool = False) -> Said:
    """What a post says. `quoted`: and the post that it quotes, as a rule of the stream sees it."""
    shown = [post.original or post]
    if quoted:
        shown += [reference.post for reference in shown[0].references if reference.how == "quoted" and reference.post]
    words = _spaced(word for one in shown for word in tokens(_LINK.sub(" ", unescape(one.full.text))))
    links = _spaced(word for one in shown for link in _links(one) for word in tokens(link))
    keys = {*_about(post), *(f"word:{word}" for word in words.split()), *(f"url:{word}" for word in links.split())}
    for one in shown:
        keys.update(_marked(one))
    return Said(post.id, frozenset(keys), words, links)


def _spaced(words: Iterable[str]) -> str:
    return f" {' '.join(words)} "


def _links(post: Post) -> Iterator[str]:
    for link in post.full.entities.get("urls", ()):
        yield link["expanded_url"]


def _about(post: Post) -> Iterator[str]:
    """Who wrote it, in which language, referring to whom."""
    yield from _person(post, "from:", post.author)
    yield f"lang:{post.lang}"
    yield f"conversation_id:{post.conversation}"
    for reference in post.references:
        kind, id = _REFERENCES[reference.how]
        yield kind
        yield f"{id}{reference.id}"
        if reference.how in _TO:
            yield from _person(post, _TO[reference.how], reference.author)
    if post.place is not None:
        yield "has:geo"


def _person(post: Post, operator: str, index: int) -> tuple[str, str]:
    return f"{operator}{post.world.people.id(index)}", f"{operator}{post.world.name(index).lower()}"


def _marked(post: Post) -> Iterator[str]:
    """What X calls entities, and what hangs on a post."""
    entities: dict[str, list[dict[str, Any]]] = post.full.entities
    for kind, found in entities.items():
        yield _HAS[kind]
        if kind in _NAMES:
            sign, name = _NAMES[kind]
            for one in found:
                yield f"{sign}{one[name].lower()}"
                if kind == "mentions":
                    yield f"@{one['id']}"
    yield from _MEDIA.get(post.media or "", ())

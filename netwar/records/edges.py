"""The edges of a tweet in a graph of who interacts with whom, and with what. Nothing is asked for here.

    (user)-[MENTIONS | RETWEETS | QUOTES | REPLIES_TO]->(user)      users by id
    (user)-[TAGS]->(hashtag)                                        without # and case
    (user)-[SHARES]->(url)                                          as X expanded it

What X adds of its own is no second edge: the name in the `RT @name:` of a retweet, and the addresses of a tweet's own pictures
and of the tweet that it quotes. Shapes: docs.x.com, "Post entities" and "Referenced posts".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from netwar.records import v1
from netwar.records.dialects import Object, objects, references
from netwar.records.entries import NAME
from netwar.records.ids import identity, number, posted
from netwar.records.times import milliseconds

MENTIONS, RETWEETS, QUOTES, REPLIES_TO, TAGS, SHARES = "MENTIONS", "RETWEETS", "QUOTES", "REPLIES_TO", "TAGS", "SHARES"
TO_USERS = (MENTIONS, RETWEETS, QUOTES, REPLIES_TO)
TYPES = (*TO_USERS, TAGS, SHARES)
BY_REFERENCE = {"retweeted": RETWEETS, "quoted": QUOTES, "replied_to": REPLIES_TO}

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
AuthorOf = Callable[[str], str | None]
# Of a tweet, or with its last part of a picture or film in one.
STATUS = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/[^/]+/status(?:es)?/(\d+)(/(?:photo|video)/\d+)?", re.IGNORECASE
)
PREFIX = 3  # where the name stands in "RT @name: "


class Edge(NamedTuple):
    """One edge of one tweet: its `type`, from the id of a user to the id of a user, a hashtag or a URL. `at` is when the
    tweet was posted (ms): by its id, for those of before November 2010 by what X says, None where that is not known."""

    type: str
    source: str
    target: str
    tweet: str
    at: int | None


def edges(body: Object, author_of: AuthorOf) -> tuple[list[Edge], list[str]]:
    """The edges of a tweet as it is kept, each once, in either dialect; and what they lack.

    `author_of` tells who wrote a tweet, by its id, None where that is not known. It is asked only where the body does not tell
    it. Unresolved are the ids of tweets whose author is needed and not known (the tweet's own, if X did not tell its author),
    and `@name` for a mention that X sent without an id: names pass from one user to another.
    """
    tweet, source = str(body.get("id")), _user(body.get("author_id"))
    if source is None:
        return [], [tweet]
    ends: dict[tuple[str, str], None] = {}
    unresolved: dict[str, None] = {}
    at, parts = when(body), _entities(body)
    for type, target in (*_to_authors(body, parts, author_of), *_to_mentioned(body, parts), *_tags(parts), *_links(body, parts)):
        if type:
            ends[type, target] = None
        else:
            unresolved[target] = None
    return [Edge(type, source, target, tweet, at) for type, target in ends], list(unresolved)


def hashtags(body: Object) -> set[str]:
    """The hashtags of a tweet, as its edges have them."""
    return {tag for _, tag in _tags(_entities(body))}


def called(body: Object) -> Iterator[tuple[str, str]]:
    """Whom a tweet names, as (id, screen name at that time)."""
    for mention in _mentions(_entities(body)):
        user, name = _user(mention.get("id")), mention.get("username")
        if user and isinstance(name, str) and NAME.fullmatch(name):
            yield user, name


def when(body: Object) -> int | None:
    """When a tweet was posted (ms), None where nothing tells that."""
    id = number(body.get("id"))
    return (posted(id) if id is not None else None) or milliseconds(body.get("created_at"))


def links(body: Object) -> list[str]:
    """The addresses that a tweet shares, as X expanded them, each once: the targets of its edges of the type SHARES."""
    return list(dict.fromkeys(target for _, target in _links(body, _entities(body))))


Found = tuple[str, str]  # a type and a target; without a type it is what is unresolved


def _to_authors(body: Object, parts: list[Object], author_of: AuthorOf) -> Iterator[Found]:
    """To the authors of the tweets that this one is made from."""
    replied = _user(body.get("in_reply_to_user_id"))
    if replied:  # told also of those that reply to nothing but begin with @name
        yield REPLIES_TO, replied
    for kind, id in references(body):
        type = BY_REFERENCE.get(kind, "")
        if not type or (replied and type == REPLIES_TO):
            continue
        target = _retweeted(body, parts) if type == RETWEETS else None
        target = target or _within(body, id) or author_of(id)
        yield (type, target) if target else ("", id)


def _to_mentioned(body: Object, parts: list[Object]) -> Iterator[Found]:
    for mention in _mentions(parts):
        if _is_prefix(body, mention):
            continue
        user = _user(mention.get("id"))
        name = identity(mention.get("username"))
        if user or name:
            yield (MENTIONS, user) if user else ("", f"@{name}")


def _tags(parts: list[Object]) -> Iterator[Found]:
    for part in parts:
        for one in objects(part.get("hashtags")):
            if tag := _text(one.get("tag") or one.get("text")).lstrip("#＃").lower():
                yield TAGS, tag


def _links(body: Object, parts: list[Object]) -> Iterator[Found]:
    quoted = {id for kind, id in references(body) if kind == "quoted"}
    for part in parts:
        for one in objects(part.get("urls")):
            url = _text(one.get("expanded_url") or one.get("url"))
            own = STATUS.match(url)
            if ADDRESS.match(url) and not one.get("media_key") and not (own and (own[2] or own[1] in quoted)):
                yield SHARES, url


def _entities(body: Object) -> list[Object]:
    """What X found in the text: of a long post the beginning has some, and the whole has all."""
    notes = (body.get("note_tweet"), body.get("note_post"))
    told = (part.get("entities") for part in (body, *notes) if isinstance(part, dict))
    return [part for part in told if isinstance(part, dict)]


def _mentions(parts: Iterable[Object]) -> Iterator[Object]:
    return (mention for part in parts for mention in objects(part.get("mentions")))


def _retweeted(body: Object, parts: list[Object]) -> str | None:
    """Whom a retweet names first, by X's own doing: who wrote what is retweeted."""
    return next((_user(mention.get("id")) for mention in _mentions(parts) if _is_prefix(body, mention)), None)


def _is_prefix(body: Object, mention: Object) -> bool:
    """Is it the name in the `RT @name:` of a retweet?"""
    if mention.get("start") != PREFIX or not str(body.get("text")).startswith("RT @"):
        return False
    return any(kind == "retweeted" for kind, _ in references(body))


def _within(body: Object, id: str) -> str | None:
    """The author of a tweet that came within one of v1.1, whose original is kept whole."""
    ours = body.get("netwar")
    original = ours.get("v1") if isinstance(ours, dict) else None
    if not isinstance(original, dict):
        return None
    for inner in v1.within(original):
        made = v1.tweet(inner)
        if made.get("id") == id:
            return _user(made.get("author_id"))
    return None


def _user(value: Any) -> str | None:
    """The id of a user; None for what is none."""
    id = identity(value)
    return id if id and number(id) is not None else None


def _text(value: Any) -> str:
    """Without NULs: SQLite's JSON ends a text at one, so that a graph would not find its own tag again."""
    return value.replace("\0", "").strip() if isinstance(value, str) else ""

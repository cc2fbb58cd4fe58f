"""What tweets speak of, looked up in the archive many at a time: authors, mentioned users, referenced tweets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from netwar.archive.base import Body, Documents
from netwar.profiles.identity import bearers
from netwar.records.dialects import Object, objects, references
from netwar.records.documents import IndexName
from netwar.records.flattened import OURS, Known
from netwar.records.ids import identity

USERS_KEPT, TWEETS_KEPT = 4_000, 1_000  # in memory, those that were spoken of last; what is not recorded counts, too


class Neighbours:
    """What the tweets of one index (a full name) speak of, with the users of the index that goes with it."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive = archive
        self._index, self._users_index = index, IndexName.of(index).users
        self._users = Recent(self._profiles, USERS_KEPT)
        self._tweets = Recent(lambda ids: archive.get(index, ids), TWEETS_KEPT)

    def known(self, tweets: Sequence[Body]) -> Known:
        """All that these tweets speak of and the archive has. Raises ServiceDown, as the archive does."""
        referenced = self._tweets.get({id for tweet in tweets for _, id in references(tweet)})
        spoken_of = [*tweets, *referenced.values()]
        names = self._named(mention for tweet in spoken_of for mention in mentions(tweet))
        ids = {id for tweet in spoken_of for id in users_of(tweet)} | set(names.values())
        return Known(self._users.get(ids), referenced, names)

    def _profiles(self, ids: Sequence[str]) -> dict[str, Object]:
        found = self._archive.get(self._users_index, ids)
        return {id: {name: value for name, value in user.items() if name != OURS} for id, user in found.items()}

    def _named(self, mentioned: Iterable[Object]) -> dict[str, str]:
        """Who is meant where X sent a name without an id: who bears it now, as far as is known."""
        names = sorted({name.lower() for one in mentioned if not one.get("id") and isinstance(name := one.get("username"), str)})
        found = bearers(self._archive, self._users_index, names) if names else []
        return {name: holder.user for name, holder in zip(names, found, strict=True) if holder}


class Recent:
    """The documents that were asked for last, so that what is spoken of often is read once."""

    def __init__(self, get: Callable[[Sequence[str]], dict[str, Body]], size: int) -> None:
        self._get, self._size = get, size
        self._kept: OrderedDict[str, Body | None] = OrderedDict()

    def get(self, ids: set[str]) -> dict[str, Body]:
        """Those of the documents that there are, by id."""
        lacking = sorted(ids - self._kept.keys())
        for id in ids & self._kept.keys():
            self._kept.move_to_end(id)
        if lacking:
            found = self._get(lacking)
            self._kept |= {id: found.get(id) for id in lacking}
        told = {id: body for id in ids if (body := self._kept[id]) is not None}
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return told


def users_of(tweet: Body) -> Iterator[str]:
    """The ids of the users that a tweet speaks of: its author, whom it answers, whom it mentions."""
    told: Iterable[Any] = (tweet.get("author_id"), tweet.get("in_reply_to_user_id"), *(one.get("id") for one in mentions(tweet)))
    return (id for id in map(identity, told) if id is not None)


def mentions(tweet: Body) -> list[Object]:
    """The mentions in a tweet."""
    entities = tweet.get("entities")
    return objects(entities.get("mentions")) if isinstance(entities, dict) else []

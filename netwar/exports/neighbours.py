"""What tweets speak of, looked up in the archive many at a time: authors, mentioned users, referenced tweets."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from netwar.archive.base import Body, Documents
from netwar.profiles.identity import bearers
from netwar.records.dialects import Object, objects, references
from netwar.records.documents import IndexName
from netwar.records.flattened import OURS, Known
from netwar.records.ids import identity

USERS_KEPT, TWEETS_KEPT = 4_000, 1_500  # in memory, those that were spoken of last; what is not recorded counts, too


class Neighbours:
    """What the tweets of one index (a full name) speak of, with the users of the index that goes with it."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive = archive
        self._index, self._users_index = index, IndexName.of(index).users
        self._users = Recent(self._profiles, USERS_KEPT)
        self._tweets = Recent(lambda ids: archive.get(index, ids), TWEETS_KEPT)

    def known(self, tweets: Sequence[Body]) -> Known:
        """All that these tweets speak of and the archive has. Raises ServiceDown, as the archive does."""
        self._tweets.keep(tweets)  # many answer what was posted a moment before
        referenced = self._tweets.get({id for tweet in tweets for _, id in references(tweet)})
        spoken_of = [*tweets, *referenced.values()]
        ids: set[str] = set()
        names: set[str] = set()
        for tweet in spoken_of:
            users_of(tweet, ids, names)
        meant = self._named(sorted(names))
        return Known(self._users.get(ids.union(meant.values())), referenced, meant)

    def _profiles(self, ids: Sequence[str]) -> dict[str, Object]:
        found = self._archive.get(self._users_index, ids)
        for user in found.values():
            user.pop(OURS, None)
        return found

    def _named(self, names: Sequence[str]) -> dict[str, str]:
        """Who is meant by the names of mentions that X sent without an id: who bears them now, as far as is known."""
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

    def keep(self, bodies: Iterable[Body]) -> None:
        """Documents that are at hand, and need not be read once more."""
        self._kept |= {str(body.get("id")): body for body in bodies}


def users_of(tweet: Body, ids: set[str], names: set[str]) -> None:
    """Add whom a tweet speaks of (its author, whom it answers, whom it mentions) to `ids`, or without an id to `names`."""
    for key in ("author_id", "in_reply_to_user_id"):
        if key in tweet and (id := identity(tweet[key])):
            ids.add(id)
    entities = tweet.get("entities")
    for mention in objects(entities.get("mentions")) if isinstance(entities, dict) else ():
        if id := identity(mention.get("id")):
            ids.add(id)
        elif isinstance(name := mention.get("username"), str):
            names.add(name.lower())

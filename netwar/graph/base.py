"""The contract of the graph: a copy, by index, of the edges that the tweets of an archive make.

    (user)-[MENTIONS | RETWEETS | QUOTES | REPLIES_TO]->(user)    one for each tweet (netwar.records.edges)
    (user)-[TAGS]->(hashtag)    (user)-[SHARES]->(url)            the same
    (user)-[FOLLOWS]->(user)                                      one for each time that somebody followed, out of snapshots

Users are told by id. An index is named as operators do (`brexit`). Everything in a graph can be made again from the archive, but
for what `tag` has put on users.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from netwar.graph.digest import Digests
from netwar.records.edges import Edge

FOLLOWS = "FOLLOWS"
NOBODY: Mapping[str, str] = {}
Direction = Literal["out", "in"]


@dataclass(frozen=True, slots=True)
class Named:
    """The screen name of a user, and when X showed it (ms)."""

    user: str
    name: str
    seen: int


@dataclass(frozen=True, slots=True)
class Neighbor:
    """Somebody with whom a user had to do: in tweets of the user ("out") or of the other ("in"), of this type.

    `count` is how many tweets there are, `first` and `last` when they were posted (ms), None where that is not known. Of FOLLOWS
    they are since when it is known, and until when, None while it lasts.
    """

    user: str
    name: str | None
    type: str
    direction: Direction
    count: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Who retweets whom: `count` tweets of the `source`."""

    source: str
    source_name: str | None
    target: str
    target_name: str | None
    count: int
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A hashtag, a link or a user, with how many tweets have it, by how many users."""

    key: str
    name: str | None
    count: int
    users: int


@dataclass(frozen=True, slots=True)
class Follow:
    """Somebody who followed `target` from `since` on (ms), as far as snapshots tell; `until` when, None while it lasts."""

    source: str
    target: str
    since: int
    until: int | None = None


class Graph(Protocol):
    """Edges and what is asked of them. Raises ServiceDown when the store cannot be used, ConfigError where it refuses us."""

    at_once: int  # so many tweets are best replaced in one step

    @property
    def where(self) -> str:
        """Where it is, for people."""

    def init(self, index: str) -> None:
        """Make what has to be there before anything is fed; a second time changes nothing."""

    def ready(self, index: str) -> None:
        """Raise ConfigError where `init` has not been done, or the answer to that is not safe to feed into."""

    def replace(
        self, index: str, found: Mapping[str, Sequence[Edge]], fresh: Collection[str] = (), authors: Mapping[str, str] = NOBODY
    ) -> None:
        """Let these tweets have these edges and no others, by the tweet's id. Of `fresh` ones nothing is there yet, or a part of
        the same. `authors`: who wrote them, by the tweet's id, as far as is known, so that edges are found there. A step that
        is cut off is done again, and changes nothing then."""

    def nameless(self, index: str, users: Sequence[str]) -> list[str]:
        """Those of these users who are in the graph, and whom `name` has given none."""

    def name(self, index: str, named: Sequence[Named]) -> None:
        """Put names on those of these users who are in the graph; what was seen later stays."""

    def edges(self, index: str) -> Iterator[Edge]:
        """Every edge but FOLLOWS, in no order."""

    def digest(self, index: str) -> Digests:
        """What tells whether edges are the same as others."""

    def counts(self, index: str) -> dict[str, int]:
        """How many edges there are of each type; FOLLOWS, too."""

    def tweets(self, index: str, after: int) -> Iterator[int]:
        """The ids of the tweets that have edges, above `after`, in their order, each once."""

    def position(self, index: str) -> int:
        """How far a rebuild has come that was cut off: all tweets up to this id are as they should be; 0 of none."""

    def move(self, index: str, position: int) -> None:
        """Note that; 0 is the end."""

    def neighbors(self, index: str, user: str) -> Iterator[Neighbor]:
        """With whom a user had to do, the most frequent first."""

    def amplifiers(self, index: str, user: str | None, limit: int) -> list[Pair]:
        """Who retweets whom most; only whom somebody retweets, and who retweets them, where a `user` is named."""

    def top(self, index: str, type: str, limit: int) -> list[Ranked]:
        """What most edges of a type lead to."""

    def tag(self, index: str, property: str, values: Mapping[str, str]) -> int:
        """Put a property on users, by id; how many of them are in the graph. Others are left out."""

    def follow(self, index: str, target: str, follows: Iterator[Follow]) -> int:
        """Let these be all that is known of who followed somebody; how many they are."""

    def forget(self, index: str, users: Sequence[str]) -> None:
        """Remove users with all their edges and properties."""

    def close(self) -> None:
        """Let go of files and connections."""

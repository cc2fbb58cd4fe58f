"""Which tweets of an index a graph is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netwar.archive.base import EVERYTHING, Body, Documents, Within
from netwar.records.edges import TYPES, hashtags


@dataclass(frozen=True, slots=True)
class Choice:
    """Tweets within a time, in one of the `languages` (as X names them), with one of the `hashtags` (as edges spell them), and
    of those the edges of these `types`; no languages or hashtags are all."""

    within: Within = EVERYTHING
    languages: frozenset[str] = frozenset()
    hashtags: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset(TYPES)

    def of(self, archive: Documents, index: str) -> Iterator[Body]:
        """Those that may be meant, in constant memory: `holds` tells which are. Raises ServiceDown."""
        return archive.find(index, self.within) if self.within.bounds_time else archive.scan(index)

    def holds(self, body: Body) -> bool:
        """Whether a tweet within the time is meant."""
        if self.languages and body.get("lang") not in self.languages:
            return False
        return not self.hashtags or not self.hashtags.isdisjoint(hashtags(body))

    @property
    def given(self) -> list[tuple[str, object]]:
        """What it says, but for the types, as (name, value); times are ms."""
        told = [("since", self.within.since), ("until", self.within.until)]
        return [
            *((name, value) for name, value in told if value is not None),
            *((name, tuple(sorted(some))) for name, some in (("lang", self.languages), ("hashtag", self.hashtags)) if some),
        ]

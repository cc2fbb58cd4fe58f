"""Tweets with their edges: who wrote the tweets that they are made from is looked up in the archive, many at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from netwar.archive.base import Body, Documents
from netwar.records.edges import Edge, edges
from netwar.records.idlists import portions
from netwar.records.ids import identity

BATCH = 1_000  # tweets, and ids in one question to the archive
KEPT = 20_000  # authors in memory, some 5 MB: those of tweets that were met or asked for last

Read = tuple[Body, list[Edge], list[str]]


class EdgeReader:
    """The edges of tweets of one index (a full name), as `records.edges.edges` tells them."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive = archive
        self._index = index
        self._authors: OrderedDict[str, str] = OrderedDict()

    def read(self, bodies: Iterable[Body]) -> Iterator[Read]:
        """Each tweet as it is kept, its edges, and what is unresolved, in their order; a batch of tweets is in memory.

        Raises ServiceDown, as the archive does.
        """
        for some in portions(bodies, BATCH):
            yield from self.batch(some)

    def batch(self, bodies: list[Body]) -> list[Read]:
        """The same of tweets that are at hand; the archive is asked once, about those it must be asked about."""
        self._forget()
        for body in bodies:
            self._keep(str(body.get("id")), identity(body.get("author_id")))
        found = [(body, *edges(body, self._author)) for body in bodies]
        lacking = {id for _, _, unresolved in found for id in unresolved if id.isdigit()}
        if not lacking:
            return found
        for id, body in self._archive.get(self._index, sorted(lacking)).items():
            self._keep(id, identity(body.get("author_id")))
        return [
            (body, *edges(body, self._author)) if unresolved else (body, made, unresolved) for body, made, unresolved in found
        ]

    def _author(self, tweet: str) -> str | None:
        known = self._authors.get(tweet)
        if known:
            self._authors.move_to_end(tweet)
        return known

    def _keep(self, tweet: str, author: str | None) -> None:
        if author:
            self._authors[tweet] = author
            self._authors.move_to_end(tweet)

    def _forget(self) -> None:
        """Between batches, so that nothing is forgotten within one."""
        while len(self._authors) > KEPT:
            self._authors.popitem(last=False)

"""The graph of an index made again from the archive, and what it should be by the archive."""

from __future__ import annotations

from collections.abc import Iterator

from netwar.archive.base import Archive
from netwar.archive.outbox import DueId
from netwar.graph.base import Graph
from netwar.graphing.feeding import BATCH, Feeder
from netwar.profiles.edge_reader import EdgeReader
from netwar.records.documents import tweets_index
from netwar.records.edges import Edge
from netwar.records.idlists import portions

NEVER = 0  # no generation is: what is written meanwhile stays due


def rebuild(archive: Archive, graph: Graph, feeder: Feeder) -> Iterator[int]:
    """Replace the edges of every tweet there is, and remove those of tweets that are gone; yields how many tweets each step did.

    Goes on where a rebuild was cut off. What is written meanwhile stays due, and is to be fed afterwards.
    """
    index, reader = tweets_index(feeder.name), EdgeReader(archive, tweets_index(feeder.name))
    position = graph.position(feeder.name)
    there = _Ahead(graph.tweets(feeder.name, position))
    for bodies in portions(archive.scan(index, str(position)), BATCH):
        ids = [int(body["id"]) for body in bodies]
        gone = there.up_to(ids[-1]).difference(ids)
        feeder.put([DueId(str(id), NEVER, False) for id in (*ids, *sorted(gone))], reader.batch(bodies))
        graph.move(feeder.name, ids[-1])
        yield len(ids)
    for some in portions(sorted(there.up_to(None)), BATCH):
        feeder.put([DueId(str(id), NEVER, False) for id in some], [])
    graph.move(feeder.name, 0)


def should_be(archive: Archive, name: str) -> Iterator[Edge]:
    """Every edge that the graph should have, by the archive."""
    index = tweets_index(name)
    for _, edges, _ in EdgeReader(archive, index).read(archive.scan(index)):
        yield from edges


class _Ahead:
    """Sorted numbers, taken off from the front."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self._numbers = numbers
        self._next = next(numbers, None)

    def up_to(self, last: int | None) -> set[int]:
        """Those up to a number, or all that are left."""
        found = set()
        while self._next is not None and (last is None or self._next <= last):
            found.add(self._next)
            self._next = next(self._numbers, None)
        return found

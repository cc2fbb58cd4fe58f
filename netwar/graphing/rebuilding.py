"""The graph of an index made again from the archive, and what it should be by the archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from netwar.archive.base import Archive
from netwar.archive.outbox import DueId
from netwar.graph.base import Graph
from netwar.graphing.feeding import Feeder, Gathered, gather
from netwar.profiles.edge_reader import EdgeReader, Read
from netwar.records.documents import tweets_index
from netwar.records.edges import Edge
from netwar.records.idlists import portions
from netwar.work.loop import gc_paused

NEVER = 0  # no generation is: what is written meanwhile stays due


def rebuild(archive: Archive, graph: Graph, feeder: Feeder) -> Iterator[int]:
    """Replace the edges of every tweet there is, and remove those of tweets that are gone; yields how many tweets each step did.

    Goes on where a rebuild was cut off. What is written meanwhile stays due, and is to be fed afterwards.
    """
    index, position = tweets_index(feeder.name), graph.position(feeder.name)
    there = _Ahead(graph.tweets(feeder.name, position))
    read = EdgeReader(archive, index).read(archive.scan(index, str(position)))
    while done := _step(graph, feeder, there, read):
        yield done
    for some in portions(sorted(there.up_to(None)), graph.at_once):
        feeder.put(_taken(some), Gathered())
    graph.move(feeder.name, 0)


@gc_paused()
def _step(graph: Graph, feeder: Feeder, there: _Ahead, read: Iterator[Read]) -> int:
    """Replace the edges of the next tweets; how many they are, 0 at the end."""
    gathered = gather(islice(read, graph.at_once))
    ids = [int(id) for id in gathered.found]
    if ids:
        gone = there.up_to(ids[-1]).difference(ids)
        feeder.put(_taken([*ids, *sorted(gone)]), gathered)
        graph.move(feeder.name, ids[-1])
    return len(ids)


def _taken(ids: Iterable[int]) -> list[DueId]:
    return [DueId(str(id), NEVER, False) for id in ids]


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

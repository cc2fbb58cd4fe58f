"""Tweets of an index, and snapshots of followers, into a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from netwar.archive.base import Archive
from netwar.follows.snapshots import Snapshots
from netwar.interactions.choice import Choice
from netwar.interactions.gathered import Gathered
from netwar.profiles.edge_reader import BATCH, EdgeReader, Read
from netwar.records.edges import QUOTES, REPLIES_TO, RETWEETS, called, when
from netwar.records.idlists import portions

BY_REFERENCE = {RETWEETS, QUOTES, REPLIES_TO}


@dataclass(slots=True)
class Told:
    """How many tweets were meant, and how many of their edges lead to somebody whom nothing tells."""

    tweets: int = 0
    lacking: int = 0


def gather(archive: Archive, index: str, choice: Choice, graph: Gathered, read: Callable[[int], None]) -> Told:
    """Add the edges of what is meant in an index (a full name) to a graph, in constant memory. `read` is told of every thousand
    tweets that were looked at. Raises ServiceDown."""
    told, reader = Told(), EdgeReader(archive, index)
    for some in portions(choice.of(archive, index), BATCH):
        found = reader.batch([body for body in some if choice.holds(body)])
        _add(graph, found, choice)
        told.tweets += len(found)
        if choice.types & BY_REFERENCE:
            told.lacking += sum(len(unresolved) for _, _, unresolved in found)
        read(len(some))
    return told


def _add(graph: Gathered, found: Sequence[Read], choice: Choice) -> None:
    edges = (edge for _, made, _ in found for edge in made if edge.type in choice.types)
    names = ((user, name, when(body) or 0) for body, _, _ in found for user, name in called(body))
    graph.add(edges, names)


def gather_follows(lists: Iterable[Snapshots], graph: Gathered) -> list[str]:
    """Add who follows whom, by the last complete snapshot of each list of followers; the ids of those that have none."""
    without = []
    for snapshots in lists:
        if complete := snapshots.complete():
            last = complete[-1]
            graph.add_follows(snapshots.members(last.number), int(snapshots.user), last.began, last.ended)
        else:
            without.append(snapshots.user)
    return without

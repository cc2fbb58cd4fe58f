"""Tweets of an index, and snapshots of followers, into a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from netwar.archive.base import Archive
from netwar.follows.snapshots import Snapshots
from netwar.interactions.choice import Choice
from netwar.interactions.gathered import Gathered
from netwar.profiles.edge_reader import BATCH, EdgeReader, Read
from netwar.records.dialects import references
from netwar.records.edges import BY_REFERENCE, called, when
from netwar.records.idlists import portions
from netwar.records.ids import number


@dataclass(slots=True)
class Told:
    """How many tweets were meant, and how many edges that were asked for lead to the author of a tweet that is not recorded."""

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
        graph.lack(_lacking(found, choice))
        read(len(some))
    told.lacking = graph.lacking()
    return told


def _lacking(found: Sequence[Read], choice: Choice) -> Iterator[int | None]:
    """The users at whom edges of the wanted types begin that lead to no known author."""
    for body, made, unresolved in found:
        lacking = {BY_REFERENCE.get(kind) for kind, id in references(body) if id in unresolved} if unresolved else set()
        asked = lacking & choice.types - {edge.type for edge in made}  # whom a tweet replies to it may tell itself
        yield from (number(body.get("author_id")) for _ in asked)


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

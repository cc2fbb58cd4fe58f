"""Feeding: what is due in the outbox is read from the archive as it is now, and its edges replaced in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netwar.archive.base import Archive, Body
from netwar.archive.outbox import DueId, Outbox
from netwar.graph.base import Graph, Named
from netwar.profiles.edge_reader import EdgeReader, Read
from netwar.records.documents import tweets_index, users_index
from netwar.records.edges import TO_USERS, Edge
from netwar.records.idlists import portions
from netwar.work.loop import gc_paused

NAMED = 2_000  # users in one step
READ = 1_000  # tweets that are read at once
KEPT = 2_000  # whole tweets in memory, where they are compared afterwards
AWAITED = 1_000


@dataclass(slots=True)
class Fed:
    """What a run did: tweets whose edges were renewed, how many edges those have, and users who were given a name."""

    tweets: int = 0
    edges: int = 0
    users: int = 0


@dataclass(slots=True)
class Gathered:
    """What some tweets make: their edges, the ids that those lack which are not whole, and their authors."""

    found: dict[str, Sequence[Edge]] = field(default_factory=dict)
    waits: dict[str, list[str]] = field(default_factory=dict)
    authors: dict[str, str] = field(default_factory=dict)


def gather(read: Iterable[Read]) -> Gathered:
    """What tweets that were read make; of the tweets themselves nothing is kept."""
    gathered = Gathered()
    for body, edges, unresolved in read:
        tweet = str(body["id"])
        gathered.found[tweet] = edges
        gathered.authors[tweet] = str(body.get("author_id"))
        if wanted := [id for id in unresolved if id.isdigit() and id != tweet]:
            gathered.waits[tweet] = wanted
    return gathered


class Feeder:
    """Feeds one index into the graph, and counts that in `fed`; of a data folder one process at a time may. Hosts that share an
    archive (`shared`) and a graph each feed what they have recorded. Every method raises ServiceDown.

    What is taken from the outbox is settled only when it stands in the graph, so that the same command resumes after a kill.
    """

    def __init__(self, archive: Archive, outbox: Outbox, graph: Graph, name: str, fed: Fed, *, shared: bool = False) -> None:
        self.name = name
        self.fed = fed
        self._shared = shared
        self._archive, self._outbox, self._graph = archive, outbox, graph
        self._tweets, self._users = tweets_index(name), users_index(name)
        self._reader = EdgeReader(archive, self._tweets)

    @property
    def due(self) -> int:
        """How many ids are due now."""
        return self._outbox.pending(self._tweets).due + self._outbox.pending(self._users).due

    @gc_paused()
    def step(self) -> int:
        """Feed some of what is due; how many ids that were, 0 at the end."""
        if tweets := self._outbox.take(self._tweets, min(self._graph.at_once, KEPT) if self._shared else self._graph.at_once):
            kept: dict[str, Body] = {}
            self.put(tweets, gather(self._reader.read(self._current(tweets, kept))))
            self._see_whether_changed(kept)
            return len(tweets)
        users = self._outbox.take(self._users, NAMED)
        if users:
            self._name([one.id for one in users])
            self._outbox.settle(self._users, users, {})
        return len(users)

    def _current(self, taken: Sequence[DueId], kept: dict[str, Body]) -> Iterator[Body]:
        """Tweets as they are now, a portion in memory; of an archive that is shared all of them are `kept`."""
        for some in portions(taken, READ):
            bodies = self._archive.get(self._tweets, [one.id for one in some])
            if self._shared:
                kept.update(bodies)
            yield from bodies.values()

    def put(self, taken: Sequence[DueId], read: Gathered) -> None:
        """Let tweets have the edges that were read, and those of `taken` that are not there none; settle them."""
        found = {one.id: () for one in taken} | read.found
        self._graph.replace(self.name, found, {one.id for one in taken if one.fresh}, read.authors)
        self._name_new(found)
        self._outbox.settle(self._tweets, taken, read.waits)
        self.fed.tweets += len(found)
        self.fed.edges += sum(map(len, found.values()))

    def _see_whether_changed(self, kept: Mapping[str, Body]) -> None:
        """Make due again what another host has recorded anew meanwhile: it may have fed that before we fed what was there."""
        for some in portions(kept, READ):
            now = self._archive.get(self._tweets, some)
            if changed := [id for id in some if now.get(id) != kept[id]]:
                self._outbox.add(self._tweets, changed)

    def look_again(self) -> None:
        """Make due whoever waits for a tweet that another host has recorded meanwhile, in an archive that hosts share."""
        after = "0"
        while awaited := self._outbox.awaited(self._tweets, after, AWAITED):
            missing = set(self._archive.missing(self._tweets, "id", awaited))
            self._outbox.arrived(self._tweets, [id for id in awaited if id not in missing])
            after = awaited[-1]

    def _name_new(self, found: Mapping[str, Sequence[Edge]]) -> None:
        """Give a name to those who came into the graph."""
        made = [edge for edges in found.values() for edge in edges]
        users = {edge.source for edge in made} | {edge.target for edge in made if edge.type in TO_USERS}
        if nameless := self._graph.nameless(self.name, sorted(users)):
            self._name(nameless)

    def _name(self, users: Sequence[str]) -> None:
        known = self._archive.profiles(self._users, users)
        if known:
            self._graph.name(self.name, [Named(id, one.name, one.retrieved) for id, one in known.items()])
        self.fed.users += len(known)

"""Who followed a user from when to when, out of the snapshots of their followers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from netwar.archive.base import Documents
from netwar.follows.snapshots import Snapshots
from netwar.graph.base import Follow, Graph, Named
from netwar.records.documents import USERTEST
from netwar.records.idlists import portions

BATCH = 1_000


def follows(snapshots: Snapshots) -> Iterator[Follow]:
    """Every stretch of time in which somebody was a follower, as far as complete snapshots tell.

    It begins with the beginning of the first snapshot that has them, and ends with that of the first one that has them not. Who
    left and came back between two snapshots is not known to have left.
    """
    complete = snapshots.complete()
    since: dict[int, int] = {}
    if complete:
        since = dict.fromkeys(snapshots.members(complete[0].number), complete[0].began)
    for before, after in pairwise(complete):
        for id, came in snapshots.difference(before.number, after.number):
            if came:
                since[id] = after.began
            else:
                yield Follow(str(id), snapshots.user, since.pop(id, before.began), after.began)
    for id, began in since.items():
        yield Follow(str(id), snapshots.user, began)


def put(archive: Documents, graph: Graph, index: str, snapshots: Snapshots) -> int:
    """Let the graph of an index have what the snapshots tell, with the names that usertest has; how many stretches that are."""
    found = list(follows(snapshots))
    graph.follow(index, snapshots.user, iter(found))
    for users in portions(sorted({snapshots.user, *(one.source for one in found)}), BATCH):
        known = archive.profiles(USERTEST, graph.nameless(index, users))
        graph.name(index, [Named(id, one.name, one.retrieved) for id, one in known.items()])
    return len(found)

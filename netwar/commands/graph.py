"""How the graph meets the operator: fed, made again, held against the archive, and how it stands."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netwar.cli import graphing
from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.errors import Busy, ItemsFailed, NetwarError, ServiceDown, left_out
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.graph.digest import Digest
    from netwar.graphing.feeding import Fed, Feeder

log = logging.getLogger("netwar.graph")

PAUSE = 2.0  # seconds between two looks for what is due
LOOK_AGAIN = 600.0  # seconds between two looks for what other hosts have recorded


@dataclass(frozen=True, slots=True)
class Compared:
    """A type of edges: how it should be by the archive, and how it is in the graph."""

    type: str
    archive: Digest
    graph: Digest

    @property
    def same(self) -> bool:
        return self.archive == self.graph


@dataclass(frozen=True, slots=True)
class State:
    """An index: how many edges the graph has of it, and what is still to be fed."""

    index: str
    edges: int
    follows: int
    due: int
    waiting: int


COMPARED: Table[Compared] = Table(
    [
        Column("type"),
        Column("archive", Kind.COUNT),
        Column("graph", Kind.COUNT),
        Column("archive_sum", on_terminal=False),
        Column("graph_sum", on_terminal=False),
        Column("same"),
    ],
    lambda one: (
        *(one.type, one.archive.count, one.graph.count),
        *(f"{one.archive.sum:016x}", f"{one.graph.sum:016x}", "yes" if one.same else "NO"),
    ),
)
STATES: Table[State] = Table(
    [Column("index"), *(Column(name, Kind.COUNT) for name in ("edges", "follows", "due", "waiting"))],
    lambda one: (one.index, one.edges, one.follows, one.due, one.waiting),
)


def init(services: Services, names: Sequence[str]) -> str:
    """Make what the graph needs before it is fed; the outcome. At the end raises as `feed` where an index cannot be read."""
    unread: dict[str, NetwarError] = {}
    chosen = [services.index(name) for name in names] or _recorded(services, unread)
    if not (chosen or unread):
        chosen = [services.index(None)]
    for name in chosen:
        services.graph.init(name)
    told = f"the graph in {services.graph.where} is ready for {', '.join(chosen)}"
    if unread:
        raise left_out(told, unread.values(), everything=not chosen)
    return told


def feed(services: Services, names: Sequence[str], *, wait: bool) -> str:
    """Feed what is due, of these indices or of all, or go on doing so; the outcome. At the end raises Busy where another run was
    at one of them, ItemsFailed where the archive of one cannot be read, or what is wrong with it where none can."""
    from netwar.graphing.feeding import Fed

    services.left = "what is due stays due"
    services.report.subject("graph")
    chosen = [services.index(name) for name in names]
    feeders: dict[str, Feeder] = {}
    done, next_look, told = Fed(), 0.0, list[str]()
    services.report.counting(done)
    while True:
        again = bool(services.settings.elksg) and time.monotonic() >= next_look  # an archive that other hosts write, too
        busy: Busy | None = None
        unread: dict[str, NetwarError] = {}
        for name in (names := chosen or _recorded(services, unread)):
            try:
                feeders[name] = feeders.get(name) or _feeder(services, name, done)
            except Busy as error:
                busy = error
                continue
            _fed(services, feeders[name])
            if again:
                feeders[name].look_again()
                _fed(services, feeders[name])
        if unread and not (wait or busy):
            raise left_out(_told(done, services.graph.where), unread.values(), everything=not names)
        for said in [one for one in map(str, unread.values()) if one not in told]:
            log.warning("left out: %s", said)
        told = [str(one) for one in unread.values()]
        if busy and not wait:
            raise busy
        if not wait:
            return _told(done, services.graph.where)
        next_look = time.monotonic() + LOOK_AGAIN if again else next_look
        services.report.sleep(PAUSE)


def rebuild(services: Services, given: str) -> str:
    """Make the graph of an index again from the archive, and feed what is due; the outcome."""
    from netwar.graphing.feeding import Fed
    from netwar.graphing.rebuilding import rebuild as again

    services.left = "the same command goes on where it was"
    name = services.recorded("tw", given).removeprefix("tw")
    feeder = _feeder(services, name, Fed())
    with services.report.work("tweets", services.archive.count(f"tw{name}")) as bar:
        for tweets in again(services.archive, services.graph, feeder):
            bar.update(tweets)
    _fed(services, feeder)
    return _told(feeder.fed, services.graph.where)


def check(services: Services, given: str | None, form: Form) -> str:
    """Hold the graph of an index against the archive; the outcome. Raises ItemsFailed where they differ."""
    from netwar.graph.digest import digests
    from netwar.graphing.rebuilding import should_be

    outbox = graphing.outbox(services)
    name = services.recorded("tw", given).removeprefix("tw")
    services.graph.ready(name)
    expected, found = digests(should_be(services.archive, name)), services.graph.digest(name)
    rows = [Compared(type, expected[type], found[type]) for type in expected]
    COMPARED.write(form, rows)
    due = sum(outbox.pending(f"{kind}{name}").due for kind in ("tw", "tu"))
    if all(row.same for row in rows):
        return f"the graph of {name} is as the archive says: {plural(sum(row.graph.count for row in rows), 'edge')}"
    differ = ", ".join(row.type for row in rows if not row.same)
    cure = f"{plural(due, 'id')} are due: tw-graph feed {name}" if due else f"tw-graph rebuild {name}  makes it again"
    raise ItemsFailed(f"the graph of {name} is not as the archive says ({differ}); {cure}")


def status(services: Services, names: Sequence[str], form: Form) -> str:
    """Show how much there is in the graph, and what is due; the outcome. At the end raises as `feed` where an index cannot be
    read."""
    outbox, graph = graphing.outbox(services), services.graph
    rows: list[State] = []
    unread: dict[str, NetwarError] = {}
    for name in [services.index(name) for name in names] or _recorded(services, unread):
        counts = graph.counts(name)
        pending, users = outbox.pending(f"tw{name}"), outbox.pending(f"tu{name}")
        follows = counts.pop("FOLLOWS", 0)
        rows.append(State(name, sum(counts.values()), follows, pending.due + users.due, pending.waiting))
    STATES.write(form, rows)
    told = f"{plural(sum(row.edges for row in rows), 'edge')} in {graph.where}, {sum(row.due for row in rows):,} due"
    if unread:
        raise left_out(told, unread.values(), everything=not rows)
    return told


def one(names: Sequence[str], what: str) -> str:
    """The one name that an action takes. Raises UsageError."""
    from netwar.cli import click

    if len(names) != 1:
        raise click.UsageError(f"name one {what}")
    return names[0]


def _recorded(services: Services, unread: dict[str, NetwarError]) -> list[str]:
    """The names of all indices but usertest, which has no tweets; of those that cannot be read, why is put into `unread`."""
    from netwar.records.documents import USERTEST, parted

    names = {parted(index)[0] for index in services.archive.indices(left_out=unread)} - {USERTEST}
    unread.pop(USERTEST, None)
    return sorted(names)


def _feeder(services: Services, name: str, done: Fed) -> Feeder:
    """Who alone feeds an index from this data folder. Raises Busy."""
    from netwar.connections.folders import trouble
    from netwar.connections.runs import exclusive
    from netwar.graphing.feeding import Feeder

    outbox = graphing.outbox(services)
    try:
        exclusive(services.data / "runs", f"tw-graph-{name}", f"another tw-graph is at work on {name}: one run at a time")
    except OSError as error:
        raise ServiceDown(f"{services.data} cannot be used: {trouble(error)}") from error
    services.graph.ready(name)
    return Feeder(services.archive, outbox, services.graph, name, done, shared=bool(services.settings.elksg))


def _fed(services: Services, feeder: Feeder) -> None:
    """Feed until nothing is due."""
    if not (due := feeder.due):
        return
    with services.report.work("ids", due) as bar:
        while ids := feeder.step():
            bar.update(ids)


def _told(done: Fed, where: str) -> str:
    if not (done.tweets or done.users):
        return "nothing was due"
    names = f", and {plural(done.users, 'name')}" if done.users else ""
    return f"fed {plural(done.tweets, 'tweet')} with {plural(done.edges, 'edge')}{names} into {where}"

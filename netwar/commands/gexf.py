"""How graphs meet the operator: tweets or snapshots in, a file for Gephi or two tables out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from netwar.cli import click
from netwar.cli.files import replaced
from netwar.cli.output import data
from netwar.cli.services import Services
from netwar.commands.chosen_tweets import KINDS, choice
from netwar.errors import ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.interactions.gathered import Gathered

BIPARTITE = {"users-hashtags": ("tag",), "users-urls": ("link",)}


@dataclass(frozen=True, slots=True)
class GraphOptions:
    """What the operator asked for, as it stands on the command line."""

    since: datetime | None
    until: datetime | None
    lang: Sequence[str]
    hashtag: Sequence[str]
    users: str | None
    kind: Sequence[str]
    bipartite: str | None
    follows: Sequence[str]
    least_weight: int
    least_degree: int
    timeline: bool
    csv: bool

    @property
    def kinds(self) -> Sequence[str]:
        """Which kinds of edges are meant."""
        return BIPARTITE[self.bipartite] if self.bipartite else self.kind or KINDS

    @property
    def choosing(self) -> list[tuple[str, Any]]:
        """What chooses tweets, and is given."""
        told = [("since", self.since), ("until", self.until), ("language", self.lang), ("hashtag", self.hashtag)]
        told += [("users", self.users), ("kind", self.kind), ("bipartite", self.bipartite)]
        return [(name, value) for name, value in told if value]

    def about(self, what: str) -> str:
        """What the file is of, for whoever opens it years later."""
        least = [("least weight", self.least_weight), ("least degree", self.least_degree)]
        told = [*self.choosing, *((name, number) for name, number in least if number > 1)]
        shown = (f"{name} {', '.join(value) if isinstance(value, tuple) else value}" for name, value in told)
        return "; ".join([what, *shown])


def exported(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    """Write the graph of an index, or of snapshots; the outcome. Raises UsageError for options that exclude each other."""
    if asked.bipartite and asked.kind:
        raise click.UsageError("--bipartite says which kind of edge is meant: leave --kind out")
    if asked.csv and (asked.timeline or file == "-"):
        raise click.UsageError("--csv writes two files that have all times: leave --timeline out, and name a file")
    if asked.follows and asked.choosing:
        raise click.UsageError("--follows makes a graph out of snapshots: leave out what chooses tweets")
    services.looks = True
    return _follows(services, index, file, asked) if asked.follows else _interactions(services, index, file, asked)


def _interactions(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    from netwar.commands.chosen_users import chosen
    from netwar.interactions.gathering import gather
    from netwar.records.text import plural

    tweets = services.recorded("tw", index)
    users, rejected = tweets.replace("tw", "tu", 1), None
    meant = choice(asked.since, asked.until, asked.lang, asked.hashtag, asked.kinds)
    with _opened(tweets[2:], file, asked) as (graph, out):
        if asked.users:
            rejected = chosen(services, asked.users, users, graph.choose)
        with services.report.work(f"tweets of {tweets}", services.archive.count(tweets)) as bar:
            told = gather(services.archive, tweets, meant, graph, bar.update)
        outcome = f"{_written(services, graph, users, out, asked)}, of {plural(told.tweets, 'tweet')}"
    if told.lacking:
        outcome += f"; {plural(told.lacking, 'edge')} left out: to the author of a tweet that is not recorded"
    if rejected and rejected.count:
        raise ItemsFailed(f"{outcome}; users who are not known ({rejected.where}): {rejected.count:,}")
    return outcome


def _follows(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    from netwar.commands.followdiff import of_user
    from netwar.interactions.gathering import gather_follows

    users = services.collection(index)
    lists = {found.user: found for found in (of_user(services, user, "followers") for user in asked.follows)}
    with _opened(f"{index}-follows", file, asked) as (graph, out):
        if without := gather_follows(lists.values(), graph):
            named = ", ".join(without)
            raise NetwarError(f"there is no complete snapshot of the followers of {named}: tw-follow2usertest takes one")
        return _written(services, graph, users, out, asked)


@dataclass(frozen=True, slots=True)
class Out:
    """What the graph is `of`, the `name` of its file for a sentence, and the open file, or the two of tables."""

    of: str
    name: str
    files: Sequence[TextIO]


@contextmanager
def _opened(of: str, file: str | None, asked: GraphOptions) -> Iterator[tuple[Gathered, Out]]:
    """An empty graph, and where it is to be written: opened before an hour's work, and in place after it, or not at all."""
    from netwar.connections.sqlite_scratch import Scratch
    from netwar.interactions.gathered import TABLES, Gathered

    base = (file or of).removesuffix(".csv")
    names = [f"{base}-nodes.csv", f"{base}-edges.csv"] if asked.csv else [file or f"{of}.gexf"]
    with ExitStack() as stack:
        files = [data() if name == "-" else stack.enter_context(replaced(Path(name))) for name in names]
        yield Gathered(stack.enter_context(Scratch(TABLES))), Out(of, ", ".join(names), files)


def _written(services: Services, graph: Gathered, users: str, out: Out, asked: GraphOptions) -> str:
    """Group what was gathered and write it; what was written, in words."""
    from netwar.interactions import gexf, tables
    from netwar.interactions.attributes import described
    from netwar.records.text import plural

    graph.group(asked.least_weight, asked.least_degree)
    nodes, edges, weight = graph.counts()
    known = described(services.archive, users, graph.nodes())
    if asked.csv:
        tables.write_nodes(out.files[0], known)
        tables.write_edges(out.files[1], graph.edges())
    else:
        about = asked.about(out.of)
        gexf.write(out.files[0], known, graph.edges(), (nodes, edges), about=about, timeline=asked.timeline)
    return f"{out.name}: {plural(nodes, 'node')} and {plural(edges, 'edge')} of weight {weight:,}"

"""How graphs meet the operator: tweets or snapshots in, a file for Gephi or two tables out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.services import Services
from netwar.commands.chosen_tweets import KINDS, choice
from netwar.commands.logged import Going, Outgoing, outcome, outgoing, query
from netwar.errors import ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.interactions.attributes import Described
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
    to: str

    @property
    def kinds(self) -> Sequence[str]:
        """Which kinds of edges are meant."""
        return BIPARTITE[self.bipartite] if self.bipartite else self.kind or KINDS

    @property
    def choosing(self) -> list[tuple[str, Any]]:
        """What chooses tweets, and is given."""
        told = [("since", self.since), ("until", self.until), ("lang", self.lang), ("hashtag", self.hashtag)]
        told += [("users", self.users), ("kind", self.kind), ("bipartite", self.bipartite)]
        return [(name, value) for name, value in told if value]

    @property
    def given(self) -> list[tuple[str, Any]]:
        """All that decides what is in the graph, and is given."""
        least = [("least-weight", self.least_weight), ("least-degree", self.least_degree)]
        followed = [("follows", self.follows)] if self.follows else []
        return [*self.choosing, *followed, *((name, number) for name, number in least if number > 1)]

    def about(self, what: str) -> str:
        """What the file is of, for whoever opens it years later."""
        shown = (f"{name} {', '.join(value) if isinstance(value, tuple) else value}" for name, value in self.given)
        return "; ".join([what, *shown])


def exported(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    """Write the graph of an index, or of snapshots; the outcome. Raises UsageError for options that exclude each other."""
    if asked.bipartite and asked.kind:
        raise click.UsageError("--bipartite says which kind of edge is meant: leave --kind out")
    if asked.csv and (asked.timeline or file == "-"):
        raise click.UsageError("--csv writes two files that have all times: leave --timeline out, and name a file")
    if asked.follows and (asked.choosing or asked.least_weight > 1):
        raise click.UsageError("--follows makes a graph out of snapshots: leave out what chooses tweets")
    if index == "usertest" and not asked.follows:
        raise click.UsageError("usertest has users and no tweets: say with --follows whose followers are meant")
    services.looks = True
    return _follows(services, index, file, asked) if asked.follows else _interactions(services, index, file, asked)


def _interactions(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    from netwar.commands.chosen_users import chosen
    from netwar.interactions.gathering import gather
    from netwar.records.text import plural

    tweets = services.recorded("tw", index)
    users, rejected = tweets.replace("tw", "tu", 1), None
    meant = choice(asked.since, asked.until, asked.lang, asked.hashtag, asked.kinds)
    with ExitStack() as stack:
        graph = _gathered(stack)
        if asked.users:
            rejected = chosen(services, asked.users, users, graph.choose)
        out = _opened(stack, services, users, tweets[2:], file, asked)
        with services.report.work(f"tweets of {tweets}", services.archive.count(tweets)) as bar:
            told = gather(services.archive, tweets, meant, graph, bar.update)
        done = f"{_written(services, graph, out, asked)}, of {plural(told.tweets, 'tweet')}"
    if told.lacking:
        done += f"; {plural(told.lacking, 'edge')} left out: to the author of a tweet that is not recorded"
    done = outcome(services, done, asked.to)
    if rejected and rejected.count:
        raise ItemsFailed(f"{done}; users who are not known ({rejected.where}): {rejected.count:,}")
    return done


def _follows(services: Services, index: str, file: str | None, asked: GraphOptions) -> str:
    from netwar.commands.followdiff import of_user
    from netwar.interactions.gathering import gather_follows

    users = services.collection(index)
    lists = {found.user: found for found in (of_user(services, user, "followers") for user in asked.follows)}
    with ExitStack() as stack:
        graph = _gathered(stack)
        if without := gather_follows(lists.values(), graph):
            named = ", ".join(without)
            raise NetwarError(f"there is no complete snapshot of the followers of {named}: tw-follow2usertest takes one")
        out = _opened(stack, services, users, f"{index}-follows", file, asked)
        done = _written(services, graph, out, asked)
    return outcome(services, done, asked.to)


@dataclass(frozen=True, slots=True)
class Out:
    """What the graph is `of`, the index of its `users` (a full name), its files by form, and their names for a sentence."""

    of: str
    users: str
    files: dict[str, Outgoing]
    names: str


def _gathered(stack: ExitStack) -> Gathered:
    """An empty graph."""
    from netwar.connections.sqlite_scratch import Scratch
    from netwar.interactions.gathered import TABLES, Gathered

    return Gathered(stack.enter_context(Scratch(TABLES)))


def _opened(stack: ExitStack, services: Services, users: str, of: str, file: str | None, asked: GraphOptions) -> Out:
    """Where the graph is to be written: opened before an hour's work, and in place after it, or not at all. The log has a line of
    it from then on, so what needs no look at a tweet is found out before."""
    base = (file or of).removesuffix(".csv")
    names = {form: f"{base}-{form}.csv" for form in ("nodes", "edges")} if asked.csv else {"gexf": file or f"{of}.gexf"}
    files = {
        form: stack.enter_context(outgoing(services, Going(users, form, query(asked.given), asked.to), name))
        for form, name in names.items()
    }
    return Out(of, users, files, ", ".join(names.values()))


def _written(services: Services, graph: Gathered, out: Out, asked: GraphOptions) -> str:
    """Group what was gathered and write it; what was written, in words."""
    from netwar.interactions import gexf, tables
    from netwar.interactions.attributes import described
    from netwar.records.text import plural

    graph.group(asked.least_weight, asked.least_degree)
    size = graph.size()
    known = described(services.archive, out.users, graph.nodes())
    if asked.csv:
        nodes, edges = out.files["nodes"], out.files["edges"]
        tables.write_nodes(nodes, nodes.counting(known, _is_user))
        tables.write_edges(edges, edges.counting(graph.edges()))
    else:
        file = out.files["gexf"]
        users, about = file.counting(known, _is_user), asked.about(out.of)
        gexf.write(file, users, graph.edges(), size, about=about, timeline=asked.timeline)
    return f"{out.names}: {plural(size.nodes, 'node')} and {plural(size.edges, 'edge')} of weight {size.weight:,}"


def _is_user(node: Described) -> bool:
    return node[0].kind == "user"

"""How the graph is asked from the shell: with whom a user had to do, who amplifies whom, what is at the top, tags on users."""

from __future__ import annotations

from io import BufferedReader
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.errors import NetwarError
from netwar.records.text import named, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netwar.graph.base import Neighbor, Pair, Ranked
    from netwar.graphing.tagging import Row

Top = tuple[str, "Ranked"]

NEIGHBORS: Table[Neighbor] = Table(
    [
        *map(Column, ("id", "name", "type", "direction")),
        Column("count", Kind.COUNT),
        *(Column(name, Kind.TIME) for name in ("first", "last")),
    ],
    lambda one: (one.user, one.name, one.type, one.direction, one.count, one.first, one.last),
)
PAIRS: Table[Pair] = Table(
    [
        *map(Column, ("id", "name", "retweets_id", "retweets_name")),
        Column("count", Kind.COUNT),
        *(Column(name, Kind.TIME) for name in ("first", "last")),
    ],
    lambda one: (one.source, one.source_name, one.target, one.target_name, one.count, one.first, one.last),
)
TOPS: Table[Top] = Table(
    [Column("kind"), Column("key", long=True), Column("name"), Column("tweets", Kind.COUNT), Column("users", Kind.COUNT)],
    lambda one: (one[0], one[1].key, one[1].name, one[1].count, one[1].users),
)
KINDS = {
    "tags": "TAGS",
    "links": "SHARES",
    "mentioned": "MENTIONS",
    "retweeted": "RETWEETS",
    "quoted": "QUOTES",
    "answered": "REPLIES_TO",
}


def neighbors(services: Services, given: str, index: str | None, form: Form) -> str:
    """Print with whom a user had to do; the outcome. Raises NetwarError for one who is not in the graph."""
    name = _index(services, index)
    user = _user(services, name, given)
    rows = list(services.graph.neighbors(name, user))
    if not rows:
        raise NetwarError(f"{_called(given, user)} has no edge to anybody in the graph of {name}: tw-graph status {name}")
    NEIGHBORS.write(form, rows)
    return f"{_called(given, user)} had to do with {plural(len({row.user for row in rows}), 'user')} in {name}"


def amplifiers(services: Services, index: str, given: str | None, limit: int, form: Form) -> str:
    """Print who retweets whom most; the outcome."""
    name = _index(services, index)
    user = _user(services, name, given) if given else None
    rows = services.graph.amplifiers(name, user, limit)
    PAIRS.write(form, rows)
    return f"{plural(len(rows), 'pair')} in {name}" + (f", who retweet {_called(given, user)}" if given and user else "")


def top(services: Services, index: str, kinds: tuple[str, ...], limit: int, form: Form) -> str:
    """Print what most tweets have; the outcome."""
    name = _index(services, index)

    def rows() -> Iterator[Top]:
        for kind in kinds:
            yield from ((kind, one) for one in services.graph.top(name, KINDS[kind], limit))

    TOPS.write(form, rows())
    return f"the {limit:,} most frequent in {name}: {', '.join(kinds)}"


def tag(services: Services, file: BufferedReader, property: str, index: str | None) -> str:
    """Put a property on users; the outcome. Lines that name nobody are listed, and raise ItemsFailed at the end."""
    from netwar.cli.rejected import Rejected
    from netwar.errors import ItemsFailed
    from netwar.graphing.tagging import checked_property, rows, values
    from netwar.records.entries import Fault

    try:
        checked_property(property)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    name, found = _index(services, index), {}
    with Rejected(services, file.name) as rejected:

        def good() -> Iterator[Row]:
            for one in rows(line.decode("utf-8", "replace") for line in file):
                if isinstance(one, Fault):
                    rejected.add(one)
                else:
                    yield one

        for one in values(services.archive, f"tu{name}", good()):
            if isinstance(one, Fault):
                rejected.add(one)
            else:
                found[one[0]] = one[1]
        put = services.graph.tag(name, property, found)
    said = f"{property} put on {plural(put, 'user')}"
    said += f"; {plural(len(found) - put, 'other')} not in the graph of {name}" if len(found) > put else ""
    if rejected.count:
        raise ItemsFailed(f"{said}; {plural(rejected.count, 'bad line')}, {rejected.where}")
    return said


def follows(services: Services, users: tuple[str, ...], index: str | None) -> str:
    """Put who followed users into the graph, out of their snapshots; the outcome."""
    from netwar.commands.followdiff import of_user
    from netwar.graphing.following import put

    name, total = _index(services, index), 0
    services.graph.ready(name)
    for given in users:
        snapshots = of_user(services, given, "followers")
        if not snapshots.complete():
            raise NetwarError(f"no snapshot of the followers of {given} is complete: tw-follow2usertest goes on with it")
        total += put(services.archive, services.graph, name, snapshots)
    return f"{plural(total, 'follow period')} in the graph of {name}"


def _index(services: Services, given: str | None) -> str:
    """The name of an index that is recorded."""
    return services.recorded("tw", given).removeprefix("tw")


def _user(services: Services, index: str, given: str) -> str:
    """The id of a user. Raises NetwarError for a name that nobody bears or bore."""
    from netwar.commands.follow_target import entry
    from netwar.profiles.identity import ids_meant, who

    ids = ids_meant(services.archive, f"tu{index}", who(entry(given)))
    if not ids:
        raise NetwarError(f"nobody in {index} is known as {given}: name them by their id")
    return ids[0]


def _called(given: str | None, user: str | None) -> str:
    return named(user or "", None if given == user else given)

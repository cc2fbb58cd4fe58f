"""How shared addresses meet the operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.export_options import Wish
from netwar.commands.exports import chosen

if TYPE_CHECKING:
    from netwar.exports.links import Counted

TWEETS, USERS = Column("tweets", Kind.COUNT), Column("users", Kind.COUNT)
TIMES = (Column("first", Kind.TIME), Column("last", Kind.TIME))
URLS, HOSTS = Column("urls", Kind.COUNT), Column("hosts", Kind.COUNT)


def harvest(services: Services, index: str, wish: Wish, by: str, form: Form) -> str:
    """Print what the tweets of an index share, counted by url, host or day; the outcome."""
    from netwar.exports.links import Links
    from netwar.records.idlists import portions
    from netwar.records.text import plural

    name = services.recorded("tw", index)
    wanted, found = chosen(services, name, wish), 0
    with Links() as links:
        with services.report.work(name, services.archive.count(name)) as bar:
            for some in portions(wanted.scan(services.archive), 1000):
                links.add(body for body, is_chosen in some if is_chosen)
                bar.update(len(some))

        def counted() -> Iterator[Counted]:
            nonlocal found
            for row in links.by(by):
                found += 1
                yield row

        TABLES[by].write(form, counted())
    return f"{plural(found, by)} in {name}"


def _url(one: Counted) -> Sequence[Cell]:
    return one.key, one.tweets, one.users, one.first, one.last


def _host(one: Counted) -> Sequence[Cell]:
    return one.key, one.urls, one.tweets, one.users, one.first, one.last


def _day(one: Counted) -> Sequence[Cell]:
    return one.key, one.urls, one.hosts, one.tweets, one.users


TABLES: dict[str, Table[Counted]] = {
    "url": Table((Column("url", long=True), TWEETS, USERS, *TIMES), _url),
    "host": Table((Column("host", long=True), URLS, TWEETS, USERS, *TIMES), _host),
    "day": Table((Column("day"), URLS, HOSTS, TWEETS, USERS), _day),
}

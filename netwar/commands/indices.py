"""What is recorded, index by index, as tw-indices shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netwar.archive.base import Archive, Extent
from netwar.cli.forms import Form
from netwar.cli.tables import Column, Kind, Table
from netwar.errors import NetwarError, left_out
from netwar.records.documents import parted
from netwar.records.text import amount, plural


class Index(NamedTuple):
    """A name that something is recorded under, and how much."""

    name: str
    extent: Extent


TABLE: Table[Index] = Table(
    (
        Column("index"),
        Column("tweets", Kind.COUNT),
        Column("users", Kind.COUNT),
        Column("bytes", Kind.COUNT, amount),
        Column("first", Kind.TIME),
        Column("last", Kind.TIME),
    ),
    lambda one: (one.name, one.extent.tweets, one.extent.users, one.extent.bytes, one.extent.first, one.extent.last),
)


def show_indices(archive: Archive, form: Form) -> str:
    """Print a row for each name that something is recorded under; the outcome. Raises ItemsFailed if one cannot be read, and what
    is wrong if none can."""
    unread: dict[str, NetwarError] = {}
    found = list(_indices(archive, unread))
    TABLE.write(form, found)
    counted = f"{len(found):,} {'index' if len(found) == 1 else 'indices'}"
    tweets, users = sum(one.extent.tweets for one in found), sum(one.extent.users for one in found)
    size = amount(sum(one.extent.bytes for one in found))
    told = f"{counted}: {plural(tweets, 'tweet')}, {plural(users, 'user')}, {size}"
    if unread:
        raise left_out(told, unread.values(), everything=not found)
    return told


def _indices(archive: Archive, unread: dict[str, NetwarError]) -> Iterator[Index]:
    """All that can be read, by name; what is wrong with the others is put into `unread`."""
    for name in sorted({parted(index)[0] for index in archive.indices(left_out=unread)}):
        try:
            yield Index(name, archive.extent(name))
        except NetwarError as error:
            unread[name] = error

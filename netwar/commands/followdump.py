"""How tables of followers meet the operator: a snapshot in, a row for each who follows out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.follow_target import WORDS
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.follows.snapshots import Snapshot, Snapshots
    from netwar.interactions.follow_table import Follower


def dump(services: Services, user: str, direction: str, number: int | None, form: Form) -> str:
    """Print everybody in the last complete snapshot of a list, or in another one; the outcome."""
    from netwar.commands.followdiff import of_user
    from netwar.interactions.follow_table import followers
    from netwar.records.documents import USERTEST
    from netwar.records.times import minute

    snapshots = of_user(services, user, direction)
    snapshot, unknown = _chosen(snapshots, number), 0

    def counted() -> Iterator[Follower]:
        nonlocal unknown
        with services.report.work(f"{WORDS[direction][0]} of {user}", snapshot.count) as bar:
            for one in followers(services.archive, USERTEST, snapshots.members(snapshot.number)):
                unknown += one.seen is None
                yield one
                bar.update(1)

    _table().write(form, counted())
    told = f"snapshot {snapshot.number}, {minute(snapshot.ended)}"
    return f"{WORDS[direction][0]} of {user}: {snapshot.count:,} ({told}), {unknown:,} of them without a recorded profile"


def _chosen(snapshots: Snapshots, number: int | None) -> Snapshot:
    complete = {one.number: one for one in snapshots.complete()}
    if not complete:
        raise NetwarError("there is no complete snapshot of this list yet; tw-followdiff --list shows which there are")
    if number is not None and number not in complete:
        raise NetwarError(f"there is no complete snapshot {number}; tw-followdiff --list shows which there are")
    return complete[number if number is not None else max(complete)]


def _table() -> Table[Follower]:
    from netwar.interactions.attributes import ATTRIBUTES

    kinds = {"long": Kind.COUNT}
    hidden = {"created", "verified", "protected", "location"}
    columns = [Column(one.name, kinds.get(one.type, Kind.TEXT), on_terminal=one.name not in hidden) for one in ATTRIBUTES]
    table = [Column("id"), *columns, Column("seen", Kind.TIME)]
    return Table(table, _cells, json=lambda one: _plain([column.name for column in table], one))


def _cells(one: Follower) -> list[Cell]:
    return [one.id, *(str(value).lower() if isinstance(value, bool) else value for value in one.values), one.seen]


def _plain(names: list[str], one: Follower) -> dict[str, Any]:
    """A row as JSON has it: yes and no are no words there."""
    from netwar.records.times import iso

    return dict(zip(names, [one.id, *one.values, iso(one.seen) if one.seen else None], strict=True))

"""How snapshots of lists of followers meet the operator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.commands.follow_target import WORDS, entry
from netwar.errors import NetwarError
from netwar.records.text import row
from netwar.records.times import minute

if TYPE_CHECKING:
    from netwar.archive.base import Archive
    from netwar.follows.snapshots import Snapshot, Snapshots


Listed = tuple[int, int, int | None, str, int, int | None, int | None]  # a row of SNAPSHOTS
Change = tuple[bool, int, str]  # whether the user came, id, screen name


def _listed_line(one: Listed) -> str:
    number, began, ended, state, count, came, left = one
    shown = f"{count:,} and more" if ended is None else f"{count:,}"
    changes = [f"{sign}{change:,}" if change is not None else "" for sign, change in (("+", came), ("-", left))]
    return row(number, minute(began), "" if ended is None else minute(ended), state, shown, *changes)


SNAPSHOTS: Table[Listed] = Table(
    [
        Column("number", Kind.COUNT),
        *(Column(name, Kind.TIME) for name in ("began", "ended")),
        Column("state"),
        *(Column(name, Kind.COUNT) for name in ("count", "came", "left")),
    ],
    lambda one: one,
    line=_listed_line,
)

CHANGES: Table[Change] = Table(
    [Column("change"), Column("id"), Column("name")],
    lambda one: ("came" if one[0] else "left", str(one[1]), one[2]),
    line=lambda one: row("+" if one[0] else "-", *one[1:]),
)


def of_user(services: Services, user: str, direction: str) -> Snapshots:
    """The snapshots of a user's list, out of the archive alone: of the id that bore a name last and has some."""
    from netwar.follows.snapshots import Snapshots
    from netwar.profiles.identity import ids_meant, who
    from netwar.records.documents import USERTEST

    for id in ids_meant(services.archive, USERTEST, who(entry(user))):
        found = Snapshots(services.archive, USERTEST, direction, id)
        if found.all() or found.get("open"):
            return found
    program = "tw-follow2usertest" if direction == "followers" else "tw-friend2usertest"
    raise NetwarError(f"there is no snapshot of the {WORDS[direction][0]} of {user}: {program} takes one")


def show_snapshots(snapshots: Snapshots, form: Form) -> None:
    """Print a line for each snapshot: number, begin, end, state, how many, who came, who left."""
    SNAPSHOTS.write(form, _listed(snapshots))


def _listed(snapshots: Snapshots) -> Iterator[Listed]:
    from netwar.follows.snapshot_writer import opened, pages

    for one in snapshots.all():
        state = "complete" if one.complete else "cut off"
        yield one.number, one.began, one.ended, state, one.count, one.came, one.left
    now = opened(snapshots)
    if now and snapshots.get("snapshot", now.number) is None:
        read = now.count + sum(page["count"] for page in pages(snapshots, now))
        yield now.number, now.began, None, "open", read, None, None


def chosen(snapshots: Snapshots, before: int | None, after: int | None) -> tuple[Snapshot, Snapshot]:
    """The two snapshots that are compared: those named, else the last complete ones. Raises NetwarError."""
    ended = {one.number: one for one in snapshots.all()}
    for number in (before, after):
        if number is not None and number not in ended:
            raise NetwarError(f"there is no snapshot {number} that has ended; --list shows which there are")
        if number is not None and not ended[number].complete:
            raise NetwarError(f"snapshot {number} was cut off, so it cannot say who left; --list shows the complete ones")
    complete = [number for number, one in ended.items() if one.complete]
    last = after if after is not None else complete[-1] if complete else 0
    first = before if before is not None else max((number for number in complete if number < last), default=0)
    if not first or not last:
        raise NetwarError(f"two complete snapshots are needed, and there {'is one' if complete else 'is none'}; see --list")
    if first >= last:
        raise click.UsageError(f"--from must be older than --to, and {first} is not older than {last}")
    return ended[first], ended[last]


def show_difference(services: Services, snapshots: Snapshots, before: Snapshot, after: Snapshot, form: Form) -> tuple[int, int]:
    """Print who came and who left, with names where they are known; how many."""
    counts = {True: 0, False: 0}

    def counted() -> Iterator[Change]:
        for change in _difference(services.archive, snapshots, before, after):
            counts[change[0]] += 1
            yield change

    CHANGES.write(form, counted())
    return counts[True], counts[False]


def _difference(archive: Archive, snapshots: Snapshots, before: Snapshot, after: Snapshot) -> Iterator[Change]:
    from netwar.profiles.identity import names
    from netwar.profiles.membership import BATCH_SIZE
    from netwar.records.documents import USERTEST
    from netwar.records.idlists import portions

    changes: Iterable[tuple[int, bool]] = snapshots.difference(before.number, after.number)
    for some in portions(changes, BATCH_SIZE):
        known = names(archive, USERTEST, [str(id) for id, _ in some])
        for id, is_new in some:
            yield is_new, id, known.get(str(id), "")

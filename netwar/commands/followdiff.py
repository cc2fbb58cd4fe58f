"""How snapshots of lists of followers meet the operator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.output import echo_row
from netwar.cli.services import Services
from netwar.commands.follow_target import WORDS, entry
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.follows.snapshots import Snapshot, Snapshots


def of_user(services: Services, user: str, direction: str) -> Snapshots:
    """The snapshots of a user's list, out of the archive alone: of the id that bore a name last and has some."""
    from netwar.follows.snapshots import Snapshots
    from netwar.records.documents import USERTEST

    who = entry(user)
    name = who.removeprefix("@")
    ids = [who] if who.isdigit() else [one.user for one in services.archive.name_holders(USERTEST, [name]).get(name, [])]
    for id in ids:
        found = Snapshots(services.archive, USERTEST, direction, id)
        if found.all() or found.get("open"):
            return found
    program = "tw-follow2usertest" if direction == "followers" else "tw-friend2usertest"
    raise NetwarError(f"there is no snapshot of the {WORDS[direction][0]} of {user}: {program} takes one")


def tell(snapshots: Snapshots) -> None:
    """Print a line for each snapshot: number, begin, end, state, how many, who came, who left."""
    from netwar.follows.snapshot_writer import opened, pages
    from netwar.records.times import minute

    for one in snapshots.all():
        state = "complete" if one.complete else "cut off"
        times = minute(one.began), minute(one.ended)
        echo_row(one.number, *times, state, f"{one.count:,}", f"+{one.came:,}", f"-{one.left:,}")
    now = opened(snapshots)
    if now and snapshots.get("snapshot", now.number) is None:
        read = now.count + sum(page["count"] for page in pages(snapshots, now))
        echo_row(now.number, minute(now.began), "", "open", f"{read:,} and more", "", "")


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


def difference(services: Services, snapshots: Snapshots, before: Snapshot, after: Snapshot) -> tuple[int, int]:
    """Print who came and who left, with names where they are known; how many."""
    from netwar.profiles.membership import BATCH_SIZE, names_of
    from netwar.records.documents import USERTEST
    from netwar.records.idlists import portions

    changes: Iterable[tuple[int, bool]] = snapshots.difference(before.number, after.number)
    came = left = 0
    for some in portions(changes, BATCH_SIZE):
        names = names_of(services.archive, USERTEST, [str(id) for id, _ in some])
        for (id, is_new), name in zip(some, names, strict=True):
            echo_row("+" if is_new else "-", id, name[0] if name and name[0] != str(id) else "")
            came, left = came + is_new, left + (not is_new)
    return came, left

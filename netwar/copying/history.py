"""What profiles said before, carried over ahead of the profiles: their writing would otherwise make changes of its own.

Without its history a profile that replaces a much older copy would be one change, from what TO knew to what FROM knows, at the
time of FROM's last change; and FROM's own change at that time would find its place taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

from netwar.archive.base import Archive, Body, ProfileChange
from netwar.records.profile_fields import replaced, tracked

BATCH_SIZE = 1_000


def carry(source: Archive, users: str, target: Archive, index: str, renew: Callable[[], None]) -> None:
    """Write down in `index` of the target each change that `users` of the source has; `renew()` is called after each batch."""
    changes = source.changes(users)
    while some := list(islice(changes, BATCH_SIZE)):
        target.keep_changes(index, list(_fitted(source, users, target, index, some)))
        renew()


def _fitted(
    source: Archive, users: str, target: Archive, index: str, changes: Sequence[ProfileChange]
) -> Iterator[ProfileChange]:
    """The changes; one during which the target saw something else makes two, so that this stays known."""
    seen = target.profiles(index, list({one.user for one in changes}))
    for change in changes:
        shown = seen.get(change.user)
        if shown and change.seen < shown.retrieved < change.until:
            mine = tracked(target.get(index, [change.user])[change.user])
            yield from _parted(source, users, change, mine, shown.retrieved)
        else:
            yield change


def _parted(source: Archive, users: str, change: ProfileChange, mine: Body, at: int) -> Iterator[ProfileChange]:
    """A change in two: from what was there before to `mine`, seen at a time between, and from that to what came after."""
    before, after = _around(source, users, change)
    if first := replaced(before, mine):
        yield ProfileChange(change.user, at, change.seen, first)
        if second := replaced(mine, after):
            yield ProfileChange(change.user, change.until, at, second)
    else:
        yield change


def _around(source: Archive, users: str, change: ProfileChange) -> tuple[Body, Body]:
    """What the source's profile said before a change, and from then on."""
    versions = source.history(users, change.user)
    for newer, older in pairwise(versions):
        if newer.since == change.until:
            return dict(older.fields), dict(newer.fields)
    return dict(change.fields), {}

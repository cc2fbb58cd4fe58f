"""Notes beside a ledger, carried over in groups that belong together: `followers/ID/…` is one list, `standing/ID` one user,
`listed/ID/…` the log of one of X's lists. Each says by itself all that it claims, so they are read when the documents are there;
what claims something of documents, `periods/…`, is put by before (netwar.copying.periods).

Of a group that both ledgers have, the one that goes on from the other is kept. Where neither does, lists of times are united,
and of all else TO keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import groupby
from typing import Any

import orjson

from netwar.archive.base import Ledger
from netwar.copying import periods

LOGS = "listed/"  # of X's lists: what happened, in parts, beside what is known of the list now
OURS = "copy/"  # where a copy notes how far it is
PASSING = (OURS, "import/")  # what runs note about files and copies, and nobody else needs
PUT_BY = periods.PREFIX  # what claims that documents are there is no matter of the last moment
TRIES = 20

Prints = dict[str, bytes]


def carry(source: Ledger, theirs: str, target: Ledger, ours: str, renew: Callable[[], None]) -> list[str]:
    """Carry the notes of an index over; the groups that were not, since both ledgers have their own. `renew()` is called before
    each group."""
    diverged = []
    for group in _groups(key for key, _ in source.notes(theirs, "")):
        renew()
        before, now = _facts(source, theirs, group), _facts(target, ours, group)
        if before == now:
            continue
        if _goes_on(before, now):
            _replace(source, theirs, target, ours, group)
        elif not _goes_on(now, before) and not _united(source, theirs, target, ours, group):
            diverged.append(group)
    return diverged


def _groups(keys: Iterable[str]) -> Iterator[str]:
    """The first two parts of the keys, each once."""
    for group, _ in groupby(keys, lambda key: "/".join(key.split("/")[:2])):
        if not group.startswith((*PASSING, PUT_BY)):
            yield group


def _members(ledger: Ledger, index: str, group: str) -> Iterator[tuple[str, Any]]:
    """The notes of a group, and none of a group whose name goes on from its name."""
    return ((key, value) for key, value in ledger.notes(index, group) if key == group or key.startswith(f"{group}/"))


def _prints(ledger: Ledger, index: str, group: str) -> Prints:
    return {key: _print(value) for key, value in _members(ledger, index, group)}


def _facts(ledger: Ledger, index: str, group: str) -> Prints:
    """What is compared of a group: of a log its events one by one, since the last part of it grows."""
    if not group.startswith(LOGS):
        return _prints(ledger, index, group)
    events = (event for key, value in _members(ledger, index, group) if key != group for event in value)
    return {f"event {number}": _print(event) for number, event in enumerate(events)}


def _print(value: Any) -> bytes:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _goes_on(some: Prints, other: Prints) -> bool:
    """Has `some` all that `other` has, in finished snapshots if it is a list of such?"""
    if any("/snapshot/" in key for key in (*some, *other)):
        some, other = ({key: value for key, value in one.items() if "/snapshot/" in key} for one in (some, other))
    return other.items() <= some.items()


def _replace(source: Ledger, theirs: str, target: Ledger, ours: str, group: str) -> None:
    """Make the target's group what the source's is: read until two readings are the same, as it may be written meanwhile."""
    read: Prints = {}
    for _ in range(TRIES):
        last, read = read, {}
        for key, value in _members(source, theirs, group):
            read[key] = _print(value)
            if last.get(key) != read[key]:
                _put(target, ours, key, value)
        if read == last:
            break
    for key in _prints(target, ours, group).keys() - read.keys():
        _put(target, ours, key, None)


def _united(source: Ledger, theirs: str, target: Ledger, ours: str, group: str) -> bool:
    """Unite two lists of lists that begin with a time each; whether they were such."""
    mine, more = target.note(ours, group), source.note(theirs, group)
    if not (_is_timed(mine) and _is_timed(more)):
        return False
    target.change_note(ours, group, lambda before: sorted([*before, *(one for one in more if one not in before)]))
    return True


def _is_timed(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, list) and one and isinstance(one[0], int) for one in value)


def _put(target: Ledger, ours: str, key: str, value: Any) -> None:
    target.change_note(ours, key, lambda before: value)

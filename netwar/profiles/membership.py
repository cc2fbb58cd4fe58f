"""What of a long list of users is in a collection, and what is not: thousands of lines a question."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from netwar.archive.base import Documents
from netwar.records.entries import NAME

BATCH_SIZE = 10_000
AHEAD = 2

Portion = list[tuple[str, str]]


def match_batches(
    archive: Documents, index: str, portions: Iterable[Portion], *, all_bearers: bool = False
) -> Iterator[tuple[Portion, list[list[str]]]]:
    """Each portion of (entry, as given) with what is kept of its entries, in their order.

    The store is asked about the next portions while the caller deals with one.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    asked: deque[tuple[Portion, Future[list[list[str]]]]] = deque()
    with ThreadPoolExecutor(1) as thread:
        for portion in portions:
            entries = [entry.lower() for entry, _ in portion]
            asked.append((portion, thread.submit(found, archive, index, entries, all_bearers=all_bearers)))
            if len(asked) > AHEAD:
                first, told = asked.popleft()
                yield first, told.result()
        for last, told in asked:
            yield last, told.result()


def names_of(archive: Documents, index: str, ids: Sequence[str]) -> list[list[str]]:
    """For each id the screen name of its user, written as an entry is (`@123` for one of digits); none if it is not kept.

    It is the id itself where the user has no name, or was seen with one that is another's by now: else two would become one.
    """
    known = archive.profiles(index, ids)
    told = (known.get(id) for id in ids)
    return [[one.user if one.until else as_name(one.name) or one.user] if one else [] for one in told]


def ids_of(archive: Documents, index: str, names: Sequence[str], *, all_bearers: bool = False) -> list[list[str]]:
    """For each screen name the id that bears it, as far as is known, or bore it last; with `all_bearers` every id that did,
    newest first. Case does not matter; none if nobody bore it."""
    known = archive.name_holders(index, names)
    told = (known.get(name.lower(), []) for name in names)
    return [[bearer.user for bearer in (name_holders if all_bearers else name_holders[:1])] for name_holders in told]


def found(archive: Documents, index: str, entries: Sequence[str], *, all_bearers: bool = False) -> list[list[str]]:
    """For each queue entry what is kept of it: names for an id, ids for a name."""
    ids = [entry for entry in entries if entry.isdigit()]
    if len(ids) == len(entries):
        return names_of(archive, index, ids)
    names = [entry.removeprefix("@") for entry in entries if not entry.isdigit()]
    if not ids:
        return ids_of(archive, index, names, all_bearers=all_bearers)
    told_ids = iter(names_of(archive, index, ids))
    told_names = iter(ids_of(archive, index, names, all_bearers=all_bearers))
    return [next(told_ids if entry.isdigit() else told_names) for entry in entries]


def as_name(name: str) -> str:
    """A screen name as it is, with @ where it could be taken for an id; empty for what can be none, and might forge a row."""
    if not NAME.fullmatch(name):
        return ""
    return f"@{name}" if name.isdigit() else name

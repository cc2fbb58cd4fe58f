"""What of a long list of users is in a collection, and what is not: thousands of lines a question."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from netwar.archive.base import Documents
from netwar.profiles.identity import holders, names, who

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


def found(archive: Documents, index: str, entries: Sequence[str], *, all_bearers: bool = False) -> list[list[str]]:
    """For each queue entry what is kept of it: for an id its name (see identity.names), or the id itself where it has none; for
    a name the id that bears it, as far as is known, or bore it last, or with `all_bearers` every id that did, newest first."""
    asked = [who(entry) for entry in entries]
    ids, wanted = [one.id for one in asked if one.id], [one.name for one in asked if not one.id]
    named = names(archive, index, ids) if ids else {}
    held = iter(holders(archive, index, wanted) if wanted else [])
    last = None if all_bearers else 1

    def of_id(id: str) -> list[str]:
        return [named[id] or id] if id in named else []

    return [of_id(one.id) if one.id else [holder.user for holder in next(held)[:last]] for one in asked]

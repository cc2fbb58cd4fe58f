"""The lines of a capture: out of a file or from a list of X, and what X says of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli.files import chunks
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services
from netwar.errors import NetwarError, RateLimited

if TYPE_CHECKING:
    from netwar.captures.base import Capture, Kind
    from netwar.records.wanted import Wish, Wishes
    from netwar.streams.placing import Verdict

log = logging.getLogger("netwar.streams")


@dataclass(frozen=True, slots=True)
class Lines:
    """What is to be captured: users by their ids, or terms. `wishes` are the lines of the file, none of a list; `odd` is what the
    operator should know of a list."""

    kind: Kind
    lines: tuple[str, ...]
    source: str
    wishes: tuple[Wish, ...] = ()
    odd: str = ""


def of_file(path: Path) -> tuple[Lines, Wishes]:
    """The lines of a file, and all that it says. Raises NetwarError for one that cannot be read or has none."""
    from netwar.connections.given_files import opener
    from netwar.records.entries import NotText
    from netwar.records.wanted import read

    try:
        with open(path, "rb", opener=opener) as file:
            found = read(chunks(file))
    except OSError as error:
        raise NetwarError(f"{path} cannot be read: {error.strerror or error}") from error
    except NotText as error:
        raise NetwarError(f"{path}: {error}") from error
    if not found.lines and not found.faults:
        raise NetwarError(f"{path} is empty: write a search term or the id of a user into each line")
    lines = [one.removeprefix("from:") if found.kind == "users" else one for one in found.expressions]
    return Lines(found.kind, tuple(lines), str(path), found.lines), found


def of_list(services: Services, index: str, list_id: str) -> Lines:
    """The members of a list by their ids, read if X counts others than are known; who came and left stands in the list's log.

    Raises NetwarError where nobody is known to be on it, and what Twitter raises."""
    from netwar.archive.base import Store
    from netwar.lists.watch import Watch

    store = Store(services.archive, services.spool)
    watch = Watch(services.twitter, store, services.observer, index, lists=(list_id,))
    [relisted] = list(watch.relist())
    if not relisted.members:
        why = relisted.told or "is that its id? tw-lists shows the ids"
        raise NetwarError(f"nobody is known to be on the list {list_id}: {why}")
    lines = tuple(sorted(relisted.members, key=lambda id: (len(id), id)))
    return Lines("users", lines, f"list {list_id}", odd=f"list {list_id}: {relisted.told}" if relisted.told else "")


@contextmanager
def told(
    services: Services, source: str, wishes: Sequence[Wish], refused: Verdict | None, faults: Wishes | None
) -> Iterator[Rejected]:
    """Tell the lines that name nothing, and those that X refuses, with its reason, in the order of the file."""
    from netwar.records.entries import Fault, shown

    reasons = refused.refused if refused else {}
    wrong = [Fault(one.line, shown(one.text), f"X refuses it: {why}") for one in wishes if (why := reasons.get(one.expression))]
    with Rejected(services, source) as rejected:
        for fault in sorted([*wrong, *(faults.faults if faults else ())], key=lambda fault: fault.line):
            rejected.add(fault)
        yield rejected


def verified(services: Services, capture: Capture) -> Verdict | None:
    """What X says of the rules with this capture beside the others, which costs nothing; None where it cannot be asked now.

    Raises NetwarError, saying how many, where there are more lines than there is room."""
    from netwar.streams.keeper import wanted_by
    from netwar.streams.placing import Rules
    from netwar.twitter.base import TransientError

    others = [one for one in services.captures.captures() if one.on and one.index != capture.index]
    try:
        verdict = Rules(services.captures, services.streaming).verify(wanted_by([*others, capture]))
    except (TransientError, RateLimited) as error:
        log.warning("the lines could not be checked now: %s", error)
        return None
    return _with_room(capture, others, verdict)


def _with_room(capture: Capture, others: Sequence[Capture], verdict: Verdict) -> Verdict:
    from netwar.records.text import plural
    from netwar.streams.keeper import wanted_by
    from netwar.streams.packing import too_many

    if verdict.missing:
        mine, theirs = wanted_by([capture]), wanted_by(others)
        many = too_many(mine, theirs, length=verdict.length, rules=verdict.allowed) or len(verdict.missing)
        raise NetwarError(
            f"{plural(many, 'line')} of {len(capture.lines):,} too many in {capture.file}: X allows this app "
            f"{plural(verdict.allowed, 'rule')} of {verdict.length:,} characters, some of which other captures have; "
            "nothing was changed"
        )
    return verdict


def without(capture: Capture, verdict: Verdict | None) -> tuple[str, ...]:
    """The lines of a capture that X takes."""
    from netwar.streams.keeper import expressions

    refused = verdict.refused if verdict else {}
    return tuple(line for line, one in zip(capture.lines, expressions(capture), strict=True) if one not in refused)

"""How audits of long lists meet the operator: FILE in, what is found and what is missed out."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.files import chunks, replaced
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services
from netwar.errors import ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.cli.distinct import Distinct

IDS, NAMES, BOTH = "ids", "names", "ids and names"
WRONG = {
    IDS: "this is a screen name, and tw-tnamesearch looks those up",
    NAMES: "this is a number, and tw-tumsearch looks those up (write @{text} for a screen name)",
}


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """What the operator asked for: `both` GIVEN,FOUND; `missed` in place of what was found; `every` id that bore a name;
    missed ones put on `queue`."""

    both: bool
    missed: bool
    every: bool = False
    queue: str | None = None


@dataclass(slots=True)
class MatchCounts:
    """How many distinct lines were found and missed, how many were doubles, and how many were added to the queue."""

    found: int = 0
    missed: int = 0
    doubles: int = 0
    added: int = 0


def audit(
    services: Services, file: BufferedReader, output: str | None, kind: str, index: str | None, wanted: MatchOptions
) -> str:
    """Tell the users of a file that are in a collection from those that are not; the outcome.

    Found and missed go into OUTPUT-found.txt and OUTPUT-missed.txt, OUTPUT being FILE where it is not given; for `-` the found
    ones (or the missed ones) go to standard output.
    """
    from netwar.records.text import plural

    users = services.collection(index)
    to = output or file.name if (output or file.name) not in ("-", "<stdin>") else None
    if wanted.missed and to:
        raise click.UsageError("--missed goes with - as OUTPUT, or with - as FILE")
    rejected = Rejected(services, file.name, to)
    told = _looked_up(services, users, file, kind, to, wanted, rejected)
    services.report.counted(told)
    outcome = f"{file.name}: {told.found:,} of {told.found + told.missed:,} found in {users}, {told.missed:,} missed"
    outcome += f"; {plural(told.doubles, 'duplicate')} left out" if told.doubles else ""
    outcome += f" ({to}-found.txt, {to}-missed.txt)" if to else ""
    if wanted.queue:
        outcome += f"; {told.added:,} added to {wanted.queue}, {len(services.queue(wanted.queue)):,} waiting"
    if rejected.count:
        raise ItemsFailed(f"{outcome}; lines that name none of the {kind} ({rejected.where}): {rejected.count:,}")
    return outcome if told.found + told.missed else f"{file.name} names no users"


def _looked_up(
    services: Services, users: str, file: BufferedReader, kind: str, to: str | None, wanted: MatchOptions, rejected: Rejected
) -> MatchCounts:
    """Read the lines, look up those that are new, and write them out, a portion after the other."""
    from netwar.cli.distinct import Distinct
    from netwar.profiles.membership import match_batches
    from netwar.records.entries import NotText
    from netwar.work.loop import gc_paused

    archive, queue = services.archive, services.queue(wanted.queue) if wanted.queue else None
    told = MatchCounts()
    size = os.fstat(file.fileno()).st_size if file.name != "<stdin>" else 0
    with (
        rejected,
        Distinct() as distinct,
        _outputs(to, wanted) as (found_file, missed_file),
        services.report.work("bytes", size) as bar,
        gc_paused(),
    ):
        new_lines = _new_lines(_entries(file, kind, rejected, bar), distinct, told)
        try:
            for portion, answers in match_batches(archive, users, new_lines, all_bearers=wanted.every):
                missed = [line for line, one in zip(portion, answers, strict=True) if not one]
                hits = ((given, one) for (_, given), one in zip(portion, answers, strict=True) if one)
                _write_found(found_file, hits, wanted.both)
                missed_file.writelines(f"{given}\n" for _, given in missed)
                if queue is not None and missed:
                    told.added += queue.put(line.lower() for line, _ in missed)
                told.found, told.missed = told.found + len(portion) - len(missed), told.missed + len(missed)
        except NotText as error:
            raise NetwarError(f"{file.name}: {error}; nothing was looked up") from error
    return told


def _new_lines(entries: Iterator[tuple[str, str]], distinct: Distinct, told: MatchCounts) -> Iterator[list[tuple[str, str]]]:
    """The entries that come for the first time, in batches; the others are counted."""
    from netwar.profiles.membership import BATCH_SIZE
    from netwar.records.idlists import portions

    for portion in portions(entries, BATCH_SIZE):
        new = [portion[place] for place in distinct.new([line for line, _ in portion])]
        told.doubles += len(portion) - len(new)
        yield new


def _entries(file: BufferedReader, kind: str, rejected: Rejected, bar: Any) -> Iterator[tuple[str, str]]:
    """Entries, in the case in which they were written, and the whole of what was; faults are rejected."""
    from netwar.records.entries import Fault, read

    def bytes_read() -> Iterator[bytes]:
        for chunk in chunks(file):
            bar.update(len(chunk))
            yield chunk

    wrong = {IDS: False, NAMES: True}.get(kind)  # whether an entry that is all digits is out of place
    for found in read(bytes_read()):
        if not isinstance(found, Fault) and (wrong is None or found.user.isdigit() is not wrong):
            yield found.text if found.text.lower() == found.user else found.user, found.text
            continue
        fault = found if isinstance(found, Fault) else Fault(found.line, found.text, WRONG[kind].format(text=found.text))
        rejected.add(fault)


@contextmanager
def _outputs(to: str | None, wanted: MatchOptions) -> Iterator[tuple[Any, Any]]:
    """Where found and missed lines go."""
    with ExitStack() as files:
        if to:
            found, missed = (files.enter_context(replaced(Path(f"{to}-{what}.txt"))) for what in ("found", "missed"))
        else:
            nowhere = files.enter_context(open(os.devnull, "w"))
            found, missed = (nowhere, sys.stdout) if wanted.missed else (sys.stdout, nowhere)
        yield found, missed


def _write_found(out: Any, hits: Iterable[tuple[str, list[str]]], both: bool) -> None:
    if both:
        csv.writer(out, lineterminator="\n").writerows((given, one) for given, told in hits for one in told)
    else:
        out.writelines(f"{one}\n" for _, told in hits for one in told)

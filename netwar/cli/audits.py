"""How audits of long lists meet the operator: FILE in, what is found and what is missed out."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any

from netwar.cli import click
from netwar.cli.files import chunks, replaced
from netwar.cli.services import Services
from netwar.errors import ItemsFailed, NetwarError

IDS, NAMES, BOTH = "ids", "names", "ids and names"
WRONG = {
    IDS: "this is a screen name, and tw-tnamesearch looks those up",
    NAMES: "this is a number, and tw-tumsearch looks those up (write @{text} for a screen name)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the operator asked for: `both` GIVEN,FOUND; `missed` in place of what was found; `every` id that bore a name;
    missed ones put on `queue`."""

    both: bool
    missed: bool
    every: bool = False
    queue: str | None = None


def audit(services: Services, file: BufferedReader, output: str | None, kind: str, index: str | None, wanted: Wanted) -> str:
    """Tell the users of a file that are in a collection from those that are not; the outcome.

    Found and missed go into OUTPUT-found.txt and OUTPUT-missed.txt, OUTPUT being FILE where it is not given; for `-` the found
    ones (or the missed ones) go to standard output.
    """
    from netwar.connections.distinct import Distinct

    users = services.collection(index)
    to = output or file.name if (output or file.name) not in ("-", "<stdin>") else None
    if wanted.missed and to:
        raise click.UsageError("--missed goes with - as OUTPUT, or with - as FILE")
    with Distinct() as lines:
        read, faults = _kept(file, kind, lines)
        found, missed, added = _looked_up(services, users, lines, to, wanted)
    outcome = f"{file.name}: {found:,} of {found + missed:,} found in {users}, {missed:,} missed"
    outcome += f"; {read - found - missed:,} doubles left out" if read > found + missed else ""
    outcome += f" ({to}-found.txt, {to}-missed.txt)" if to else ""
    if wanted.queue:
        outcome += f"; {added:,} added to {wanted.queue}, {len(services.queue(wanted.queue)):,} waiting"
    if faults:
        raise ItemsFailed(f"{outcome}; lines that name none of the {kind} (listed above): {faults:,}")
    return outcome if read else f"{file.name} names no users"


def _kept(file: BufferedReader, kind: str, lines: Any) -> tuple[int, int]:
    """Read the file's entries into `lines`; how many there were, and how many faults, each of which is told."""
    from netwar.audits import PORTION
    from netwar.records.entries import NotText

    read = faults = 0
    portion: list[tuple[str, str | None]] = []
    try:
        for entry in _entries(file, kind):
            if entry is None:
                faults += 1
                continue
            portion.append(entry)
            if len(portion) == PORTION:
                read += len(portion)
                lines.add(portion)
                portion = []
    except NotText as error:
        raise NetwarError(f"{file.name}: {error}; nothing was looked up") from error
    lines.add(portion)
    return read + len(portion), faults


def _entries(file: BufferedReader, kind: str) -> Iterator[tuple[str, str | None] | None]:
    """Entries and how they were written (None if the same); None for a line that was told as a fault."""
    from netwar.records.entries import Fault, read

    wrong = {IDS: False, NAMES: True}.get(kind)  # whether an entry that is all digits is out of place
    for found in read(chunks(file)):
        if isinstance(found, Fault):
            click.echo(f"{file.name}: {found}", err=True)
            yield None
        elif wrong is not None and found.user.isdigit() is wrong:
            click.echo(f"{file.name}: {Fault(found.line, found.text, WRONG[kind].format(text=found.text))}", err=True)
            yield None
        else:
            is_plain = found.text.lower() == found.user
            yield (found.text, None) if is_plain else (found.user, found.text)


def _looked_up(services: Services, users: str, lines: Any, to: str | None, wanted: Wanted) -> tuple[int, int, int]:
    """Look all the lines up and write them out; how many were found, missed, and added to the queue."""
    from netwar.audits import PORTION, looked_up

    queue = services.queue(wanted.queue) if wanted.queue else None
    hits = misses = added = 0
    with _outputs(to, wanted) as (found_file, missed_file), services.progress(len(lines), "looked up") as bar:
        for portion, told in looked_up(services.archive, users, lines.portions(PORTION), all_bearers=wanted.every):
            pairs = list(zip(portion, told, strict=True))
            missed = [line for line, one in pairs if not one]
            _write_found(found_file, [(given, one) for (_, given), one in pairs if one], wanted.both)
            missed_file.writelines(f"{given}\n" for _, given in missed)
            if queue is not None and missed:
                added += queue.put(entry for entry, _ in missed)
            hits, misses = hits + len(portion) - len(missed), misses + len(missed)
            bar.update(len(portion))
    return hits, misses, added


@contextmanager
def _outputs(to: str | None, wanted: Wanted) -> Iterator[tuple[Any, Any]]:
    """Where found and missed lines go."""
    with ExitStack() as files:
        if to:
            found, missed = (files.enter_context(replaced(Path(f"{to}-{what}.txt"))) for what in ("found", "missed"))
        else:
            nowhere = files.enter_context(open(os.devnull, "w"))
            found, missed = (nowhere, sys.stdout) if wanted.missed else (sys.stdout, nowhere)
        yield found, missed


def _write_found(out: Any, hits: list[tuple[str, list[str]]], both: bool) -> None:
    if both:
        csv.writer(out, lineterminator="\n").writerows((given, one) for given, told in hits for one in told)
    else:
        out.writelines(f"{one}\n" for _, told in hits for one in told)

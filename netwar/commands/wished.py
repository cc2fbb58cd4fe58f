"""What a program is to look for: a query on the command line, or a file of terms or ids."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from io import BufferedReader
from typing import TYPE_CHECKING, cast

from netwar.cli import click
from netwar.cli.rejected import Rejected

if TYPE_CHECKING:
    from netwar.cli.services import Services
    from netwar.records.wanted import Wish, Wishes


def wished(services: Services, given: str, limit: int) -> tuple[list[Wish], Rejected]:
    """What an argument QUERY|FILE says: the file of that name, `-` for standard input, or else a query. Lines that say nothing,
    or too much for a query of `limit` characters, are told.

    Raises UsageError for a query that is none and a file that cannot be read, NetwarError for one that says nothing at all.
    """
    from netwar.records.entries import Fault, shown
    from netwar.records.expressions import wrapped

    found = _read(given)
    rejected = Rejected(services, given)
    long = [one for one in found.lines if len(wrapped(one.expression)) > limit]
    what = f"longer than the {limit:,} characters that X takes there"
    faults = [*found.faults, *(Fault(one.line, shown(one.text), what) for one in long)]
    with rejected:
        for fault in sorted(faults, key=lambda fault: fault.line):
            rejected.add(fault)
    return [one for one in found.lines if one not in long], rejected


def _read(given: str) -> Wishes:
    from netwar.cli.files import is_missing
    from netwar.records.wanted import Wish, Wishes, term

    if given == "-" or os.path.isfile(given):  # Path.is_file fails where a query is too long for a name
        return _of_file(given)
    if is_missing(given):
        raise click.UsageError(f"there is no file {given} (to search for these letters, put them in quotes: '\"{given}\"')")
    try:
        return Wishes("terms", (Wish(1, given, term(given)),))
    except ValueError as error:
        raise click.UsageError(f"{given[:60]!r} is no query, and no file: {error}") from error


def _of_file(name: str) -> Wishes:
    from netwar.cli.files import chunks
    from netwar.connections.given_files import opener
    from netwar.errors import NetwarError
    from netwar.records.entries import NotText
    from netwar.records.wanted import read

    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb", opener=opener) as file:
            found = read(chunks(cast(BufferedReader, file)))
    except NotText as error:
        raise NetwarError(f"{name}: {error}") from error
    except OSError as error:
        raise click.UsageError(f"{name} cannot be read: {error.strerror or error}") from error
    if not found.lines and not found.faults:
        raise NetwarError(f"{name} is empty: write terms or ids of users into it, one a line")
    return found

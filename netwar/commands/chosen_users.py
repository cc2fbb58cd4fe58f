"""Users who are chosen by an option: a file of them, or a few on the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from io import BufferedReader
from typing import TYPE_CHECKING, cast

from netwar.cli import click
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.records.entries import Entry, Fault

BATCH = 1_000  # names in one question to the archive


def chosen(services: Services, given: str, users: str, keep: Callable[[Iterable[int]], None]) -> Rejected:
    """Hand on the ids of the users of a file, of `-`, or of a list with commas, some at a time; the lines that name nobody.

    A screen name is whoever bears it in an index of users (a full name). Raises UsageError for a file that cannot be read,
    NetwarError where nobody is left.
    """
    from netwar.records.entries import NotText
    from netwar.records.idlists import portions

    rejected, count = Rejected(services, given), 0
    try:
        with rejected:
            for some in portions(_read(given, rejected), BATCH):
                ids = _ids(services, users, some, rejected)
                count += len(ids)
                keep(ids)
    except NotText as error:
        raise NetwarError(f"{given}: {error}") from error
    except OSError as error:
        raise click.UsageError(f"{given} cannot be read: {error.strerror or error}") from error
    if not count:
        raise NetwarError(f"{given[:60]} names nobody whom {users} knows")
    return rejected


def _read(given: str, rejected: Rejected) -> Iterator[Entry]:
    from netwar.cli.files import chunks, is_missing
    from netwar.connections.given_files import opener
    from netwar.records.entries import read

    found: Iterable[Entry | Fault]
    if given == "-" or os.path.isfile(given):
        with nullcontext(sys.stdin.buffer) if given == "-" else open(given, "rb", opener=opener) as file:
            found = read(chunks(cast(BufferedReader, file)))
            yield from _sound(found, rejected)
    elif is_missing(given):
        raise click.UsageError(f"there is no file {given}")
    else:
        found = read(f"{one.strip()}\n".encode() for one in given.split(","))
        yield from _sound(found, rejected)


def _sound(found: Iterable[Entry | Fault], rejected: Rejected) -> Iterator[Entry]:
    from netwar.records.entries import Entry

    for one in found:
        if isinstance(one, Entry):
            yield one
        else:
            rejected.add(one)


def _ids(services: Services, users: str, entries: Sequence[Entry], rejected: Rejected) -> list[int]:
    from netwar.profiles.identity import bearers, who
    from netwar.records.entries import Fault

    asked = {entry.line: who(entry.user) for entry in entries}
    named = [entry for entry in entries if asked[entry.line].name]
    bear = bearers(services.archive, users, [asked[entry.line].name for entry in named]) if named else []
    ids = [int(one.id) for one in asked.values() if one.id]
    for entry, bearer in zip(named, bear, strict=True):
        if bearer:
            ids.append(int(bearer.user))
        else:
            rejected.add(Fault(entry.line, entry.text, f"nobody in {users} bears this name, as far as is known"))
    return ids

"""Properties for users out of a table of names and values, such as sides that researchers have found by hand."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from netwar.archive.base import Documents
from netwar.profiles.identity import recorded_ids
from netwar.records.entries import Fault, user
from netwar.records.idlists import portions

BATCH = 1_000
MAX_VALUE = 200  # characters
PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
OURS = {"id", "name", "seen"}  # what the graph itself keeps of a user

Row = tuple[int, str, str]  # the line, the entry of a user, the value


def checked_property(name: str) -> str:
    """The name of a property. Raises ValueError for one that is none, or is ours."""
    if not PROPERTY.fullmatch(name):
        raise ValueError(f"{name[:40]!r} cannot name a property: use letters, digits and _, at most 40")
    if name.lower() in OURS:
        raise ValueError(f"{name!r} is a property that the graph keeps itself: choose another name")
    return name


def rows(lines: Iterable[str]) -> Iterator[Row | Fault]:
    """The lines of a table: a user as any file of users has them, and a value. Blank ones and those with # are passed over."""
    for number, line in enumerate(lines, 1):
        text = line.strip().removeprefix("\ufeff")
        if not text or text.startswith("#"):
            continue
        try:
            yield (number, *_row(text))
        except ValueError as error:
            yield Fault(number, text[:60], str(error))


def _row(text: str) -> tuple[str, str]:
    cells = [cell.strip() for cell in next(csv.reader([text], delimiter="\t" if "\t" in text else ","))]
    if len(cells) != 2 or not all(cells):
        raise ValueError("a line is a user and a value, with a comma between: name,value")
    if len(cells[1]) > MAX_VALUE:
        raise ValueError(f"the value is longer than {MAX_VALUE} characters")
    return user(cells[0], sound=True), cells[1]


def values(archive: Documents, index: str, found: Iterable[Row]) -> Iterator[tuple[str, str] | Fault]:
    """The ids of users with their values; a fault for a name that nobody bears, as far as the users of an index tell."""
    for some in portions(found, BATCH):
        ids = recorded_ids(archive, index, [entry for _, entry, _ in some])
        for line, entry, value in some:
            yield (ids[entry], value) if entry in ids else Fault(line, entry, f"nobody in {index} bears that name now")

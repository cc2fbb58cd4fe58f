"""Names put into edge lists: tables whose columns hold ids of users."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from netwar.archive.base import Documents
from netwar.profiles import identity
from netwar.records.entries import ADDRESS, ID, Fault, are_rounded, user
from netwar.records.nobody import is_empty
from netwar.records.text import one_line, plural

SHOWN = 60  # letters of what is told of
BATCH_SIZE = 5_000  # rows, so that two columns are ten thousand ids
DELIMITERS = ",;\t|"
BLANKS = re.compile(r"[0-9]+ [0-9]+( .*)?\s*")  # as networkx writes edges
NUMBERLIKE = re.compile(r"""[=+'"-]{0,3}\d[\d.,'’\s]*(?:[eE][+-]?\d+)?["']?""")
FORMULA = re.compile(r"""(?:="?|')\d+"?""")


@dataclass(slots=True)
class Fixed:
    """How many rows there were (the heading, blank lines and remarks are none), cells that got a name, and ids that have none of
    their own."""

    rows: int = 0
    named: int = 0
    unknown: int = 0


def delimiter(line: str) -> str:
    """What separates the values of a table, by its first line: a comma where nothing tells."""
    return " " if BLANKS.fullmatch(line) else max(DELIMITERS, key=line.count)


def columns(wanted: Sequence[str], heading: Sequence[str]) -> list[int]:
    """Places of columns that are named by what the heading calls them or by number (from 1). Raises ValueError."""
    names = [name.strip() for name in heading]
    places = []
    for one in wanted:
        if one in names:
            places.append(names.index(one))
        elif one.isdecimal() and 1 <= int(one) <= len(names):
            places.append(int(one) - 1)
        else:
            raise ValueError(f"there is no column {one}; there are {', '.join(names)}")
    return places


def fixed(
    archive: Documents,
    index: str,
    rows: Iterable[tuple[int, list[str]]],
    places: Sequence[int],
    told: Fixed,
    fault: Callable[[Fault], None],
) -> Iterator[list[str]]:
    """The rows, given with their line numbers, with names for those ids in these columns that the collection knows.

    All else stays as it is. `fault` is told of ids in odd forms, which may be another user's, and of rows that are too short.
    """
    rows, begun = iter(rows), False
    while some := list(islice(rows, BATCH_SIZE)):
        told.rows += sum(_says_something(row) for _, row in some) - (not begun and is_heading(some[0][1], places))
        begun = True
        sound = not are_rounded(row[place] for _, row in some for place in places if place < len(row))
        cells = []
        for number, row in some:
            short = _missing(row, max(places))
            if short:
                fault(Fault(number, one_line(",".join(row))[:SHOWN], short))
            for place in (place for place in places if place < len(row)):
                wrong = complaint(row[place], sound)
                if wrong and not short:
                    fault(Fault(number, one_line(row[place])[:SHOWN], wrong))
                elif not wrong and ID.fullmatch(row[place].strip()):
                    cells.append((row, place))
        _name(archive, index, cells, told)
        yield from (row for _, row in some)


def _name(archive: Documents, index: str, cells: Sequence[tuple[list[str], int]], told: Fixed) -> None:
    """Put names into cells that hold ids."""
    ids = list(dict.fromkeys(row[place].strip() for row, place in cells))
    names = identity.names(archive, index, ids)
    for row, place in cells:
        name = names.get(row[place].strip(), "")
        told.named += bool(name)
        told.unknown += not name
        row[place] = name or row[place]


def complaint(cell: str, sound: bool) -> str:
    """Why a cell that seems to hold an id holds none, or not the one that was meant; empty for ids, names and other words."""
    text = cell.strip()
    if NUMBERLIKE.fullmatch(text):
        if FORMULA.fullmatch(text):
            return "this id is written as a formula of a spreadsheet: export the column as text"
        if not text.isascii() or text[0] in "+-":
            return "an id has only digits 0 to 9"
        try:
            user(text, sound=sound)
        except ValueError as error:
            return str(error)
    elif is_empty(text):
        return "this is what an empty cell of a table looks like"
    elif ADDRESS.fullmatch(text):
        return "this is an address, and only ids get names"
    return ""


def is_heading(row: Sequence[str], places: Sequence[int]) -> bool:
    """Whether the first row of a table names its columns: none of those that hold ids has one, in whatever form."""
    cells = [row[place].strip() for place in places if place < len(row)]
    return _says_something(row) and not any(ID.fullmatch(cell) or complaint(cell, sound=True) for cell in cells)


def _says_something(row: Sequence[str]) -> bool:
    """Whether a row is no blank line and no remark."""
    return bool(row) and not row[0].lstrip().startswith("#")


def _missing(row: list[str], place: int) -> str:
    if place < len(row) or not _says_something(row):
        return ""
    return f"the row has {plural(len(row), 'value')}, and column {place + 1} is to hold an id"

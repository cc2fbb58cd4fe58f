"""Names put into edge lists: tables whose columns hold ids of users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from netwar.archive.base import Documents
from netwar.audits import names_of

PORTION = 5_000  # rows, so that two columns are ten thousand ids
DELIMITERS = ",;\t|"


@dataclass(slots=True)
class Fixed:
    """How many rows there were, cells that got a name, and ids that have none of their own."""

    rows: int = 0
    named: int = 0
    unknown: int = 0


def delimiter(line: str) -> str:
    """What separates the values of a table, by its first line: a comma where nothing tells."""
    return max(DELIMITERS, key=line.count)


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


def fixed(archive: Documents, index: str, rows: Iterable[list[str]], places: Sequence[int], told: Fixed) -> Iterator[list[str]]:
    """The rows with names for those ids in these columns that the collection knows; all else stays as it is."""
    rows = iter(rows)
    while some := list(islice(rows, PORTION)):
        cells = [(row, place) for row in some for place in places if place < len(row) and is_id(row[place])]
        ids = list(dict.fromkeys(row[place].strip() for row, place in cells))
        names = {id: found[0] for id, found in zip(ids, names_of(archive, index, ids), strict=True) if found and found[0] != id}
        for row, place in cells:
            name = names.get(row[place].strip())
            told.named += name is not None
            told.unknown += name is None
            row[place] = name or row[place]
        told.rows += len(some)
        yield from some


def is_id(cell: str) -> bool:
    """Whether a cell holds a number that can be an id."""
    text = cell.strip()
    return text.isascii() and text.isdigit() and len(text) <= 19

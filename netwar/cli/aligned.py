"""A table as a person reads it on a terminal: columns under a heading, of which only the last may go on below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from netwar.cli.screen import width, wrapped

MEASURED = 200  # rows, before the first is shown
WIDEST = 40  # what is wider moves the rest of its own row, and no other
NARROWEST = 24  # columns that are left for a text beside the others; with fewer it stands below them
NOTHING = "-"
GAP = "  "


def lines(heading: Sequence[str], to_the_right: Sequence[bool], rows: Iterable[Sequence[str]], room: int) -> Iterator[str]:
    """The lines of a table on a terminal of `room` columns; none, if there are no rows.

    Rows are shown as they come: columns are as wide as the first of them need, and grow when something wider comes.
    """
    rows = iter(rows)
    measured = list(islice(rows, MEASURED))
    if not measured:
        return
    widths = [0] * len(heading)
    for cells in (heading, *measured):
        _grow(widths, cells)
    for cells in chain([heading], measured, rows):
        _grow(widths, cells)
        placed = [_placed(cell or NOTHING, wide, right) for cell, wide, right in zip(cells, widths, to_the_right, strict=True)]
        if to_the_right[-1]:
            yield GAP.join(placed)
        else:
            yield from _with_text(GAP.join(placed[:-1]), cells[-1], room)


def _grow(widths: list[int], cells: Sequence[str]) -> None:
    for place, cell in enumerate(cells):
        if widths[place] < (wide := width(cell or NOTHING)) <= WIDEST:
            widths[place] = wide


def _placed(cell: str, columns: int, to_the_right: bool) -> str:
    blanks = " " * (columns - width(cell))
    return blanks + cell if to_the_right else cell + blanks


def _with_text(others: str, text: str, room: int) -> Iterator[str]:
    """A row whose text goes on below where it is long: beside the other columns if there is room, else under them."""
    beside = width(others) + len(GAP)
    if beside + width(text) <= room:
        yield f"{others}{GAP}{text}".rstrip()
    elif room - beside >= NARROWEST:
        first, *more = wrapped(text, room - beside)
        yield f"{others}{GAP}{first}"
        yield from (" " * beside + line for line in more)
    else:
        yield others.rstrip()
        yield from (2 * GAP + line for line in wrapped(text, room - 2 * len(GAP)))

"""Tables, one way for all programs: aligned under a heading on a terminal, in columns with tabs in a pipe, as CSV, as JSON.

A table is written while its rows come, and is never kept whole.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from netwar.cli import output
from netwar.cli.forms import Form
from netwar.cli.progress import wipe
from netwar.cli.screen import columns_of
from netwar.records.text import one_line, row

T = TypeVar("T")
Cell = str | int | None


class Kind(Enum):
    """What is in a column; ids are texts. Times are ms since 1970, money micro-dollars; None and an empty text are no value."""

    TEXT = "text"
    COUNT = "count"
    TIME = "time"
    DOLLARS = "dollars"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by the `name` that it has in CSV and JSON. `shown` spells a value for people, where the kind does not say how;
    what is not `on_terminal` would make the table too wide there, what is `long` stands last there, as it may go on below."""

    name: str
    kind: Kind = Kind.TEXT
    shown: Callable[[Any], str] | None = None
    on_terminal: bool = True
    long: bool = False

    @property
    def heading(self) -> str:
        """What stands above it on a terminal."""
        words = self.name.replace("_", " ").upper()
        return f"{words} (UTC)" if self.kind is Kind.TIME and self.shown is None else words

    def for_people(self, value: Cell) -> str:
        """A cell on a terminal; empty for no value."""
        if value is None or value == "":
            return ""
        return one_line(self.shown(value) if self.shown else _for_people(self.kind, value))

    def for_programs(self, value: Cell) -> Cell:
        """A cell in a pipe, in CSV and in JSON."""
        if value is None or value == "":
            return None
        if self.kind is Kind.TIME:
            from netwar.records.times import iso

            return iso(int(value))
        return f"{int(value) / 1e6:.6f}" if self.kind is Kind.DOLLARS else value


def _for_people(kind: Kind, value: str | int) -> str:
    if kind is Kind.TIME:
        from netwar.records.times import minute

        return minute(int(value))
    if kind is Kind.DOLLARS:
        return f"{int(value) / 1e6:,.3f}"
    return f"{value:,}" if kind is Kind.COUNT else str(value)


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """What a table of records of one type looks like.

    `cells` are a record's values in the order of the columns. `json` is what JSON has of a record, if not the same under the
    columns' names; `line` is its line in a pipe, if not the cells of CSV with tabs between.
    """

    columns: Sequence[Column]
    cells: Callable[[T], Sequence[Cell]]
    json: Callable[[T], Any] | None = None
    line: Callable[[T], str] | None = None

    def write(self, form: Form, records: Iterable[T]) -> None:
        """Print the records as they come; in JSON each is one line."""
        if form is Form.CSV:
            self._write_csv(records)
            return
        lines = {Form.TERMINAL: self._aligned, Form.PIPE: self._piped, Form.JSON: self._json}[form]
        for line in lines(records):
            if form is Form.TERMINAL:
                wipe()
            output.echo(line)

    def of(self, record: T) -> dict[str, Any]:
        """What JSON has of a record."""
        if self.json:
            return dict(self.json(record))
        return dict(zip((column.name for column in self.columns), self._plain(record), strict=True))

    def _plain(self, record: T) -> list[Cell]:
        return [column.for_programs(value) for column, value in zip(self.columns, self.cells(record), strict=True)]

    def _json(self, records: Iterable[T]) -> Iterator[str]:
        return (output.as_json(self.of(record)) for record in records)

    def _piped(self, records: Iterable[T]) -> Iterator[str]:
        return (self.line(one) if self.line else row(*("" if c is None else c for c in self._plain(one))) for one in records)

    def _write_csv(self, records: Iterable[T]) -> None:
        import csv

        writer = csv.writer(output.data(), lineterminator="\n")
        writer.writerow(column.name for column in self.columns)
        for record in records:
            writer.writerow("" if cell is None else one_line(str(cell)) for cell in self._plain(record))

    def _aligned(self, records: Iterable[T]) -> Iterator[str]:
        from netwar.cli.aligned import lines

        places = [place for place, column in enumerate(self.columns) if column.on_terminal]
        places.sort(key=lambda place: self.columns[place].long)
        columns = [self.columns[place] for place in places]

        def row_of(one: T) -> list[str]:
            cells = self.cells(one)
            return [self.columns[place].for_people(cells[place]) for place in places]

        to_the_right = [column.kind in (Kind.COUNT, Kind.DOLLARS) for column in columns]
        return lines([column.heading for column in columns], to_the_right, map(row_of, records), columns_of(sys.stdout))

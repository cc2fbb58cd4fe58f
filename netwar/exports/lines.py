"""Documents in the forms of an export that are texts: JSON lines, ids, CSV. Each makes bytes of a batch of documents."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from netwar import __version__
from netwar.archive.base import Body, Documents
from netwar.exports.fields import Field, Type, values
from netwar.exports.neighbours import Neighbours
from netwar.exports.spreadsheet import guarded
from netwar.records.dialects import Object
from netwar.records.flattened import Known, flattened, provenance
from netwar.records.parsing import written
from netwar.records.text import escaped_bytes, one_line
from netwar.records.times import shown

PROGRAM = f"netwar {__version__}"
# Documents that are shaped together, and in memory at once; frames are made of whole portions. What others have to be looked up
# for goes out in large portions; of the rest there are so few that they stay in the processor's cache.
LOOKED_UP, ALONE = 200, 20


class Shape(Protocol):
    """A form of export."""

    @property
    def together(self) -> int:
        """How many documents are best shaped at once; a divisor of `export.BATCH`."""

    @property
    def header(self) -> bytes:
        """What the file begins with."""

    def batch(self, bodies: Sequence[Body]) -> bytes:
        """Documents as they stand in the file, in their order."""

    def end(self) -> bytes:
        """What the file ends with."""


class Flattener:
    """Lines of documents of one index (a full name) in the form of twarc's `flatten`."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._index = index
        self._neighbours = Neighbours(archive, index) if index.startswith("tw") else None

    def lines(self, bodies: Sequence[Body]) -> list[Object]:
        """A line for each document. To a user's nothing is added but what twarc adds to all."""
        known = self._neighbours.known(bodies) if self._neighbours else Known()
        return [flattened(self._index, body, known, provenance(self._index, body, PROGRAM)) for body in bodies]


class JsonLines:
    """One JSON object a line, which `lines` makes of a batch of documents. If it is `printed` nothing in it does anything to a
    terminal."""

    header = b""

    def __init__(
        self, lines: Callable[[Sequence[Body]], Sequence[Object]], together: int = LOOKED_UP, *, printed: bool = False
    ) -> None:
        self._lines, self.together = lines, together
        self._written: Callable[[Object], bytes] = _printable if printed else written

    def batch(self, bodies: Sequence[Body]) -> bytes:
        """See Shape."""
        return b"".join([self._written(line) + b"\n" for line in self._lines(bodies)])

    def end(self) -> bytes:
        """See Shape."""
        return b""


def _printable(line: Object) -> bytes:
    return escaped_bytes(written(line))


class Ids:
    """One id a line."""

    header = b""
    together = ALONE

    def batch(self, bodies: Sequence[Body]) -> bytes:
        """See Shape."""
        return "".join([f"{body.get('id')}\n" for body in bodies]).encode()

    def end(self) -> bytes:
        """See Shape."""
        return b""


Rows = Callable[[Sequence[Body]], Sequence[tuple[Body, Object]]]


class Csv:
    """CSV with a heading, in UTF-8, as RFC 4180 has it but for line ends, which are LF; `spreadsheet` guards what those spoil.

    `rows` gives each row's document and line, see `fields.values`. On a terminal (`shown`) each row is on one line.
    """

    def __init__(
        self, fields: Sequence[Field], rows: Rows, together: int = LOOKED_UP, *, spreadsheet: bool = False, shown: bool = False
    ) -> None:
        self._fields, self._rows, self.together = fields, rows, together
        cell = _guarded if spreadsheet else _cell
        self._cell: Callable[[Type, Any], str] = (lambda type, value: one_line(cell(type, value))) if shown else cell
        self.header = (b"\xef\xbb\xbf" if spreadsheet else b"") + _encoded([[field.name for field in fields]])

    def batch(self, bodies: Sequence[Body]) -> bytes:
        """See Shape."""
        return _encoded(
            [self._cell(field.type, value) for field, value in zip(self._fields, values(self._fields, *row), strict=True)]
            for row in self._rows(bodies)
        )

    def end(self) -> bytes:
        """See Shape."""
        return b""


def _encoded(rows: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(errors="replace")


def _cell(type: Type, value: Any) -> str:
    if value is None:
        return ""
    if type is Type.TIME:
        return shown(value)
    if type is Type.FLAG:
        return "true" if value else "false"
    return " ".join(value) if type is Type.TEXTS else str(value)


def _guarded(type: Type, value: Any) -> str:
    cell = _cell(type, value)
    return guarded(cell, always=type is Type.ID) if type in (Type.ID, Type.TEXT, Type.TEXTS) else cell

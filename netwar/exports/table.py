"""Parquet, by pyarrow, which is not installed unless it is asked for: `pip install pyarrow`.

Times are timestamps in ms (UTC), ids texts, several texts lists: pandas, DuckDB, R and Spark read all of it as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from netwar.archive.base import Body
from netwar.errors import NetwarError
from netwar.exports.fields import Field, Type, values
from netwar.exports.lines import LOOKED_UP, Rows

if TYPE_CHECKING:
    import pyarrow

GROUP = 10_000  # rows: readers skip whole groups, and pack each column of one together
LACKING = f"--parquet needs pyarrow: {sys.executable} -m pip install pyarrow"


class Parquet:
    """A Parquet file on its way. `rows` gives each row's document and line, see `fields.values`.

    Raises NetwarError where pyarrow is not installed.
    """

    header = b""
    together = LOOKED_UP

    def __init__(self, fields: Sequence[Field], rows: Rows) -> None:
        try:
            from pyarrow import parquet
        except ImportError as error:
            raise NetwarError(LACKING) from error
        self._fields, self._rows = fields, rows
        self._schema = schema(fields)
        self._made = Drain()
        self._writer = parquet.ParquetWriter(self._made, self._schema, compression="zstd")
        self._cells: list[list[Any]] = []

    def batch(self, bodies: Sequence[Body]) -> bytes:
        """See Shape: nothing, until there are enough for a group of rows."""
        self._cells += [values(self._fields, *row) for row in self._rows(bodies)]
        if len(self._cells) >= GROUP:
            self._write_group()
        return self._made.drained()

    def end(self) -> bytes:
        """See Shape: what is left, and what ends the file, without which nobody can read it."""
        if self._cells:
            self._write_group()
        self._writer.close()
        return self._made.drained()

    def _write_group(self) -> None:
        import pyarrow

        columns = zip(zip(*self._cells, strict=True), self._schema.types, strict=True)
        arrays = [pyarrow.array(column, kind) for column, kind in columns]
        self._writer.write_table(pyarrow.Table.from_arrays(arrays, schema=self._schema))
        self._cells = []


class Drain(RawIOBase):
    """A file for pyarrow whose bytes are taken out as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        """It is for that alone."""
        return True

    def write(self, data: Any) -> int:
        """Keep it until it is drained."""
        part = bytes(data)
        self._parts.append(part)
        self._written += len(part)
        return len(part)

    def tell(self) -> int:
        """How much was written at all."""
        return self._written

    def drained(self) -> bytes:
        """What was written since this was asked last."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def schema(fields: Sequence[Field]) -> pyarrow.Schema:
    """The columns with their types."""
    import pyarrow

    types = {
        Type.ID: pyarrow.string(),
        Type.TEXT: pyarrow.string(),
        Type.TIME: pyarrow.timestamp("ms", "UTC"),
        Type.COUNT: pyarrow.int64(),
        Type.FLAG: pyarrow.bool_(),
        Type.TEXTS: pyarrow.list_(pyarrow.string()),
    }
    return pyarrow.schema([(field.name, types[field.type]) for field in fields])

"""The forms of an export by name, each put together for one index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netwar.archive.base import Body, Documents
from netwar.exports import fields, twarc, versions
from netwar.exports.lines import ALONE, LOOKED_UP, Csv, Flattener, Ids, JsonLines, Rows, Shape
from netwar.exports.versions import Changes
from netwar.records.dialects import Object
from netwar.records.flattened import CHANGES, OURS, whole

FLATTENED, RAW, IDS, TWARC, CSV, PARQUET = "flattened", "raw", "ids", "twarc", "csv", "parquet"
RESUMED = (FLATTENED, RAW, IDS, TWARC)  # a cell of CSV may have lines of its own, and Parquet has its end to be read by
Lines = Callable[[Sequence[Body]], Sequence[Object]]


@dataclass(frozen=True, slots=True)
class Form:
    """How documents go out: `name` as above, columns by name (all of them, if there are none), guarded for a `spreadsheet`,
    `printed` onto standard output, or `shown` there on a terminal."""

    name: str = FLATTENED
    columns: tuple[str, ...] = ()
    spreadsheet: bool = False
    printed: bool = False
    shown: bool = False


def shape(form: Form, archive: Documents, index: str, changes: Changes | None = None) -> Shape:
    """The form for documents of an index (a full name), with what profiles said before if there are `changes`.

    Raises ValueError for a column that there is not, and NetwarError for what is not installed.
    """
    if form.name == IDS:
        return Ids()
    if form.name in (CSV, PARQUET):
        return _columns(form, archive, index, changes)
    lines = _lines(form.name, archive, index)
    if changes:
        return JsonLines(_with_changes(lines, changes), printed=form.printed)
    return JsonLines(lines, ALONE if form.name == RAW else LOOKED_UP, printed=form.printed)


def _lines(name: str, archive: Documents, index: str) -> Lines:
    if name == RAW:
        return lambda bodies: [whole(index, body) for body in bodies]
    flattener = Flattener(archive, index)
    if name == TWARC:
        return lambda bodies: [twarc.known(line, user=not index.startswith("tw")) for line in flattener.lines(bodies)]
    return flattener.lines


def _with_changes(lines: Lines, changes: Changes) -> Lines:
    def made(bodies: Sequence[Body]) -> list[Object]:
        known = changes.of([str(body.get("id")) for body in bodies])
        told = [versions.told(known.get(str(body.get("id")), [])) for body in bodies]
        return [{**line, OURS: {**line[OURS], CHANGES: some}} for line, some in zip(lines(bodies), told, strict=True)]

    return made


def _columns(form: Form, archive: Documents, index: str, changes: Changes | None) -> Shape:
    columns = fields.chosen(index, form.columns, versions=changes is not None)
    alone = all(column.alone for column in columns)
    rows = _rows(archive, index, alone, changes)
    if form.name == CSV:
        return Csv(columns, rows, ALONE if alone and not changes else LOOKED_UP, spreadsheet=form.spreadsheet, shown=form.shown)
    from netwar.exports.table import Parquet

    return Parquet(columns, rows)


def _rows(archive: Documents, index: str, alone: bool, changes: Changes | None) -> Rows:
    """What gives the rows of documents: one each, or one for each version of a profile."""
    if changes:
        return lambda bodies: _versions(bodies, changes)
    if alone:
        return lambda bodies: [(body, body) for body in bodies]
    flattener = Flattener(archive, index)
    return lambda bodies: list(zip(bodies, flattener.lines(bodies), strict=True))


def _versions(bodies: Sequence[Body], changes: Changes) -> list[tuple[Body, Object]]:
    known = changes.of([str(body.get("id")) for body in bodies])
    return [(row, row) for body in bodies for row in versions.rows(body, known.get(str(body.get("id")), []))]

"""How the export log meets the operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.exports import LOG, shared

if TYPE_CHECKING:
    from netwar.exports.log import Entry

COLUMNS = (
    Column("time", Kind.TIME),
    *map(Column, ("index", "form")),
    Column("count", Kind.COUNT),
    *map(Column, ("to", "file")),
    Column("query", on_terminal=False),
    Column("bytes", Kind.COUNT, on_terminal=False),
    Column("sha256", shown=lambda digest: digest[:12]),
)
UNENDED = "cut off"


def show(services: Services, to: str | None, form: Form) -> str:
    """Print what went out, all of it or to somebody, the oldest first; the outcome."""
    from netwar.exports.log import ExportLog
    from netwar.records.text import plural

    log = ExportLog(services.data / LOG)
    entries = [entry for entry in log.entries() if to is None or entry.to == to]
    EXPORTS.write(form, entries)
    return "; ".join([plural(len(entries), "export"), *shared(log, to or "")])


def _cells(entry: Entry) -> Sequence[Cell]:
    from netwar.cli.output import as_json

    query = as_json(entry.query) if entry.query else None
    ended = entry.ended is not None
    count, size = entry.count if ended or entry.count else None, entry.bytes if ended else None
    return (entry.began, entry.index, entry.form, count, entry.to, entry.path, query, size, entry.sha256 if ended else UNENDED)


EXPORTS: Table[Entry] = Table(COLUMNS, _cells)

"""How a statement of what was spent is shown."""

from __future__ import annotations

from collections.abc import Sequence

from netwar.cli.forms import Form
from netwar.cli.output import as_json, echo
from netwar.cli.tables import Column, Kind, Table
from netwar.reports.spending import FINEST, Statement, Sum, lines, plain, sentences, sums, total


def show(shown: Statement, form: Form, by: Sequence[str]) -> None:
    """Print a statement, its charges added up by some keys; by none that are named it is as a mail of cron has it in a pipe."""
    keys = list(dict.fromkeys(by)) or FINEST
    if form is Form.JSON:
        echo(as_json(plain(shown, keys)))
        return
    if form is Form.PIPE and not by:
        for line in lines(shown):
            echo(line)
        return
    rows = sums(shown.charges, keys)
    _table(keys).write(form, [*rows, total(shown.charges, keys)] if form is Form.TERMINAL and rows else rows)
    if form is Form.TERMINAL:
        for line in sentences(shown):
            echo(line)


def _table(keys: Sequence[str]) -> Table[Sum]:
    numbers = [Column("objects", Kind.COUNT), Column("free", Kind.COUNT), Column("dollars", Kind.DOLLARS)]
    return Table([*map(Column, keys), *numbers], lambda one: (*one.keys, one.objects, one.free, one.micro))

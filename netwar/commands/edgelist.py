"""How edge lists meet the operator: a table in, the same table with names out."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from io import BufferedReader, TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from netwar.cli import click
from netwar.cli.files import replaced
from netwar.cli.output import data
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services
from netwar.errors import ItemsFailed, NetwarError

LONGEST = 1 << 20  # signs of a row


def fix(
    services: Services, file: BufferedReader, output: str | None, columns: str | None, index: str | None, separator: str
) -> str:
    """Write a table with names in place of the ids that are known; the outcome. Text, quotes and line ends stay as they are."""
    if output and file.name != "<stdin>" and os.path.exists(output) and os.path.samefile(output, file.name):
        raise click.UsageError(f"{output} is the file that is read: name another one")
    users = services.collection(index)
    with TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="") as text:
        return _fixed(services, text, output, columns, users, separator)


def _fixed(services: Services, file: TextIO, output: str | None, columns: str | None, users: str, separator: str) -> str:
    from netwar.profiles import edgelist
    from netwar.records.text import plural

    lines = _lines(file.name, file)
    first = next(lines, "")
    if "\x00" in first or first.startswith("\udcff"):
        raise NetwarError(f"{file.name}: this is not a text file: save the table as CSV (UTF-8)")
    mark, first = ("\ufeff", first[1:]) if first.startswith("\ufeff") else ("", first)  # else it were part of the first value
    rejected = Rejected(services, file.name)
    told, style = edgelist.Fixed(), _style(first, separator or edgelist.delimiter(first))
    rows = csv.reader(chain([first], lines), delimiter=style["delimiter"], strict=True)
    with replaced(Path(output)) if output else nullcontext(data()) as out, rejected:
        try:
            heading = next(rows, [])
            places = edgelist.columns(columns.split(","), heading) if columns else [0, 1]
            first_row = [(rows.line_num, heading)] if heading else []
            whole = chain(first_row, ((rows.line_num, row) for row in rows))
            out.write(mark)
            csv.writer(out, **style).writerows(edgelist.fixed(services.archive, users, whole, places, told, rejected.add))
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        except csv.Error as error:
            raise NetwarError(f"{file.name}: line {rows.line_num} cannot be read: {error}") from error
    named = f"{plural(told.rows, 'row')}, {plural(told.named, 'id')} named"
    outcome = f"{file.name}: {named}, {told.unknown:,} not known to {users} and left"
    if rejected.count:
        odd = f"cells and rows in which an id is not as it should be ({rejected.where}): {rejected.count:,}"
        raise ItemsFailed(f"{outcome}; {odd}")
    return outcome


def _lines(name: str, text: TextIO) -> Iterator[str]:
    """The lines of a table, none of them longer than a row can be: a file without line ends would fill the memory."""
    for number, line in enumerate(iter(partial(text.readline, LONGEST + 1), ""), 1):
        if len(line) > LONGEST:
            raise NetwarError(f"{name}: line {number:,} is longer than {LONGEST:,} characters: this is not an edge list")
        yield line


def _style(first: str, delimiter: str) -> dict[str, Any]:
    """How the table is written, by its first line: its line ends, and whether everything is in quotes."""
    return {
        "delimiter": delimiter,
        "lineterminator": "\r\n" if first.endswith("\r\n") else "\n",
        "quoting": csv.QUOTE_ALL if first.startswith('"') else csv.QUOTE_MINIMAL,
    }

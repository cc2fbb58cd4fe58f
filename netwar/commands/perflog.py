"""How the perflog meets the operator: an entry is written, or the last ones are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from netwar.board.base import Entry
from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.perf_entry import entry
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.records.text import plural
from netwar.records.times import milliseconds

LONGEST = 10_000  # characters of an event
LARGEST = 1e9  # dollars of a run


def _cells(one: Entry) -> Sequence[Cell]:
    """What others may have written of a run, in a store that is shared, is shown where it is what we write."""
    run: Mapping[str, Any] = one.run
    dollars, status, program = (run.get(name) for name in ("dollars", "status", "program"))
    micro = round(dollars * 1e6) or None if isinstance(dollars, int | float) and abs(dollars) < LARGEST else None
    did = (program if isinstance(program, str) else None, status if type(status) is int else None, micro)
    return milliseconds(one.date) or None, one.host, one.shell, one.screen_name, *did, one.event


ENTRIES: Table[Entry] = Table(
    [
        Column("date", Kind.TIME),
        *map(Column, ("host", "shell", "screen_name", "program")),
        Column("status", Kind.COUNT),
        Column("cost", Kind.DOLLARS),
        Column("event"),
    ],
    _cells,
    json=asdict,
)


def check(who: str | None, event: Sequence[str], last: int | None) -> None:
    """Raise UsageError unless either an entry is given or the last ones are asked for."""
    if last is not None and who is not None:
        raise click.UsageError("--last shows entries, and WHO EVENT writes one: ask for one of them")
    if last is None and not (who and any(event)):
        raise click.UsageError("say WHO and EVENT, or --last N")


def write(services: Services, who: str, event: str) -> str:
    """Write an entry; the outcome. Raises UsageError for one that is too long."""
    if len(event) > LONGEST:
        raise click.UsageError(f"an event of {len(event):,} characters is too long: at most {LONGEST:,}")
    services.perflog.append(entry(who, event))
    return "written"


def show(services: Services, number: int, form: Form) -> str:
    """Print the last entries, the newest last; the outcome."""
    found = services.perflog.last(number)
    ENTRIES.write(form, found)
    return plural(len(found), "entry") if len(found) == 1 else f"{len(found):,} entries"

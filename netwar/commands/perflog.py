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


def _cells(one: Entry) -> Sequence[Cell]:
    run: Mapping[str, Any] = one.run
    micro = round(float(run.get("dollars") or 0) * 1e6) or None
    did = (run.get("program"), run.get("status"), micro)
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

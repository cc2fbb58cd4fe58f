"""How coverage is shown: users in a table, one user in full, outcomes summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from netwar.archive.base import Ledger
from netwar.cli.forms import Form
from netwar.cli.output import echo
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.coverage import Record
from netwar.errors import NetwarError
from netwar.records.text import plural
from netwar.reports.coverage import (
    Outcome,
    by_outcome,
    details,
    is_complete,
    missing,
    outcome,
    records_for,
    summary_line,
    to_json,
)


def _cells(record: Record) -> tuple[Cell, ...]:
    id, name = (record.user, record.name) if record.user.isdigit() else (None, record.user.removeprefix("@"))
    return id, name, outcome(record), record.posts, record.asked, missing(record)


USERS: Table[Record] = Table(
    [
        *map(Column, ("id", "name", "outcome")),
        Column("tweets", Kind.COUNT),
        Column("asked", Kind.TIME),
        Column("remarks"),
    ],
    _cells,
    json=to_json,
    line=summary_line,
)

OUTCOMES: Table[Outcome] = Table(
    [Column("outcome"), *(Column(name, Kind.COUNT) for name in ("users", "tweets", "complete")), Column("asked", Kind.TIME)],
    lambda one: (one.name, one.users, one.tweets, one.complete, one.asked),
)


def show_user(ledger: Ledger, index: str, user: str, form: Form) -> None:
    """Print all that is known of one user. Raises NetwarError where nothing is."""
    records = list(records_for(ledger, index, user))
    if not records:
        raise NetwarError(f"nothing is known of {user} in {index}")
    if form in (Form.CSV, Form.JSON):
        USERS.write(form, records)
        return
    for record in records:
        USERS.write(form, [record])
        for line in details(record):
            echo(line)


def show(ledger: Ledger, index: str, form: Form, *, only_missing: bool, sort: str | None) -> str:
    """Print the users of an index, or only those who are not known to be complete; the outcome."""
    outcomes: Counter[str] = Counter()

    def counted() -> Iterator[Record]:
        for record in chosen(ledger.records(index), only_missing, sort):
            outcomes[outcome(record)] += 1
            yield record

    USERS.write(form, counted())
    return _told(index, outcomes, only_missing)


def show_outcomes(ledger: Ledger, index: str, form: Form, *, only_missing: bool) -> str:
    """Print how many users ended how, their tweets and complete timelines, and when one was last asked for; the outcome."""
    outcomes, whole = by_outcome(chosen(ledger.records(index), only_missing))
    OUTCOMES.write(form, [*outcomes, whole] if form is Form.TERMINAL and outcomes else outcomes)
    return _told(index, Counter({one.name: one.users for one in outcomes}), only_missing)


def chosen(records: Iterable[Record], only_missing: bool, sort: str | None = None) -> Iterable[Record]:
    """The records that are meant, in the order that is wanted: by name, or the last asked for first. Only that needs them all."""
    if only_missing:
        records = (record for record in records if not is_complete(record))
    if sort == "name":
        return sorted(records, key=_by_name)
    return sorted(records, key=lambda record: -record.asked) if sort == "time" else records


def _by_name(record: Record) -> tuple[bool, str, str]:
    name = record.name or record.user.removeprefix("@")
    return not record.name and record.user.isdigit(), name.lower(), record.user


def _told(index: str, outcomes: Counter[str], only_missing: bool) -> str:
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    which = " not known to be complete" if only_missing else ""
    return f"{plural(outcomes.total(), 'user')} in {index}{which}{': ' + told if told else ''}"

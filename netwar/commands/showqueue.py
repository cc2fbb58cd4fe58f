"""How a queue is shown: how many wait, who is worked on and until when, who failed and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import TypeAlias

from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.output import as_json, echo
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.queues.base import Claimed, Failed
from netwar.records.entries import written
from netwar.records.text import plural
from netwar.records.times import iso

User: TypeAlias = str | Claimed | Failed  # a string is the name or number of one who waits


def _cells(user: User) -> tuple[Cell, ...]:
    if isinstance(user, Claimed):
        host, run = _holder(user)
        return "claimed", user.user, _ms(user.until), host, run, None, None, ",".join(user.also)
    if isinstance(user, Failed):
        return "failed", user.user, None, None, None, user.times, " ".join(user.reason.split()), None
    return ("waiting", user, None, None, None, None, None, None)


def _line(user: User) -> str:
    if isinstance(user, Claimed):
        host, run = _holder(user)
        until = f"{iso(_ms(user.until)) or ''}"[:19].replace("T", " ")
        also = f", also {', '.join(user.also)}" if user.also else ""
        return f"claimed  {user.user:<20} until {until} UTC by {host}, run {run}{also}"
    if isinstance(user, Failed):
        return f"failed   {user.user:<20} {plural(user.times, 'time')}: {' '.join(user.reason.split())}"
    return f"waiting  {user}"


QUEUE: Table[User] = Table(
    [
        *map(Column, ("state", "user")),
        Column("until", Kind.TIME),
        *map(Column, ("host", "run")),
        Column("times", Kind.COUNT),
        Column("reason", long=True),
        Column("also"),
    ],
    _cells,
    line=_line,
)


def show(services: Services, queue: str, names: bool, form: Form) -> None:
    """Print who is on a queue, or with `names` who waits alone. Raises UsageError for `names` in a form."""
    services.looks = True
    (_names if names else _everybody)(services, queue, form)


def _names(services: Services, queue: str, form: Form) -> None:
    """Print who waits, one a line, as those programs read them that put users on a queue."""
    if form in (Form.CSV, Form.JSON):
        raise click.UsageError(f"--names and --{form.value} ask for different things")
    for user in services.queue(queue).waiting():
        echo(written(user))


def _everybody(services: Services, queue: str, form: Form) -> None:
    """Print counts with claims and failures, or one JSON object, or CSV of everybody."""
    work = services.queue(queue)
    waiting, claimed, failed = len(work), work.claimed(), work.failed()
    if form is Form.JSON:
        held = [{**asdict(claim), "until_utc": iso(_ms(claim.until))} for claim in claimed]
        echo(as_json({"queue": queue, "waiting": waiting, "claimed": held, "failed": list(map(asdict, failed))}))
        return
    users: Iterator[User] = chain(claimed, failed)
    if form is Form.CSV:
        users = chain(work.waiting(), users)
    else:
        echo(f"{queue}: {waiting:,} waiting, {len(claimed):,} claimed, {len(failed):,} failed")
    QUEUE.write(form, users)


def _holder(claim: Claimed) -> tuple[str, str]:
    """The host and the run that hold a claim; of a run its beginning, which tells it from others."""
    host, _, run = claim.holder.partition(":")
    return host, run[:8]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

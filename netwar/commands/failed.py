"""Users who were set aside: shown with the reason, tried again, or dropped."""

from __future__ import annotations

from collections.abc import Sequence

from netwar.cli import click
from netwar.cli.forms import Form
from netwar.cli.output import echo_row
from netwar.cli.prompts import consented
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.errors import Declined, ItemsFailed
from netwar.queues.base import Failed, Queue
from netwar.records.entries import written
from netwar.records.text import plural

FAILED: Table[Failed] = Table(
    [Column("user"), Column("times", Kind.COUNT), Column("reason")],
    lambda one: (one.user, one.times, " ".join(one.reason.split())),
    line=lambda one: f"{written(one.user)}\t{plural(one.times, 'time')}: {' '.join(one.reason.split())}",
)


def show(services: Services, queue: str, users: Sequence[str], form: Form) -> str:
    """Print who was set aside, those named or all; the outcome."""
    found, absent = _chosen(services.queue(queue), users)
    FAILED.write(form, found)
    return _told(f"{plural(len(found), 'user')} of {queue} {'was' if len(found) == 1 else 'were'} set aside", absent)


def retry(services: Services, queue: str, users: Sequence[str]) -> str:
    """Let them wait again, with a clean slate; the outcome."""
    work = services.queue(queue)
    found, absent = _chosen(work, users)
    work.put([one.user for one in found])
    return _told(f"{plural(len(found), 'user')} put on {queue} again, {len(work):,} waiting", absent)


def drop(services: Services, queue: str, users: Sequence[str], *, yes: bool) -> str:
    """Forget them, after asking, and print who they were; the outcome."""
    work = services.queue(queue)
    found, absent = _chosen(work, users)
    if found:
        would_go = f"{plural(len(found), 'user')} who failed would be dropped from {queue}"
        if not consented(would_go, f"{would_go}. Drop them?", yes=yes):
            raise Declined("nobody was dropped")
        work.drop_failed([one.user for one in found])
        for one in found:
            echo_row("dropped", written(one.user), one.reason)
    return _told(f"{plural(len(found), 'user')} dropped from {queue}", absent)


def _chosen(queue: Queue, users: Sequence[str]) -> tuple[list[Failed], list[str]]:
    """Those who were set aside, of `users` if any are named; and who of these was not."""
    from netwar.commands.follow_target import entry

    wanted = list(dict.fromkeys(map(entry, users)))
    found = {one.user: one for one in queue.failed()}
    if not wanted:
        return list(found.values()), []
    return [found[user] for user in wanted if user in found], [user for user in wanted if user not in found]


def _told(outcome: str, absent: Sequence[str]) -> str:
    if absent:
        raise ItemsFailed(f"{outcome}; not set aside: {', '.join(absent)}")
    return outcome


def at_most_one(*, retry: bool, drop: bool) -> None:
    """Raise UsageError for both at once."""
    if retry and drop:
        raise click.UsageError("--retry and --drop ask for different things")

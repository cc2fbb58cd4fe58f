"""How a worker on a queue meets the operator: the spool first, progress, the outcome, what stopped it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

from netwar.cli import click
from netwar.cli.param_types import MOST_DAYS, Amount
from netwar.cli.services import Services
from netwar.errors import ItemsFailed, NetwarError
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.archive.base import Archive

log = logging.getLogger("netwar.recording")
DAY_MS = 86_400_000


def worked(
    services: Services,
    queue: Any,
    into: Sequence[str],
    make: Callable[[Any], Any],
    *,
    limit: int | None,
    wait: bool,
    filler: str = "",
) -> str:
    """Run a worker and say what it did. What stopped it early is raised after that is said.

    `make(bar)` makes the worker, which tells the bar of its progress; `into` are the indices that it records into, the first
    of which names what it says; `filler` is the program that fills the queue, none for users who are named: other runs may be
    at others meanwhile.
    """
    label = into[0]
    if filler:
        services.exclusive(queue.name)
    before = replayed(services, *into)
    if not len(queue) and not queue.claimed():
        services.settings.require_keys()  # a newcomer is told now what comes first, and not with the first user
        return f"{before}{queue.name} is empty: put users on it with {filler}"
    run = _run(services, queue, label, make, limit, wait)
    if run.summary.failed:
        raise ItemsFailed(f"{label}: {run.summary}; {_failed(services, queue, into[-1], run.summary.failed)}")
    return f"{before}{label}: {run.summary}"


def read_so_far(user: str, progress: Any) -> str:
    """How far the timeline of a user is read, beside a bar."""
    return f"{user}: {plural(progress.posts, 'tweet')}, ${progress.micro / 1e6:.2f}"


def _failed(services: Services, queue: Any, users: str, failed: Mapping[str, int]) -> str:
    """Who failed, how often in a row by what the queue knows from earlier runs, too, and what becomes of them."""
    from netwar.queues.base import MAX_FAILURES

    known = queue.failures([*failed])
    counted = {user: max(times, known.get(user, 0)) for user, times in failed.items()}
    aside = {user: times for user, times in counted.items() if known.get(user, 0) >= MAX_FAILURES}
    again = {user: times for user, times in counted.items() if user not in aside}
    told = []
    if again:
        what = f"; who fails {MAX_FAILURES} times in a row is set aside" if known else ""
        told.append(f"failed: {failures(services.archive, users, again)}{what}")
    if aside:
        listed = failures(services.archive, users, aside)
        told.append(f"failed: {listed}, and set aside: tw-failed {quote(queue.name)} shows why and lets them try again")
    return "; ".join(told)


def failures(archive: Archive, users: str, failed: Mapping[str, int]) -> str:
    """Who failed and how often, by name where the index of users knows it."""
    from netwar.profiles.identity import names
    from netwar.records.text import named

    known = names(archive, users, [user for user in failed if user.isdigit()])
    return ", ".join(f"{named(user, known.get(user))} ({times}x)" for user, times in failed.items())


def _run(services: Services, queue: Any, label: str, make: Callable[[Any], Any], limit: int | None, wait: bool) -> Any:
    from netwar.cli.signals import Stopped

    with services.report.work(label, min(limit or len(queue), len(queue))) as bar:
        run = make(bar)
        services.report.counting(run.summary)
        try:
            run.run(wait=wait, sleep=services.report.sleep)
        except (NetwarError, Stopped) as error:
            if run.summary.users or run.summary.read:
                error.add_note(f"{label}: {run.summary}")
            raise
        finally:
            services.report.counted(run.summary)
    return run


def replayed(services: Services, *indices: str) -> str:
    """Write what an earlier run paid for and could not write, before anything else, and see that the indices take documents;
    what was written, if anything. What waits for the runs of other users is told, and what is of an archive that cannot be used.

    Raises what is wrong with the archives of these indices: another one stops no run.
    """
    told = services.spool.replay(services.archive, indices)
    for other in services.spool.others():
        waits = f"{plural(other.pages, 'page')} of {other.user} wait{'s' if other.pages == 1 else ''}"
        log.info("%s in %s for the next run of %s", waits, other.folder, other.user)
    for index in indices:
        services.archive.ready(index)
    if told == type(told)(0, 0, 0):
        return ""
    torn = f", {told.torn:,} torn and dropped" if told.torn else ""
    aside = f", {told.aside:,} put aside in {services.spool.damaged}" if told.aside else ""
    return f"written out of the spool: {plural(told.records, 'page')}{torn}{aside}; "


FRESH = click.option(
    "--fresh",
    type=Amount(0, MOST_DAYS),
    metavar="DAYS",
    help="Profiles of the last DAYS are not asked for; default: those of this UTC day.",
)


def fresh_since(services: Services, days: float | None) -> int:
    """The time (ms) since which a recorded profile is fresh, by X's clock."""
    now = services.twitter.now()
    return now - now % DAY_MS if days is None else now - int(days * DAY_MS)

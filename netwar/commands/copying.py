"""How a copy meets the operator: places on a command line, the bar, the outcome."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.services import Services
from netwar.errors import ConfigError, ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.copying import Outcome, Place

FILES = "files"


def copied(services: Services, source: str, target: str) -> str:
    """Copy the index at one place to another one; the outcome."""
    from netwar.config.loopback import loopback_address
    from netwar.copying import Copy, Holder

    (reading, theirs), (writing, ours) = _place(services, source), _place(services, target)
    if theirs.identity == ours.identity:
        raise click.UsageError(f"{source} and {target} are the same place")
    if loopback_address(reading.settings.api) != loopback_address(writing.settings.api):
        raise ConfigError(
            f"{source} was recorded from {reading.settings.api}, and {target} is for what comes from {writing.settings.api}: "
            "a rehearsal stays apart from what X sent"
        )
    if not set(theirs.indices) & set(theirs.archive.indices(theirs.indices)):
        raise NetwarError(f"nothing is recorded at {source}")
    services.exclusive(f"{theirs.name} to {ours.name}", "the same command resumes there")
    try:
        holder = Holder(writing.run.begin(), writing.run.dead)
        copy = Copy(theirs, ours, holder, lambda count, index: bar.update(count, index))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with services.report.work(theirs.name, copy.total()) as bar:
        done = copy.run()
    services.report.counted(done)
    return _told(done)


def _place(services: Services, given: str) -> tuple[Services, Place]:
    """NAME, files:NAME, CONFIG:NAME or CONFIG:files:NAME, and the services that open it."""
    from netwar.connections.runs import HOST
    from netwar.copying import Place

    where, _, name = given.rpartition(":")
    if where == FILES or where.endswith(f":{FILES}"):
        in_files, where = True, where.removesuffix(FILES).removesuffix(":")
    else:
        in_files = False
    opening = services.for_config(Path(where).expanduser()) if where else services
    in_files = in_files or not opening.settings.elksg
    named = opening.indices_of(name)[0].removeprefix("tw")
    identity = f"{HOST}:{opening.data.resolve()}" if in_files else opening.cluster.where
    return opening, Place(opening.files if in_files else opening.archive, named, f"{identity} {named}")


def _told(done: Outcome) -> str:
    from netwar.records.text import plural

    counts = "; ".join(f"{index}: {theirs:,} in FROM, {ours:,} in TO" for index, (theirs, ours) in done.counts.items())
    work = f"{done.tally.created:,} new, {done.tally.updated:,} newer, {done.tally.unchanged:,} known already"
    told = f"{'resumed; ' if done.resumed else ''}{work}; coverage of {plural(done.records, 'user')}; {counts}"
    wrong = []
    if done.tally.rejected:
        wrong.append(f"{done.tally.rejected:,} documents were refused (see dead-letters for the reasons)")
    if done.lacking:
        wrong.append(f"fewer in TO than there were in FROM: {', '.join(done.lacking)}")
    if done.diverged:
        wrong.append(f"TO has its own, and keeps it, of: {', '.join(done.diverged[:20])}")
    if wrong:
        raise ItemsFailed(f"{told}; {'; '.join(wrong)}")
    return told

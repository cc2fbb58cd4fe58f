"""How an import meets the operator: whose account archive it is, the bar, rejected lines, the outcome."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.forms import form_of
from netwar.cli.rejected_lines import RejectedLines, told
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table

if TYPE_CHECKING:
    from netwar.imports.found import Into
    from netwar.imports.run import Import, ImportProgress

log = logging.getLogger("netwar.imports")
GARBLED = "letters in them are read as \ufffd; put the file into UTF-8 first (iconv -f LATIN1 -t UTF-8)"
OF_USERS = "tw-quser2work and tw-quser2usertest queue users by their ids"
ACCOUNT = "account.js"
ACCOUNT_BYTES = 1 << 20  # it has a few hundred


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the operator says: when the posts were retrieved that do not say so, whose account archive it is, and whether only to
    look."""

    retrieved: datetime | None = None
    user: str | None = None
    dry: bool = False


WHAT: Table[tuple[str, str, int]] = Table(
    [Column("file"), Column("what"), Column("count", Kind.COUNT)], lambda row: tuple[Cell, ...](row)
)


def imported(services: Services, files: Sequence[str], index: str, wish: ImportOptions) -> str:
    """Import files into an index, in their order; the outcome. Raises ItemsFailed where not all of them could be imported."""
    from netwar.cli.signals import Stopped
    from netwar.errors import ItemsFailed, NetwarError
    from netwar.imports.opening import size
    from netwar.imports.run import Import

    services.looks = wish.dry
    into = _into(services, index, wish)
    total = sum(map(size, files))
    _get_ready(services, into, wish)
    author = _named(services, into.users, wish.user) if wish.user else None
    rejected: list[RejectedLines] = []
    with services.report.work(into.tweets or into.users, total) as bar:
        archive = None if wish.dry else services.archive
        run = Import(archive, into, lambda count: bar.update(count, _counts(run.progress)))
        services.report.counting(run.progress)
        try:
            damaged = [name for name in files if not _whole(services, run, name, author, rejected, wish.dry)]
            run.end()
        except (NetwarError, Stopped) as error:
            error.add_note(_outcome(run.progress, into, rejected, wish.dry))
            raise
        finally:
            services.report.counted(run.progress)
    outcome = _outcome(run.progress, into, rejected, wish.dry)
    if damaged or run.progress.tally.rejected or any(one.count for one in rejected):
        cut = f"; cut off or damaged: {', '.join(damaged)}" if damaged else ""
        raise ItemsFailed(f"{outcome}{cut}")
    return outcome


def _into(services: Services, index: str, wish: ImportOptions) -> Into:
    from netwar.imports.found import Into
    from netwar.records import times
    from netwar.records.documents import SLIP_MS

    *tweets, users = services.indices_of(index)
    retrieved = int(wish.retrieved.replace(tzinfo=UTC).timestamp() * 1000) if wish.retrieved else None
    now = int(time.time() * 1000) + SLIP_MS
    if retrieved and retrieved > now:
        raise click.UsageError("--retrieved is yet to come: it would win over all that X shows until then")
    if retrieved is not None and retrieved < times.FIRST * 1000:
        raise click.UsageError("--retrieved is before there was X, which began in March 2006")
    return Into(tweets[0] if tweets else None, users, retrieved, now=now)


def _get_ready(services: Services, into: Into, wish: ImportOptions) -> None:
    if wish.dry:
        return
    services.exclusive(into.tweets or into.users, "the same command goes on there")
    for index in filter(None, (into.tweets, into.users)):
        services.archive.ready(index)


def _whole(
    services: Services, run: Import, name: str, author: tuple[str, str] | None, rejected: list[RejectedLines], dry: bool
) -> bool:
    """Import one file; whether it could be read to its end."""
    from netwar.errors import NetwarError
    from netwar.imports.checkpoint import Changed
    from netwar.imports.opening import STDIN, Damaged, is_kept

    try:
        try:
            _read(services, run, name, author, rejected, dry)
        except Changed:
            if not is_kept(name):
                what = "standard input" if name == STDIN else name
                raise NetwarError(f"{what} is not what an earlier run began with: run again for this one") from None
            _read(services, run, name, author, rejected, dry)
    except Damaged as error:
        log.error("%s: %s; what stands before that %s imported", name, error, "would be" if dry else "is")
        return False
    return True


def _read(
    services: Services, run: Import, name: str, author: tuple[str, str] | None, rejected: list[RejectedLines], dry: bool
) -> None:
    from netwar.connections.given_files import opener
    from netwar.imports.opening import opened
    from netwar.records.text import plural

    before = run.progress.kinds.copy()
    try:
        with RejectedLines(services, name, rejected, keep=not dry) as lines, opened(name, opener) as content:
            rejected.append(lines)
            run.read(content, lines, author or _beside(name))
    finally:
        if run.garbled:
            count = f"{plural(run.garbled, 'line')} {'is' if run.garbled == 1 else 'are'}"
            log.warning("%s: %s not in UTF-8: %s", name, count, GARBLED)
        if dry:
            WHAT.write(form_of(False, False), ((name, kind.value[1], n) for kind, n in (run.progress.kinds - before).items()))


def _beside(name: str) -> tuple[str, str] | None:
    """Whose account archive a file is from, where it lies beside what says so."""
    from netwar.connections.given_files import opener
    from netwar.imports.account_archive import owner

    path = Path(name).with_name(ACCOUNT)
    with suppress(OSError):
        if path.is_file():  # an archive comes from somebody else: a pipe would be waited for, a device never ends
            with open(path, "rb", opener=opener) as file:
                return owner(file.read(ACCOUNT_BYTES))
    return None


def _named(services: Services, users: str, given: str) -> tuple[str, str]:
    """The id and screen name of --user. Raises UsageError for a name of which no id is known."""
    from netwar.commands.follow_target import entry
    from netwar.records.documents import USERTEST

    asked = entry(given)
    if asked.isdigit():
        return asked, ""
    name = asked.removeprefix("@")
    for index in (users, USERTEST):
        holders = services.archive.name_holders(index, [name]).get(name, [])
        if holders and holders[0].until is None:
            return holders[0].user, holders[0].name
    raise click.UsageError(f"the id of {given[:30]!r} is not recorded: give the number, which is accountId in account.js")


def _counts(progress: ImportProgress) -> str:
    from netwar.records.text import plural

    return f"{plural(progress.tweets, 'tweet')}, {plural(progress.users, 'profile')}"


def _outcome(progress: ImportProgress, into: Into, rejected: list[RejectedLines], dry: bool) -> str:
    """What was read, what came of it, and what was not imported."""
    from netwar.imports.found import Kind as What
    from netwar.records.text import plural
    from netwar.records.times import minute

    ids = (What.ID, What.USER_ID)
    read = ", ".join(kind.told(count) for kind, count in progress.kinds.most_common() if kind not in ids) or "nothing"
    parts = [f"{'resumed; ' if progress.resumed else ''}{into.tweets or into.users}: {read}"]
    if dry:
        times = f" from {minute(progress.first)} to {minute(progress.last)}" if progress.first and progress.last else ""
        copies = f"{plural(progress.tweets, 'tweet')}{times} and {plural(progress.users, 'profile')}"
        parts.append(f"{copies}, each as often as it comes; nothing is imported")
    else:
        tally = progress.tally
        parts.append(f"{tally.created:,} new, {tally.updated:,} newer, {tally.unchanged:,} known already")
        if tally.rejected:
            refused = f"{plural(tally.rejected, 'document')} {'was' if tally.rejected == 1 else 'were'} refused"
            parts.append(f"{refused} (see dead-letters for the reasons)")
    if count := progress.kinds[What.ID]:
        parts.append(f"{plural(count, 'id')} without a post: tw-hydrate buys posts by their ids")
    if count := progress.kinds[What.USER_ID]:
        parts.append(f"{What.USER_ID.told(count)}, not of posts: {OF_USERS}")
    return "; ".join(filter(None, [*parts, told(rejected)]))

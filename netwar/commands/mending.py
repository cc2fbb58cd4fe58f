"""How a damaged file is rebuilt: which one it is, and what the operator is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.connections.sqlite_mending import Mended


def mended(services: Services, file: Path, spent: float | None) -> str:
    """Rebuild meter.sqlite or queues.sqlite out of what is whole in it; the outcome."""
    services.settings.require_app()
    if file.name == "meter.sqlite":
        return _meter(services, file, spent)
    if file.name == "queues.sqlite":
        from netwar.connections.sqlite_mending import is_whole, mend
        from netwar.queues.sqlite_file import MIGRATIONS

        if is_whole(file, MIGRATIONS):
            return f"{file} is whole, and left as it is"
        done = mend(file, MIGRATIONS, lambda _new, _torn: None)
        again = "; waiting users may be missing: queue the lists again, nobody is added twice" if done.torn else ""
        return f"{_told(done, 'entries', 'users')}{again}"
    raise click.UsageError(f"{file} is neither meter.sqlite nor queues.sqlite: restore an archive from a copy")


def _meter(services: Services, file: Path, spent: float | None) -> str:
    from netwar.connections.sqlite_mending import is_whole
    from netwar.meter.sqlite_file import MIGRATIONS
    from netwar.meter.sqlite_mending import correct_meter, mend_meter

    micro = None if spent is None else round(spent * 1_000_000)
    if is_whole(file, MIGRATIONS):
        if micro is None:
            return f"{file} is whole, and left as it is; --spent DOLLARS corrects what counts as spent today"
        correct_meter(file, services.settings.app, micro)
        today = f"today counts as ${spent:,.2f}, or as what is booked if that is more, plus what was in doubt"
        return f"{file} is whole, and left as it is, but that {today}"
    done = mend_meter(file, services.settings.app, micro)
    until = (
        "what was spent today is not known: all of today's budget counts as spent until the day ends (UTC); "
        f"tw-mend {file} --spent DOLLARS{services.settings.named}  says what X's console shows"
        if spent is None
        else f"today counts as ${spent:,.2f}, plus what was in doubt"
    )
    gone = (
        "; of an app of which nothing is left nothing counts: --spent tells it, with a configuration of that app"
        if done.torn
        else ""
    )
    return f"{_told(done, 'charges', 'sums of charges')}; {until}{gone}"


def _told(done: Mended, table: str, what: str) -> str:
    torn = f"; not all could be read of: {', '.join(done.torn)}" if done.torn else ""
    return f"rebuilt with {done.rows[table]:,} {what}{torn}; the file as it was is {done.aside}"

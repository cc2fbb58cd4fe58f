"""What the programs that search share on the command line."""

from __future__ import annotations

from datetime import UTC, datetime


def ms(moment: datetime | None) -> int | None:
    """A time of the command line (UTC) in ms since 1970."""
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)


def check_order(since: datetime | None, until: datetime | None) -> None:
    """Raise UsageError for a time that ends before it begins."""
    from netwar.cli import click

    if since and until and since >= until:
        raise click.UsageError("--since has to be before --until")


def check_reach(since: int | None, until: int | None, lowest: int, latest: int, *, full: bool) -> None:
    """Raise UsageError or NetwarError where X finds nothing from `since` to `until`: it finds what was posted from `lowest` to
    before `latest` (all in ms)."""
    from netwar.cli import click
    from netwar.errors import NetwarError
    from netwar.records.times import shown

    if since is not None and until is not None and since >= until:
        raise click.UsageError("--since has to be before --until")
    if until is not None and until <= lowest:
        older = "older ids tell no time, so leave --until out" if full else "what is older needs --all"
        raise NetwarError(f"this reaches back to {shown(lowest)}: {older}")
    if since is not None and since >= latest:
        raise NetwarError(f"X finds nothing yet from after {shown(latest)}: run it again later")

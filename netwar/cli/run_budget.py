"""Dollars on a command line; and --budget: what the operator allows one run to spend, beside the budget of the day."""

from __future__ import annotations

from pathlib import Path

from netwar.cli import click

KEPT = "netwar.run_budget"  # among what click keeps of a command line


def dollars(context: click.Context, parameter: click.Parameter, given: str | None) -> int | None:
    """Micro-dollars of an option, None where it is not given; a callback of click's. Raises BadParameter."""
    if given is None:
        return None
    from netwar.config import values

    try:
        micro = values.dollars(given, values.Place(Path(), Path()))
    except ValueError:
        micro = None
    if micro is None:
        raise click.BadParameter(f"{given[:30]!r} is no amount of dollars such as 5 or 2.50", context, parameter)
    return micro


def _keep(context: click.Context, parameter: click.Parameter, given: str | None) -> None:
    micro = dollars(context, parameter, given)
    if micro is not None:
        context.meta[KEPT] = micro


BUDGET = click.option(
    "--budget",
    metavar="USD",
    expose_value=False,
    callback=_keep,
    help="Most that this run may spend; the budget of the day holds all the same.",
)


def run_budget(context: click.Context) -> int | None:
    """Micro-dollars; None where the command line does not say."""
    found = context.meta.get(KEPT)
    return found if isinstance(found, int) else None

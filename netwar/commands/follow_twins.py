"""What the programs for followers and for friends have in common: all but the direction."""

from __future__ import annotations

from netwar.cli import click, options
from netwar.cli.param_types import MOST_DAYS, Amount
from netwar.cli.services import Services
from netwar.commands.follows import FollowOptions, to_file, to_usertest
from netwar.commands.recording import FRESH, fresh_since

WAIT = options.wait("When the rate window is spent (300 pages in 15 minutes), wait for the next one.")
YES = options.yes("Do not ask; read as much as the budget allows.")

usertest_options = options.together(
    click.argument("user"),
    click.option("--store/--ids-only", default=True, help="Record whole profiles (the default), or queue ids alone."),
    options.queue("usertest", "Queue for ids without a profile."),
    FRESH,
    click.option("--every", type=Amount(0, MOST_DAYS), metavar="DAYS", help="Do nothing if the list was read in the last DAYS."),
    options.budget,
    WAIT,
    YES,
)
file_options = options.together(
    click.argument("user"),
    click.argument("file", required=False),
    click.option("--fresh", type=Amount(0, MOST_DAYS), metavar="DAYS", help="A list that was read in the last DAYS will do."),
    options.budget,
    WAIT,
    YES,
)


def into_usertest(
    services: Services,
    direction: str,
    *,
    user: str,
    store: bool,
    queue: str,
    fresh: float | None,
    every: float | None,
    wait: bool,
    yes: bool,
) -> str:
    """Record or queue everybody in a list (followers or following), as `usertest_options` say; the outcome."""
    wish = FollowOptions("store" if store else "queue", queue, fresh_since(services, fresh), wait, yes)
    return to_usertest(services, user, direction, wish, every=every)


def into_file(
    services: Services, direction: str, *, user: str, file: str | None, fresh: float | None, wait: bool, yes: bool
) -> str:
    """Write the ids of a list (followers or following) into a file, as `file_options` say; the outcome."""
    return to_file(services, user, direction, file, FollowOptions("ids", None, fresh_since(services, fresh), wait, yes))

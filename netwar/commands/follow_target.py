"""Whose list of followers is meant, what it costs, and whether the operator agrees."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from netwar.cli import click
from netwar.cli.metering import price
from netwar.cli.prompts import agreed
from netwar.cli.services import Services
from netwar.errors import Declined, NetwarError, OutOfBudget, ServiceDown

log = logging.getLogger("netwar.follows")

WORDS = {"followers": ("followers", "follower"), "following": ("friends", "following")}


@dataclass(frozen=True, slots=True)
class Listed:
    """A user of whom a list is read: `count` is how many are in it by X's profile, None if that was not told."""

    id: str
    name: str
    direction: Any
    count: int | None

    def __str__(self) -> str:
        return f"{WORDS[self.direction][0]} of {self.name or self.id}"

    @property
    def kind(self) -> str:
        """As what X bills an entry of the list."""
        return WORDS[self.direction][1]


class Priced(Protocol):
    """A list that X bills entry by entry, as what it calls `kind`; `count` is how many it says that there are, if it does."""

    @property
    def kind(self) -> str: ...
    @property
    def count(self) -> int | None: ...


def entry(user: str) -> str:
    """The user of a command line as a queue has them. Raises UsageError."""
    from netwar.records.entries import user as read

    try:
        return read(user.strip(), sound=True)
    except ValueError as error:
        raise click.UsageError(f"{user[:60]!r}: {error}") from error


def recorded(services: Services, user: str, direction: str, fresh: int = 0) -> Listed | None:
    """The user by id or name as the collection has them, if X showed them since `fresh` (ms)."""
    from netwar.profiles.status import load_statuses
    from netwar.records.dialects import public_count, username
    from netwar.records.documents import USERTEST

    asked = entry(user)
    known = load_statuses(services.archive, USERTEST, [asked])[asked]
    if known.profile is None or not known.is_open or known.at < fresh:
        return None
    return Listed(str(known.profile["id"]), username(known.profile), direction, public_count(known.profile, f"{direction}_count"))


def listed(services: Services, user: str, direction: str, fresh: int) -> Listed:
    """The same, looked up, and paid for, where the collection has no profile that is as young as `fresh`.

    Raises NetwarError for one who is not available, and ServiceDown where X says nothing.
    """
    from netwar.archive.base import Store
    from netwar.profiles.identity import who
    from netwar.profiles.status import load_statuses
    from netwar.profiles.user_history import ask
    from netwar.records.documents import USERTEST

    if found := recorded(services, user, direction, fresh):
        return found
    asked = entry(user)
    micro, answered = ask(services.twitter, Store(services.archive, services.spool), who(asked))
    log.info("the profile of %s was looked up for $%.3f", user, micro / 1e6)
    if found := recorded(services, user, direction):
        return found
    if not answered:
        raise ServiceDown(f"X said nothing about {user}, neither a profile nor why there is none: try again later")
    known = load_statuses(services.archive, USERTEST, [asked])[asked]
    said = known.record.detail if known.record else "X does not say why"
    raise NetwarError(f"{user} is not available: {known.standing or 'unknown'} ({said})")


def agree_on(services: Services, what: Priced, so_far: int, *, yes: bool) -> None:
    """Say what the rest of a list may cost, and have it agreed to: by the operator, by `yes`, or by a budget that covers it."""
    rest = None if what.count is None else max(what.count - so_far, 0)
    most = None if rest is None else services.money.price({what.kind: rest})
    told = f"{what}: {what.count:,}" if what.count is not None else f"{what}: X does not say how many"
    told += f", {so_far:,} of them are read" if so_far else ""
    told += f"; up to ${most / 1e6:,.2f}" if most is not None else f"; {price(what.kind)} each"
    agree_to(services, str(what), told, most, yes=yes)


def agree_to(services: Services, what: str, told: str, most: int | None, *, yes: bool) -> None:
    """The same of anything that costs at most so much (micro-dollars, None if it is not known); `told` says what and how much."""
    budget = services.settings.budget
    money = services.money
    left = max(budget - money.spent() - money.reserved() - money.doubtful(), 0)
    room = f"${left / 1e6:,.2f} of today's budget of ${budget / 1e6:,.2f} is left"
    allowed = left if services.run_budget is None else min(left, services.run_budget)
    if services.run_budget is not None:
        room += f"; --budget allows ${services.run_budget / 1e6:,.2f}"
    log.info("%s (%s)", told, room)
    if yes or most == 0:
        return
    if sys.stdin.isatty():
        if not agreed(f"Read the {what} for {'so much' if most is None else f'up to ${most / 1e6:,.2f}'}?"):
            raise Declined("nothing was read")
    elif most is None or most > allowed:
        higher = " and ".join(_raised(services, left, most))
        advice = "say --yes to read as much of it as the budget allows" + (f", or {higher}" if higher else "")
        raise OutOfBudget(f"{told}, and {room}: {advice}")


def _raised(services: Services, left: int, most: int | None) -> Iterator[str]:
    """Which budgets to raise for what costs at most so much, where so much of today's is left (micro-dollars)."""
    if most is None:
        return
    if services.run_budget is not None and most > services.run_budget:
        yield "give a higher --budget"
    if most > left:
        yield f"write a higher `budget = DOLLARS` under [API] in {services.settings.path}"

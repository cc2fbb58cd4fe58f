"""How the capture of timelines meets the operator: progress, estimate, outcome."""

from __future__ import annotations

import sys
from itertools import islice
from shlex import quote
from typing import Any

from netwar.cli import click
from netwar.cli.prompts import agreed
from netwar.cli.services import Services
from netwar.commands.recording import worked
from netwar.records.documents import tweets_index, users_index


def capture(services: Services, index: str, *, queue: str, limit: int | None, wait: bool, refresh: Any) -> str:
    """Run a capture and say what it did. What stopped it early is raised after that is said."""
    from netwar.archive.base import Store
    from netwar.timelines.worker import TimelineWorker

    waiting = services.queue(queue)

    def make(bar: Any) -> TimelineWorker:
        return TimelineWorker(
            waiting,
            services.twitter,
            Store(services.archive, services.spool),
            index,
            limit=limit,
            refresh=refresh,
            report=lambda user, progress: bar.update(0, f"{user}: {progress.posts:,} tweets, ${progress.micro / 1e6:.2f}"),
            user_done=lambda: bar.update(1),
            room=services.room,
        )

    filler = "tw-quser2work" if queue == "work" else f"tw-quser2work --queue {quote(queue)}"
    into = (tweets_index(index), users_index(index))
    return worked(services, waiting, into, make, limit=limit, wait=wait, filler=filler)


def estimated(services: Services, index: str, queue: str, limit: Any, *, ask: bool, yes: bool) -> str:
    """What recording the waiting users would cost."""
    from netwar.timelines import estimate

    def users() -> Any:
        return islice(services.queue(queue).waiting(), limit)

    bought = ""
    if ask:
        unknown = sum(1 for _ in estimate.unknown(users(), services.archive, index))
        bought = _bought(services, index, estimate.unknown(users(), services.archive, index), unknown, yes)
    return f"{estimate.estimate(users(), services.archive, services.money, index)}{bought}"


def _bought(services: Services, index: str, users: Any, unknown: int, yes: bool) -> str:
    from netwar.archive.base import Store
    from netwar.profiles.lookup import UserLookup
    from netwar.records.documents import users_index
    from netwar.records.text import plural

    if not unknown:
        return ""
    would_buy = f"{plural(unknown, 'profile')} for up to ${services.money.price({'user': unknown}) / 1e6:,.2f}"
    if not yes and not sys.stdin.isatty():
        raise click.UsageError(f"{would_buy} would be bought; where there is no terminal to ask on, say --yes")
    if not (yes or agreed(f"Buy {would_buy}?")):
        return "; nothing bought"
    look_ups = UserLookup(services.twitter, Store(services.archive, services.spool), users_index(index), index)
    look_ups.buy(users)
    bought = f"; profiles bought for ${look_ups.micro / 1e6:,.2f}"
    if look_ups.silent:
        return f"{bought}; X said nothing about {plural(look_ups.silent, 'user')}: try again"
    return f"{bought}; users still unknown do not exist or are not public"


def days(refresh: str | None) -> Any:
    """What --refresh was given: days, or everything."""
    from netwar.timelines.worker import Refresh

    if refresh is None:
        return None
    if refresh == "all":
        return Refresh(None)
    try:
        number = float(refresh)
    except ValueError:
        number = 0
    if not 0 < number < 100_000:
        raise click.UsageError(f"--refresh takes a number of days, not {refresh[:30]!r} (name INDEX before it)")
    return Refresh(number)

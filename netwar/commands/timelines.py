"""How the capture of timelines meets the operator: progress, estimate, outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from shlex import quote
from typing import Any

from netwar.cli import click
from netwar.cli.prompts import consented
from netwar.cli.services import Services
from netwar.commands.follow_target import entry
from netwar.commands.recording import read_so_far, worked
from netwar.errors import Busy, ItemsFailed
from netwar.records.documents import tweets_index, users_index
from netwar.records.text import plural


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What the operator asked for: the queue and, of those who need not wait on it, the users; most users of one run; whether to
    wait for rate windows; which posts to read again (a Refresh); how deep to read (Bounds)."""

    queue: str
    users: tuple[str, ...]
    limit: int | None
    wait: bool
    refresh: Any
    bounds: Any


def capture(services: Services, index: str, wish: CaptureOptions) -> str:
    """Run a capture and say what it did. What stopped it early is raised after that is said."""
    from netwar.archive.base import Store
    from netwar.timelines.worker import TimelineWorker

    waiting, away = _source(services, wish), list[str]()
    worker: TimelineWorker

    def make(bar: Any) -> TimelineWorker:
        nonlocal worker
        worker = TimelineWorker(
            waiting,
            services.twitter,
            Store(services.archive, services.spool),
            index,
            limit=wish.limit,
            refresh=wish.refresh,
            bounds=wish.bounds,
            report=lambda user, progress: bar.update(0, read_so_far(user, progress)),
            user_done=lambda: bar.update(1),
            room=services.room,
            away=lambda user, no: away.append(f"{user} is not available: {no.outcome} ({no.detail})") if wish.users else None,
        )
        return worker

    into = (tweets_index(index), users_index(index))
    filler = "" if wish.users else "tw-quser2work" if wish.queue == "work" else f"tw-quser2work --queue {quote(wish.queue)}"
    try:
        outcome = "; ".join([worked(services, waiting, into, make, limit=wish.limit, wait=wish.wait, filler=filler), *away])
    except ItemsFailed as error:
        raise ItemsFailed("; ".join([str(error), *away])) from error
    if wish.users and (busy := [*waiting.busy, *worker.summary.elsewhere]):
        raise _busy(outcome, wish.queue, busy)
    if away:
        raise ItemsFailed(outcome)
    return outcome


def _busy(outcome: str, queue: str, users: list[str]) -> Busy:
    whose = f"tw-showwork --queue {quote(queue)} tells whose it is"
    return Busy(f"{outcome}; being recorded by another run now: {', '.join(users)} ({whose}); run again when it is done")


def _source(services: Services, wish: CaptureOptions) -> Any:
    """Where users are taken from: the queue, or those who are named."""
    if not wish.users:
        return services.queue(wish.queue)
    from netwar.work.named_users import NamedUsers

    return NamedUsers(services.queue(wish.queue), map(entry, wish.users), keep=bool(wish.bounds.words))


def bounds(most: int | None, since: datetime | None) -> Any:
    """What --most and --since were given. Raises UsageError for a day before X's ids told times."""
    from netwar.records.ids import SNOWFLAKE_EPOCH
    from netwar.timelines.bounds import Bounds

    if since is None:
        return Bounds(most)
    ms = int(since.replace(tzinfo=UTC).timestamp()) * 1000
    if ms < SNOWFLAKE_EPOCH:
        raise click.UsageError("--since takes a day from 2010-11-05 on: older ids do not tell when a tweet was posted")
    return Bounds(most, ms)


def estimated(services: Services, index: str, wish: CaptureOptions, *, ask: bool, yes: bool) -> str:
    """What recording the waiting users, or those who are named, would cost."""
    from netwar.timelines import estimate

    def users() -> Any:
        return islice(_source(services, wish).waiting(), wish.limit)

    bought = ""
    if ask:
        unknown = sum(1 for _ in estimate.unknown(users(), services.archive, index))
        bought = _bought(services, index, estimate.unknown(users(), services.archive, index), unknown, yes)
    full = services.settings.expand == "full"
    return f"{estimate.estimate(users(), services.archive, services.money, index, wish.bounds, full=full)}{bought}"


def _bought(services: Services, index: str, users: Any, unknown: int, yes: bool) -> str:
    from netwar.archive.base import Store
    from netwar.profiles.lookup import UserLookup
    from netwar.records.documents import users_index

    if not unknown:
        return ""
    would_buy = f"{plural(unknown, 'profile')} for up to ${services.money.price({'user': unknown}) / 1e6:,.2f}"
    if not consented(f"{would_buy} would be bought", f"Buy {would_buy}?", yes=yes):
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

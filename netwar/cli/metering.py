"""Whose money a program spends: the app of its configuration, counted in Redis, or in a file that this host's programs share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netwar.errors import NetwarError

log = logging.getLogger("netwar.meter")

if TYPE_CHECKING:
    from netwar.cli.services import Services
    from netwar.meter.base import Apps, Money, Windows


def money(services: Services) -> Money:
    """The money of the app, within the budget of the configuration."""
    app, settings = app_of(services), services.settings
    told: dict[str, Any] = {"config": str(settings.path)}
    if services.redis is not None:
        from netwar.meter.redis import RedisMoney

        return RedisMoney(services.redis, app, services.run, settings.budget, **told)
    from netwar.meter.sqlite import SqliteMoney

    return SqliteMoney(services.data / "meter.sqlite", app, services.run, settings.budget, looks=services.looks, **told)


def money_of(services: Services, app: str) -> Money:
    """The money of another app, whose budget is known only as far as its runs have told it: else it is EVERYTHING."""
    from netwar.meter.base import EVERYTHING

    if services.redis is not None:
        from netwar.meter.redis import RedisMoney

        return RedisMoney(services.redis, app, services.run, EVERYTHING)
    from netwar.meter.sqlite import SqliteMoney

    return SqliteMoney(services.data / "meter.sqlite", app, services.run, EVERYTHING, looks=services.looks)


def windows(services: Services) -> Windows:
    """The rate windows."""
    if services.redis is not None:
        from netwar.meter.redis import RedisWindows

        return RedisWindows(services.redis)
    from netwar.meter.sqlite import SqliteWindows

    return SqliteWindows(services.data / "meter.sqlite", looks=services.looks)


def clock(services: Services) -> Callable[[], int | None]:
    """Tells what time it is at X (ms); None while no answer has told it, or the meter is away."""

    def now() -> int | None:
        try:
            return int(services.money.now() * 1000) if services.money.told() else None
        except NetwarError:
            return None

    return now


def apps(services: Services) -> Apps:
    """Which app the bearer tokens belong to."""
    if services.redis is not None:
        from netwar.meter.redis import RedisApps

        return RedisApps(services.redis)
    from netwar.meter.sqlite import SqliteApps

    return SqliteApps(services.data / "meter.sqlite", looks=services.looks)


@lru_cache(maxsize=4)
def app_of(services: Services) -> str:
    """The app whose money is spent. A bearer token alone is known by what tw-auth has recorded of it; if it has not, that is
    told, once, since X bills the app, whatever it is asked with."""
    settings = services.settings
    if settings.consumer_key or not settings.bearer_token:
        return settings.app
    known = services.apps.of(settings.app)
    if known is None:
        log.warning(
            "%s has a bearer_token alone, and it is not known which app that belongs to: what is spent with it is counted apart "
            "from what is spent with the app's consumer_key. Write consumer_key into that file, too, or run tw-auth for that app",
            settings.path,
        )
    return known or settings.app


def price(kind: str) -> str:
    """What X charges for one object of a kind, as people are told it, with three decimal places."""
    from netwar.meter.prices import each

    return f"${each(kind) / 1e6:.3f}"


def here() -> str:
    """The name of this host, as budgets and runs note it."""
    from netwar.connections.runs import HOST

    return HOST


def scope(services: Services) -> str:
    """What is counted together."""
    from netwar.connections.runs import HOST

    if services.redis is not None:
        return f"counted together: all hosts that use Redis at {services.redis.address}"
    return f"counted together: the programs on {HOST} that use {services.data}; what other hosts spend is not known without Redis"


def belongs(services: Services, bearer: str, consumer_key: str) -> None:
    """Record that X gave out a bearer token for an app: wherever that token stands alone, the app is known by it."""
    from netwar.config import short

    try:
        services.apps.record(short(bearer), short(consumer_key))
    except NetwarError as error:
        log.warning("which app the bearer token belongs to could not be recorded: %s; run tw-auth again later", error)

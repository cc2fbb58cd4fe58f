"""What whoever holds the app's stream connection works with, put together out of services."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from netwar.cli.archiving import though_away
from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.captures.base import Holder, Live
    from netwar.streams.counters import Unfilled
    from netwar.streams.stores import Stores

log = logging.getLogger("netwar.streams")


def prepare(services: Services) -> None:
    """Load and open beforehand what takes time: whoever takes the connection has to be heard of before the lease is over."""
    from netwar.streams import holder, keeper, refill, rejects  # noqa: F401

    _ = services.money, services.streaming, services.spool


def hold(
    services: Services,
    holder: Holder,
    tell: Callable[[Live], None],
    chores: Sequence[Callable[[], None]] = (),
    *,
    once: bool = False,
) -> None:
    """Hold the connection until a signal comes (it is raised on), nothing is on any more, or another process holds.

    `chores` are the keeper's. Raises FenceLost, OutOfBudget with `once`, and what no waiting mends.
    """
    from netwar.streams.holder import Hold
    from netwar.streams.keeper import Keeper

    beside = services.for_config(services.settings.path)  # the keeper's own: its requests must not wait for those of others

    def keeper(live: Callable[[], Live]) -> Keeper:
        return Keeper(services.captures, beside.streaming, holder.fence, live, chores)

    Hold(stores(services, holder.index), holder, keeper, once=once).run(tell)


def stores(services: Services, index: str) -> Stores:
    """What the holder of the connection works with, for whose capture `index` was begun."""
    from netwar.streams.rejects import Rejects
    from netwar.streams.stores import Stores

    settings = services.settings
    folder = services.data / "streams" / settings.app

    def newcomers(index: str, users: Sequence[str]) -> None:
        added = services.queue("usertest").put(users)
        log.debug("%s: %d authors are not recorded yet, %d of them are new on usertest", index, len(users), added)

    return Stores(
        services.captures,
        services.streaming,
        though_away(services, index),
        services.money,
        folder,
        Rejects(folder / "rejected").keep,
        newcomers,
        settings.account or "",
        services.command,
        refilling(services),
    )


def refilling(services: Services) -> Callable[[Live], dict[str, Unfilled]]:
    """What fills gaps: for a thread of its own, with an archive of its own, which are opened once they are needed."""
    from netwar.archive.base import Store
    from netwar.commands.recording import replayed
    from netwar.streams.refill import Refiller

    filling = services.for_config(services.settings.path)

    @cache
    def refiller() -> Refiller:
        store = Store(filling.archive, filling.spool)
        return Refiller(store, filling.twitter, filling.captures, filling.money, services.command)

    def refill(live: Live) -> dict[str, Unfilled]:
        if before := replayed(filling):
            log.info("%s", before.removesuffix("; "))
        return refiller().step(live, filling.spool.held)

    return refill

"""Holding the app's stream connection on a terminal: the recorder's stores put together, and one line that tells how it goes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.captures.base import Holder, Live
    from netwar.streams.holder import Stores

log = logging.getLogger("netwar.streams")


def hold(
    services: Services,
    holder: Holder,
    tell: Callable[[Live], None],
    chores: Sequence[Callable[[], None]] = (),
    *,
    once: bool = False,
) -> None:
    """Hold the connection until a signal comes (it is raised on), nothing is on any more, or another process holds.

    Raises FenceLost, OutOfBudget with `once`, and what no waiting mends.
    """
    from netwar.streams.holder import Hold

    Hold(stores(services), holder, once=once, chores=chores).run(tell)


def stores(services: Services) -> Stores:
    """What the holder of the connection works with."""
    from netwar.streams.holder import Stores
    from netwar.streams.rejects import Rejects

    settings = services.settings
    folder = services.data / "streams" / settings.app

    def newcomers(index: str, users: Sequence[str]) -> None:
        added = services.queue("usertest").put(users)
        log.debug("%s: %d authors are not recorded yet, %d of them are new on usertest", index, len(users), added)

    return Stores(
        services.captures,
        services.streaming,
        services.archive,
        services.money,
        folder,
        Rejects(folder / "rejected").keep,
        newcomers,
        settings.account or "",
        services.command,
    )

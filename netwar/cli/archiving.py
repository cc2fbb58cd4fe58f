"""The archive where it may be away: for those who go on without it for a while."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.archive.base import Archive
    from netwar.cli.services import Services

log = logging.getLogger("netwar.archive")


def whenever_there(services: Services) -> Archive:
    """The archive, opened when it is first used; whoever uses it while it is away is told so by ServiceDown, each time."""
    from netwar.archive.awaited import awaited

    return awaited(lambda: services.archive)


def though_away(services: Services, index: str) -> Archive:
    """The archive, which may be away where it has taken posts of a capture (index) before: what comes can wait on disk then.

    Raises ServiceDown for one that is away and is not known to take them."""
    from netwar.archive.awaited import Taken, awaited
    from netwar.errors import ServiceDown
    from netwar.records.documents import tweets_index

    if not services.settings.elksg:
        return services.archive
    taken = Taken(services.data / "taken", services.settings.elksg)
    try:
        services.archive  # noqa: B018  (what is wrong with rights or set-up is told now)
    except ServiceDown as error:
        if tweets_index(index) not in taken:
            hint = f"it has taken nothing of {index} from this data folder yet, so it has to be there when that begins"
            raise ServiceDown(f"{error}; {hint}") from error
        log.warning("%s; what comes waits in segments on disk until then", error)
    return awaited(lambda: services.archive, taken)

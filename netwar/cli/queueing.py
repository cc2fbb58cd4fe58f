"""Which users wait for work: in Redis, or in a file that this host's programs share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.cli.services import Services
    from netwar.queues.base import Queue
    from netwar.queues.overview import Overview
    from netwar.queues.roster import Roster

MAX_BYTES = 60  # of a queue's name, which becomes part of a file's


def queue(services: Services, name: str) -> Queue:
    """A queue by a name that an operator gave. Raises UsageError for what cannot name one."""
    import click

    if not (name and name.isprintable() and len(name.encode()) <= MAX_BYTES):
        raise click.UsageError(f"{name[:30]!r} cannot name a queue: use a word of at most {MAX_BYTES} characters")
    if name.startswith("tw:"):
        raise click.UsageError(f"{name!r} cannot name a queue: tw: begins the recorder's own keys in Redis")
    if services.redis is not None:
        from netwar.queues.redis import RedisQueue
        from netwar.queues.redis_overview import used

        if not services.looks:
            used(services.redis, name)
        return RedisQueue(services.redis, name, services.run)
    from netwar.queues.sqlite import SqliteQueue

    return SqliteQueue(services.data / "queues.sqlite", name, services.run, looks=services.looks)


def overview(services: Services) -> Overview:
    """All queues and rosters at a glance."""
    if services.redis is not None:
        from netwar.queues.redis_overview import RedisOverview

        return RedisOverview(services.redis)
    from netwar.queues.sqlite_overview import SqliteOverview

    return SqliteOverview(services.data / "queues.sqlite")


def roster(services: Services, index: str, observer: str = "") -> Roster:
    """Who is on the lists of the account, or of another observer, and recorded into an index."""
    observer = observer or services.observer
    if services.redis is not None:
        from netwar.queues.redis_overview import tracked
        from netwar.queues.redis_roster import RedisRoster

        if not services.looks:
            tracked(services.redis, observer, index)
        return RedisRoster(services.redis, observer, index, services.run)
    from netwar.queues.sqlite_roster import SqliteRoster

    return SqliteRoster(services.data / "queues.sqlite", observer, index, services.run, looks=services.looks)

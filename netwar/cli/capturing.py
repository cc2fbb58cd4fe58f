"""What an app's one stream connection records: kept in Redis, or in a file that this host's programs share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netwar.cli import metering

if TYPE_CHECKING:
    from netwar.captures.base import Captures
    from netwar.cli.services import Services


def captures(services: Services, app: str = "") -> Captures:
    """The captures of an app; of that of the configuration where none is named."""
    app = app or metering.app_of(services)
    if services.redis is not None:
        from netwar.captures.redis import RedisCaptures

        return RedisCaptures(services.redis, app, services.run)
    from netwar.captures.sqlite import SqliteCaptures

    return SqliteCaptures(services.data / "streams.sqlite", app, services.run, looks=services.looks)

"""Secrets as they travel: what a server, or a proxy before it, may repeat in an error."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netwar.config.settings import Settings


def sent(settings: Settings) -> Iterator[str]:
    """User and password, or an API key, in the form that the header Authorization has, without what pads it at its end."""
    for user, password in ((settings.elksguser, settings.elksgpass), (settings.neo4juser, settings.neo4jpass)):
        if password:
            yield _packed(f"{user or ''}:{password}")
    if key := settings.elksgkey:
        yield from (_packed(key), key.partition(":")[2]) if ":" in key else _parts(key)


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _parts(key: str) -> Iterator[str]:
    """The key in ID:KEY, of which Kibana shows the whole in base64; nothing for what is no such thing."""
    try:
        yield base64.b64decode(key, validate=True).decode().partition(":")[2]
    except ValueError:
        return

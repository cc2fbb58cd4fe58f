"""Secrets as they travel: what a server, or a proxy before it, may repeat in an error."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator


def sent(users: Iterable[tuple[str | None, str | None]], key: str | None) -> Iterator[str]:
    """Users with their passwords, and an API key, as the header Authorization has them, without what pads them at their end."""
    for user, password in users:
        if password:
            yield _packed(f"{user or ''}:{password}")
    if key:
        yield from (_packed(key), key.partition(":")[2]) if ":" in key else _parts(key)


def _packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _parts(key: str) -> Iterator[str]:
    """The key in ID:KEY, of which Kibana shows the whole in base64; nothing for what is no such thing."""
    try:
        yield base64.b64decode(key, validate=True).decode().partition(":")[2]
    except ValueError:
        return

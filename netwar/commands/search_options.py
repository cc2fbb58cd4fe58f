"""What the programs that search share on the command line."""

from __future__ import annotations

from datetime import UTC, datetime


def ms(moment: datetime | None) -> int | None:
    """A time of the command line (UTC) in ms since 1970."""
    return None if moment is None else int(moment.replace(tzinfo=UTC).timestamp() * 1000)

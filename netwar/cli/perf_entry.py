"""Entries of the perflog as this host, and whoever is signed in here, write them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from netwar.board.base import Entry
from netwar.connections.runs import HOST


def entry(screen_name: str, event: str, run: Mapping[str, Any] | None = None) -> Entry:
    """What happened now, here."""
    return Entry(HOST, shell(), screen_name, event, datetime.now(UTC).isoformat(timespec="milliseconds"), run or {})


def shell() -> str:
    """The Unix user."""
    from pwd import getpwuid

    with suppress(KeyError):
        return getpwuid(os.geteuid()).pw_name
    return str(os.geteuid())

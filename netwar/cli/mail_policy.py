"""What -q keeps from the operator: what passes by itself, and, for the rest of the day, what was told on it already."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from netwar.cli.services import Services
from netwar.connections.folders import made, opened, own
from netwar.errors import Busy, NetwarError, OutOfBudget, OutOfCredit, RateLimited, UsageCapped

PASSING = (Busy, RateLimited)  # the next run of a minute later finds it gone
LASTING = (OutOfBudget, OutOfCredit, UsageCapped)


def untold(error: NetwarError, services: Services) -> bool:
    """Whether -q leaves this unsaid. The exit status stays.

    What lasts for the day is told once a UTC day for each configuration: a file of this user's beside the runs says on which
    day that was. Where it cannot be written, the error is told.
    """
    if isinstance(error, PASSING):
        return True
    if isinstance(error, LASTING):
        with suppress(NetwarError, OSError):
            return _told_today(services.data / "runs" / f"{services.settings.instance}-{type(error).__name__}.told")
    return False


def _told_today(stamp: Path) -> bool:
    today = datetime.now(UTC).date().isoformat().encode()
    with os.fdopen(opened(own(made(stamp.parent) / stamp.name), os.O_RDWR, own=True), "rb+") as file:
        if file.read(len(today) + 1) == today:
            return True
        file.seek(0)
        file.write(today)
        file.truncate()
    return False

"""Telling what stays wrong: each minute another run from the crontab finds it, and -q mails what is warned of."""

from __future__ import annotations

import hashlib
import logging

from netwar.queues.roster import Roster

log = logging.getLogger("netwar.tracking")

DAY = 86_400.0


def tell(roster: Roster, what: str) -> None:
    """Warn of something, in the first of the day's runs that finds it; in the others it is only said."""
    first = roster.turn(f"told {hashlib.sha256(what.encode()).hexdigest()[:16]}", DAY)
    log.log(logging.WARNING if first else logging.INFO, "%s", what)

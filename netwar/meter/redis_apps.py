"""Which app a bearer token belongs to, in Redis."""

from __future__ import annotations

import json
from pathlib import Path

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.meter.days import DAY, DAYS_KEPT

TOKENS = "tw:apps"
KINDS = ("spent", "reservations", "budgets")


class RedisApps:
    """Fills the contract `netwar.meter.base.Apps`: the hash tw:apps says token -> app.

    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def of(self, token: str) -> str | None:
        found = self._server.hget(TOKENS, token)
        return found.decode() if found else None

    def record(self, token: str, app: str) -> None:
        moved = self._booked(token) if token != app else []
        keys = [TOKENS, *(f"tw:money:{name}:{key}" for key in (*KINDS, *moved) for name in (token, app))]
        self._steps.once("record", keys, token, app, DAYS_KEPT * DAY)

    def _booked(self, token: str) -> list[str]:
        """What was booked for a token alone: charges by day, and what was paid for by day and kind."""
        keys = []
        for day in sorted(day.decode() for day in self._server.hkeys(f"tw:money:{token}:spent")):
            charges = f"charges:{day}"
            kinds = {json.loads(field)[2] for field in self._server.hkeys(f"tw:money:{token}:{charges}")}
            keys += [charges, *(f"paid:{day}:{kind}" for kind in sorted(kinds))]
        return keys

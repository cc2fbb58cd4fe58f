"""Rate windows in Redis, for every host that asks with the token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from netwar.connections.redis import Server
from netwar.connections.redis_steps import Steps
from netwar.meter.base import LONGEST_WINDOW, SAME_WINDOW, WINDOW_SECONDS, Window


class RedisWindows:
    """Fills the contract `netwar.meter.base.Windows`.

    In Redis the times are those of the server's clock (see redis_windows.lua), here those of ours.
    Raises ServiceDown and ConfigError as every Server does.
    """

    def __init__(self, server: Server, clock: Callable[[], float] | None = None) -> None:
        self._server = server
        self._clock = clock or server.clock
        self._steps = Steps(server, Path(__file__).with_suffix(".lua"))

    def take(self, token: str, endpoint: str, limit: int) -> float | None:
        """A window whose reset has passed is open anew, as wide as X last told."""
        now = self._clock()
        wait = self._do("take", token, endpoint, now, limit, now + WINDOW_SECONDS, LONGEST_WINDOW)
        return None if wait is None else float(wait)

    def update(self, token: str, endpoint: str, *, limit: int, remaining: int, reset: float) -> None:
        """An answer of an earlier window, that came late, tells nothing any more."""
        self._do("update", token, endpoint, self._clock(), limit, remaining, reset + self._ahead, LONGEST_WINDOW, SAME_WINDOW)

    def block_until(self, token: str, endpoint: str, until: float) -> None:
        self._do("block_until", token, endpoint, self._clock(), until + self._ahead)

    def windows(self, *tokens: str) -> list[list[Window]]:
        """Those that an answer has told of. Two questions, however many there are."""
        endpoints = self._server.all_of([("SMEMBERS", f"tw:windows:{token}") for token in tokens])
        named = [(place, endpoint) for place, its in enumerate(endpoints) for endpoint in sorted(map(bytes.decode, its))]
        told = self._server.all_of([("HGETALL", f"tw:window:{tokens[place]}:{endpoint}") for place, endpoint in named])
        found: list[list[Window]] = [[] for _ in tokens]
        for (place, endpoint), fields in zip(named, told, strict=True):
            if b"seen" in fields:
                found[place].append(self._window(endpoint, fields))
        return found

    def _window(self, endpoint: str, told: dict[bytes, bytes]) -> Window:
        closed, ahead = float(told.get(b"closed", 0)), self._ahead
        spent = closed > self._clock()
        reset = closed if spent else float(told[b"reset"])
        remaining = 0 if spent else int(told[b"remaining"])
        return Window(endpoint, int(told[b"limit"]), remaining, reset - ahead, float(told[b"seen"]) - ahead)

    @property
    def _ahead(self) -> float:
        """By how many seconds the server's clock is ahead of ours."""
        return float(getattr(self._clock, "ahead", 0.0))

    def _do(self, step: str, token: str, endpoint: str, *arguments: Any) -> Any:
        return self._steps.once(step, [f"tw:window:{token}:{endpoint}", f"tw:windows:{token}"], endpoint, *arguments)

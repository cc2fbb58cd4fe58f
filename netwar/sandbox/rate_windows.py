"""Rate windows: so many requests of one token to one endpoint in 15 minutes."""

from __future__ import annotations

from typing import NamedTuple


class State(NamedTuple):
    """A window after a request was counted; `reset` in ms."""

    limit: int
    remaining: int
    reset: int
    allowed: bool

    def headers(self) -> dict[str, str]:
        return {
            "x-rate-limit-limit": str(self.limit),
            "x-rate-limit-remaining": str(self.remaining),
            "x-rate-limit-reset": str(-(-self.reset // 1000)),
        }


class Windows:
    """The windows of all tokens. A window opens with the first request and lasts `length` ms."""

    def __init__(self, length: int = 900_000) -> None:
        self.length = length
        self._open: dict[tuple[str, str], tuple[int, int]] = {}  # (used, reset)

    def take(self, token: str, endpoint: str, limit: int, now: int, length: int | None = None) -> State:
        """Count a request; `length` of this window, if it is not the usual one."""
        length = self.length if length is None else length
        used, reset = self._open.get((token, endpoint), (0, 0))
        if now >= reset or reset > now + length:
            used, reset = 0, now + length
        allowed = used < limit
        self._open[token, endpoint] = (used + allowed, reset)
        return State(limit, max(0, limit - used - 1), reset, allowed)

    def clear(self) -> None:
        self._open.clear()

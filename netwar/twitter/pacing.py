"""Rate windows: each request counted before it is made, and what X's headers tell remembered for all who ask with the token."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from netwar.config import short
from netwar.errors import RateLimited, ServiceDown
from netwar.meter.base import LONGEST_WINDOW, Window, Windows
from netwar.twitter.clock import XClock
from netwar.twitter.endpoints import Endpoint
from netwar.twitter.problems import Reply

if TYPE_CHECKING:
    from netwar.config import Settings

MAX_LIMIT, MAX_SECONDS = 10**9, 10**11  # what is more is no rate limit and no time

SLACK = 2.0  # seconds; X tells times in whole ones


class Pace:
    """The windows of the tokens that a configuration has."""

    def __init__(self, settings: Settings, windows: Windows, clock: XClock) -> None:
        self._settings = settings
        self._windows = windows
        self._clock = clock

    def take(self, endpoint: Endpoint) -> None:
        """Count the request in its rate window. Raises RateLimited when it is spent."""
        wait = self._windows.take(self.token(endpoint), endpoint.name, endpoint.limit(self._settings.auth))
        if wait:
            raise RateLimited(f"the rate window of {endpoint.name} is spent: run again in {wait:.0f} s, when it opens", wait)

    def block(self, endpoint: Endpoint, wait: float) -> None:
        """X said that the window is spent, for so many seconds."""
        self._windows.block_until(self.token(endpoint), endpoint.name, time.time() + wait)

    def remember(self, endpoint: Endpoint, reply: Reply) -> float | None:
        """Hand the rate headers to the meter; seconds until the window opens anew, None if X did not say.

        X's reset time is on X's clock: only its distance from the answer's own date is used. An answer that is none of X's own
        tells nothing: what stands before X sends any numbers.
        """
        if reply.is_foreign:
            return None
        try:
            limit, remaining, reset = (int(reply.headers[f"x-rate-limit-{part}"]) for part in ("limit", "remaining", "reset"))
        except (KeyError, ValueError):
            return None
        if not (0 <= remaining <= limit <= MAX_LIMIT and 0 <= reset <= MAX_SECONDS):
            return None
        at = reply.date.timestamp() if reply.date else self._clock.now() / 1000
        wait = min(max(reset - at, 0.0), LONGEST_WINDOW)
        if endpoint.spacing and wait <= SLACK + endpoint.spacing:  # it tells of a second, not of the window
            return wait or None
        with suppress(ServiceDown):  # the answer may have been paid for; whoever asks next is told
            self._windows.update(self.token(endpoint), endpoint.name, limit=limit, remaining=remaining, reset=time.time() + wait)
        return wait if wait else None

    def window(self, endpoint: Endpoint) -> Window:
        """The rate window, as X last told; one that has not begun is open, and before X has told as wide as is documented."""
        [windows] = self._windows.windows(self.token(endpoint))
        width = endpoint.limit(self._settings.auth)
        known = next((one for one in windows if one.endpoint == endpoint.name), Window(endpoint.name, width, width, 0.0, 0.0))
        return known if known.reset > time.time() else replace(known, remaining=known.limit)

    def token(self, endpoint: Endpoint) -> str:
        """What stands for the token that an endpoint is asked with."""
        return token_of(self._settings, endpoint)


def token_of(settings: Settings, endpoint: Endpoint) -> str:
    """What stands for the token of a configuration that an endpoint is asked with."""
    return short((settings.access_token_key if endpoint.signed(settings.auth) else settings.bearer_token) or "")

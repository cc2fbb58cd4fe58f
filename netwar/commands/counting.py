"""How requests for counts meet the rate window: what it has no room for is not begun, as each costs and nothing of it is kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from netwar.cli.services import Services

if TYPE_CHECKING:
    from netwar.twitter.base import Counted


def check_window(services: Services, count: int, *, full: bool, cure: str) -> None:
    """Raises NetwarError for more requests than a rate window takes at all, with what to do about that, and RateLimited for more
    than this one takes now."""
    from netwar.errors import NetwarError, RateLimited
    from netwar.meter.base import WINDOW_SECONDS
    from netwar.records.text import plural

    window = services.twitter.counts_window(full=full)
    wanted = f"{plural(count, 'request')} for counts"
    if count > window.limit:
        raise NetwarError(f"{wanted} are more than the {window.limit:,} that X takes in {WINDOW_SECONDS // 60} minutes: {cure}")
    if count > window.remaining:
        wait = max(window.reset - time.time(), 1.0)
        left = f"X takes {window.remaining:,} more in this rate window"
        raise RateLimited(f"{wanted}, and {left}: run again in {wait:.0f} s, when the next one opens", wait)


class Counting:
    """X's counts as a run asks for them: spent rate windows are waited out where the operator wants that. `micro` is what they
    cost, also when an error ends them (micro-dollars)."""

    def __init__(self, services: Services, *, wait: bool) -> None:
        self.micro = 0
        self._services = services
        self._wait = wait

    def now(self) -> int:
        """What time it is at X (ms)."""
        return self._services.twitter.now()

    def counts(self, query: str, **how: Any) -> Counted:
        """See Twitter.counts."""
        from netwar.errors import RateLimited
        from netwar.work.loop import tell_of_waiting

        while True:
            try:
                counted = self._services.twitter.counts(query, **how)
            except RateLimited as limited:
                if not self._wait:
                    raise
                tell_of_waiting(limited.wait, f"{self.told} so far")
                self._services.report.sleep(limited.wait)
            else:
                self.micro += counted.micro
                return counted

    @property
    def told(self) -> str:
        """What they cost, in words."""
        return f"counting cost ${self.micro / 1e6:,.3f}"

    @contextmanager
    def told_in_the_end(self) -> Iterator[None]:
        """What ends the counting early is raised with a note of what it cost."""
        from netwar.cli.signals import Stopped
        from netwar.errors import NetwarError

        try:
            yield
        except (NetwarError, Stopped) as error:
            if self.micro:
                error.add_note(f"{self.told} and brought no post; the next run counts anew")
            raise

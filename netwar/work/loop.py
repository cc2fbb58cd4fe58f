"""What the workers on a queue have in common: how they meet spent rate windows, and an X that fails."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from netwar.errors import BadRequest, ClockOff, KeysRefused, NotNow, RateLimited
from netwar.queues.base import Claim, Queue
from netwar.records.dialects import Object
from netwar.records.documents import SLIP_MS
from netwar.records.text import waiting
from netwar.twitter.base import TransientError
from netwar.work.summary import Summary

log = logging.getLogger("netwar.work")

TROUBLES = 3

# What X says instead of an answer, and perhaps for the sake of one user whom it was asked about.
Trouble = TransientError | BadRequest | KeysRefused | NotNow
TROUBLE = (TransientError, BadRequest, KeysRefused, NotNow)


def said(trouble: Trouble) -> str:
    """What X said, without the advice about our keys, which would mislead."""
    return trouble.what if isinstance(trouble, TransientError) else trouble.reason or str(trouble)


def lies_with_us(trouble: Trouble) -> bool:
    """Whether it is surely not for the sake of a user: an answer that did not arrive, or what our clock says."""
    return isinstance(trouble, ClockOff) or (isinstance(trouble, TransientError) and trouble.billed)


def since_queued(claim: Claim, at: int, now: int) -> bool:
    """Whether X spoke of a user at a time (ms) since they were queued; `now` (ms) is the time at X.

    How long they have waited is told by our own clock, so it does not matter what that says. A time that is yet to come is
    that of a host whose clock was ahead.
    """
    if claim.queued is None:
        return False
    return now - (time.time() - claim.queued) * 1000 <= at <= now + SLIP_MS


def run_through_rate_limits(
    work: Callable[[], None], queue: Queue, summary: Summary, *, wait: bool, sleep: Callable[[float], None] = time.sleep
) -> Summary:
    """Work until it is done. A spent rate window ends it, and the summary tells so; with `wait` it is waited out."""
    while True:
        try:
            with gc_paused():
                work()
            return summary
        except RateLimited as limited:
            if not wait:
                summary.limited = (
                    f"the account may ask no more for {limited.wait:.0f} s, {waiting(len(queue))}: run again then, or with --wait"
                )
                return summary
            tell_of_waiting(limited.wait, waiting(len(queue)))
            sleep(limited.wait)


def tell_of_waiting(seconds: float, what: str) -> None:
    """Say, once, that a rate window is waited for, and until when; `what` goes on then."""
    until = datetime.fromtimestamp(time.time() + seconds, UTC).strftime("%H:%M:%S UTC")
    log.info("the rate window of the account is spent: waiting, as --wait says, until %s (%.0f s); %s", until, seconds, what)


class FailureStreak:
    """How often X has failed in a row."""

    def __init__(self) -> None:
        self._count = 0

    def over(self) -> None:
        """X answered."""
        self._count = 0

    def met(self, passing: TransientError, what: str) -> None:
        """X failed with `what`, which is tried again. Raises TransientError at the third time in a row."""
        self._count += 1
        log.warning("%s: %s; back on the queue", what, passing.what)
        if self._count == TROUBLES:
            raise TransientError(f"X failed {TROUBLES} times in a row ({passing.what})", passing.advice) from passing


def check_fields(objects: Iterable[Object], names: Iterable[str]) -> None:
    """Warn of fields that none of the objects has: X drops field names that it no longer knows, silently, and bills all
    the same."""
    objects = list(objects)
    for name in names:
        if not any(name in one for one in objects):
            log.warning("X NO LONGER SENDS %s THOUGH IT WAS ASKED FOR: check for a newer version before you pay for more", name)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Leave reference cycles alone until told to collect.

    A page is tens of thousands of small objects without a cycle among them. Python's collector looks through them again and
    again while they are made, which costs a seventh of the whole client's time (benchmarks/client.py).
    """
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()

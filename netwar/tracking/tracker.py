"""A run over an observer's lists: they are read again when it is time, and whoever's turn it is is recorded.

Newcomers go first, then the round. When nobody is left of either the next round begins, of those who are due.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from netwar.queues.roster import Roster
from netwar.records.text import plural
from netwar.timelines.worker import TimelineWorker
from netwar.tracking.listing import Listing
from netwar.tracking.rounds import Rounds
from netwar.twitter.base import Twitter
from netwar.work.summary import Summary
from netwar.work.tracked import TrackedUsers

log = logging.getLogger("netwar.tracking")

NAP = 60.0  # seconds until it is looked anew whether somebody waits for too long, or is due

Make = Callable[[TrackedUsers], TimelineWorker]


class Tracker:
    """One run of one observer. `make(queue)` makes the worker that records timelines; the lists are read again every `relist`
    seconds, by one run of all that share the roster."""

    def __init__(self, roster: Roster, twitter: Twitter, listing: Listing, rounds: Rounds, make: Make, *, relist: float) -> None:
        self._roster = roster
        self._twitter = twitter
        self._listing = listing
        self._rounds = rounds
        self._relist = relist
        self._hastens = 0.0  # from when on it is looked anew who waits too long, on our steady clock
        self._queue = TrackedUsers(
            roster,
            pressing=lambda user: rounds.is_pressing(user, twitter.now()),
            before_take=self.look,
            ended=lambda user: rounds.ended(user, twitter.now()),
            failed=lambda user, why: rounds.failed(user, why, twitter.now()),
        )
        self.worker = make(self._queue)

    @property
    def summary(self) -> Summary:
        """What was recorded."""
        return self.worker.summary

    def run(self, *, wait: bool, sleep: Callable[[float], None] = time.sleep) -> None:
        """Record until nobody is due or the account may ask no more; with `wait`, for ever.

        Raises what TimelineWorker.run and Listing.relist do; in the end also why the lists could not be read, if they could not.
        """
        while True:
            self.worker.run(wait=wait, sleep=sleep)
            if not wait or self.worker.summary.limited:
                break
            sleep(self._idle())
        if self._listing.trouble:
            raise self._listing.trouble

    def look(self) -> None:
        """Before a member is taken: read the lists if it is time, and see to it that whoever is due waits on a queue."""
        if self._roster.turn(f"relist {self._listing.which}", self._relist):
            self._listing.relist()
        if not len(self._queue):
            self._rounds.begin(self._twitter.now())
        elif time.monotonic() >= self._hastens:
            self._hastens = time.monotonic() + NAP
            self._rounds.hasten(self._twitter.now())

    def __str__(self) -> str:
        changes, number = self._listing.changes, self._roster.round().number
        found = f"{plural(len(self._roster), 'member')}, {changes.new:,} new, {changes.left:,} left, {changes.back:,} back"
        read = f" (members read for ${changes.micro / 1e6:.3f})" if changes.micro else ""
        return f"{found}{read}; round {number:,}; {self.worker.summary}"

    def _idle(self) -> float:
        """Seconds until it is worth while to look again."""
        due = self._rounds.next_due()
        until = NAP if due is None else max((due - self._twitter.now()) / 1000, 1.0)
        return min(until, self._relist, NAP)

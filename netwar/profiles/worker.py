"""Recording the profiles of the users on a queue: claims of a hundred, one look-up a hundred.

X looks up ids and names at different addresses. While neither kind has a hundred yet, more claims are taken and held, so
that every look-up is as full as it can be. A claim ends done when X, or the archive, has answered for all its users.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable

from netwar.archive.base import Store
from netwar.profiles.lookup import MAX_USERS, LookupResult, UserLookup
from netwar.profiles.refusals import Refusals
from netwar.profiles.status import CLOSED, UserStatus, load_statuses, record_answers
from netwar.queues.base import Claim, Queue
from netwar.records.dialects import username
from netwar.records.documents import SLIP_MS, USERTEST
from netwar.records.entries import by_name
from netwar.records.text import plural
from netwar.twitter.base import TransientError, Twitter
from netwar.work.claim_batch import ClaimBatch
from netwar.work.loop import TROUBLE, FailureStreak, Trouble, lies_with_us, run_through_rate_limits, since_queued
from netwar.work.summary import Summary

log = logging.getLogger("netwar.profiles")

MAX_OPEN = 100  # claims: that many it takes where each has one name among ninety-nine ids
MANY = 10_000  # claims of one user: so many are taken at most to come round to those of whom X said nothing
SILENCE = "X said nothing about this user, neither a profile nor an error"


class ProfileWorker:
    """One run: `run()` works until the queue is empty or the account may ask no more.

    A profile that was recorded since `fresh` (ms), or since its user was queued, is not asked for. Nor is a user of whom X
    said that they are suspended, gone or protected, unless `again`. `limit` is the most users to deal with. `user_done(n)` is
    called as users are done, `room()` before each claim.
    """

    def __init__(
        self,
        queue: Queue,
        twitter: Twitter,
        store: Store,
        *,
        fresh: int,
        again: bool = False,
        limit: int | None = None,
        user_done: Callable[[int], None] = lambda count: None,
        room: Callable[[], None] = lambda: None,
    ) -> None:
        self.summary = Summary("profile")
        self._queue = queue
        self._archive = store.archive
        self._twitter = twitter
        self._look_ups = UserLookup(twitter, store, USERTEST, USERTEST)
        self._fresh = fresh
        self._again = again
        self._limit = limit
        self._user_done = user_done
        self._room = room
        self._troubles = FailureStreak()
        self._refusals = Refusals(self._ask_other, self._failed)
        self._witness: tuple[str, bool] | None = None  # of whom X told, and whether it was asked by id
        self._silent: dict[str, str] = {}  # users of whom X tells nothing, and why

    def run(self, *, wait: bool, sleep: Callable[[float], None] = time.sleep) -> Summary:
        """Record profiles. A spent rate window ends the run, or with `wait` is waited out.

        Raises TransientError when X fails three times in a row; what X says when it answers about nobody (see profiles.refusals);
        and OutOfBudget, OutOfCredit or UsageCapped. The summary then says what was done before.
        """
        run_through_rate_limits(self._drain, self._queue, self.summary, wait=wait, sleep=sleep)
        self._fail_the_silent()
        return self.summary

    def _drain(self) -> None:
        while not self._worked_off():
            gc.collect(1)

    def _worked_off(self) -> bool:
        """Whether nobody waits any more; not so when X failed, which puts back whoever was claimed."""
        asked = 0
        claims = ClaimBatch()
        try:
            with claims:
                while self._fill(claims):
                    asked = min(max(len(claims.ids), len(claims.names)), MAX_USERS)
                    self._ask(claims)
                    gc.collect(1)
                self._refusals.settle()
                self._count(claims.put_back())  # with those of whom X said nothing
            return True
        except BaseException as error:
            self._refusals.release()
            if not isinstance(error, TransientError) or not lies_with_us(error):
                raise
            self._troubles.met(error, f"look-up of {plural(asked, 'user')}")
            return False

    def _fill(self, claims: ClaimBatch) -> bool:
        """Take claims until a look-up is full, as far as there are any; False if there is nobody to ask about."""
        while max(len(claims.ids), len(claims.names)) < MAX_USERS and len(claims) < MAX_OPEN:
            size = MAX_USERS if self._limit is None else min(MAX_USERS, self._limit - self.summary.users - claims.users)
            if size <= 0:
                break
            self._room()
            claim = self._queue.take(size)
            if claim is None:
                break
            claims.hold(claim)
            self._spare(claims, claim)
        return claims.unanswered > 0

    def _spare(self, claims: ClaimBatch, claim: Claim) -> None:
        """Answer for those users of a claim of whom X need not be asked."""
        now = self._twitter.now()
        for entry, known in load_statuses(self._archive, USERTEST, claim.users).items():
            if why := self._needless(claim, known, now):
                self.summary.outcomes[why] += 1
                self._count(claims.answered(entry))

    def _needless(self, claim: Claim, known: UserStatus, now: int) -> str | None:
        """Why X need not be asked about a user of a claim, if so; `now` (ms) is the time at X."""
        if since_queued(claim, known.at, now) or (known.is_open and self._fresh <= known.at <= now + SLIP_MS):
            return "fresh"
        return f"known to be {known.standing}" if known.standing in CLOSED and not self._again else None

    def _ask(self, claims: ClaimBatch) -> None:
        """Look up the fuller of the two kinds, and write down what X says before any claim is done."""
        claims.renew()
        by_id = len(claims.ids) >= len(claims.names)
        asked, key = self._refusals.to_ask(claims.ids if by_id else claims.names), "" if by_id else "@"
        try:
            told = self._look_up(asked, by_id)
        except TROUBLE as trouble:
            self._narrow(claims, asked, trouble)
            return
        self._troubles.over()
        self._refusals.answered()
        self._witness = next(((value, by_id) for value in told.profiles), self._witness)
        self.summary.read += len(told.profiles)
        unavailable = {key + value: problem for value, problem in told.unavailable.items()}
        self.summary.outcomes += record_answers(self._archive, USERTEST, told.profiles.values(), unavailable, told.retrieved)
        done = [entry for user in told.profiles.values() for entry in (str(user["id"]), by_name(username(user)))]
        done += [by_name(value) if key else value for value in told.unavailable]
        self._count(sum(claims.answered(entry) for entry in done))
        for value in told.silent:
            entry = by_name(value) if key else value
            claims.silent(entry)
            self._failed(entry, SILENCE)

    def _look_up(self, asked: list[str], by_id: bool) -> LookupResult:
        try:
            return self._look_ups.ids(asked) if by_id else self._look_ups.names([name.removeprefix("@") for name in asked])
        finally:
            self.summary.micro, self.summary.tally = self._look_ups.micro, self._look_ups.tally

    def _narrow(self, claims: ClaimBatch, asked: list[str], trouble: Trouble) -> None:
        """X refused a look-up, perhaps for the sake of one user in it. Raises what it said where it answers nobody."""
        if lies_with_us(trouble):
            raise trouble
        if self._refusals.met(asked, trouble):
            claims.silent(asked[0])

    def _ask_other(self) -> bool:
        """Whether there is a user of whom X told in this run; then it has told of them once more."""
        if self._witness is None:
            return False
        value, by_id = self._witness
        self._look_up([value], by_id)
        return True

    def _count(self, users: int) -> None:
        """Users are done: X, or the archive, has answered for them, and so for all who were claimed with them."""
        self.summary.users += users
        self._user_done(users)

    def _failed(self, entry: str, why: str) -> None:
        """X told nothing of a user: their claim waits till the end of the run, and then the failure is counted."""
        log.warning("user %s: %s", entry, why)
        self._silent[entry] = why
        self.summary.failed[entry] = 1

    def _fail_the_silent(self) -> None:
        """Count a failure against each user of whom X told nothing, and against nobody who was claimed with them.

        A claim fails as a whole, so these are claimed one by one now. Those who were claimed with them have been answered,
        so that their claims end done. Where so many others wait that they do not come round, the next run finds them.
        """
        left = dict(self._silent)
        with ClaimBatch() as others:
            for _ in range(min(MANY, MAX_USERS * len(left))):
                claim = self._queue.take(1)
                if claim is None:
                    return
                if claim.user in left:
                    claim.fail(left.pop(claim.user))
                    continue
                others.hold(claim)
                if self._needless(claim, load_statuses(self._archive, USERTEST, claim.users)[claim.user], self._twitter.now()):
                    others.answered(claim.user)

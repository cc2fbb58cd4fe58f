"""The members of a roster as a queue: those who are new first, and nobody whom another observer's run is recording."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from netwar.queues.base import Claim, Claimed, Cleared, Failed, Queue, lost
from netwar.queues.roster import Roster


class Both(NamedTuple):
    """What one claim on a member stands for: that on their own queue, and that on the one which the observers share."""

    own: Claim
    shared: Claim


class TrackedUsers(Queue):
    """A view of a roster's queues that hands out one member after the other.

    They come from ADDS while anybody waits there, then from WORK; from WORK first while the one who is next there is
    `pressing`. Each is claimed on `busy`, too: a user on the lists of two observers that record into one index is
    recorded by one run at a time. Whom another run has is put back, and not tried again before nobody else is left; when
    that is in vain `take` tells that there is nobody, and a new pass begins. `before_take` is called before each take,
    and may raise what ends the run. `ended(user)` is called when a member is done, just before their claim ends, and
    `failed(user, reason)` when recording them failed.
    """

    def __init__(
        self,
        roster: Roster,
        *,
        pressing: Callable[[str], bool] = lambda user: False,
        before_take: Callable[[], None] = lambda: None,
        ended: Callable[[str], None] = lambda user: None,
        failed: Callable[[str, str], None] = lambda user, reason: None,
    ) -> None:
        self.name = roster.work.name
        self._roster = roster
        self._queues = (roster.adds, roster.work)
        self._pressing = pressing
        self._before_take = before_take
        self._ended = ended
        self._failed = failed
        self._elsewhere: set[str] = set()  # whom other runs had in this pass
        self._open: dict[str, Both] = {}  # by token

    def put(self, users: Iterable[str]) -> int:
        return self._roster.adds.put(users)

    def take(self, size: int) -> Claim | None:
        """Claim one member, whatever the size."""
        self._before_take()
        passed: list[Claim] = []  # held until somebody is found, so that they are not next again
        try:
            return self._found(passed) if size > 0 else None
        finally:
            for claim in passed:
                claim.requeue()

    def claim(self, user: str) -> Claim | None:
        own = self._roster.work.claim(user)
        if own is None:
            return None
        if (claim := self._joined(own)) is None:
            own.requeue()
        return claim

    def remove(self, users: Sequence[str]) -> dict[str, str]:
        return {user: state for queue in self._queues for user, state in queue.remove(users).items()}

    def drop_failed(self, users: Sequence[str]) -> int:
        return sum(queue.drop_failed(users) for queue in self._queues)

    def waiting(self, limit: int | None = None) -> Iterator[str]:
        return islice(chain.from_iterable(queue.waiting(limit) for queue in self._queues), limit)

    def claimed(self) -> list[Claimed]:
        return [one for queue in self._queues for one in queue.claimed()]

    def failed(self) -> list[Failed]:
        return [one for queue in self._queues for one in queue.failed()]

    def failures(self, users: Sequence[str]) -> dict[str, int]:
        return {user: times for queue in self._queues for user, times in queue.failures(users).items()}

    def clear(self) -> Cleared:
        adds, work = (queue.clear() for queue in self._queues)
        return Cleared(adds.waiting + work.waiting, adds.claimed + work.claimed, adds.failed + work.failed)

    def __len__(self) -> int:
        return sum(map(len, self._queues))

    def _found(self, passed: list[Claim]) -> Claim | None:
        """The next member whom no other run has; those who were passed over, for the caller to put back."""
        while (own := self._next()) is not None:
            passed.append(own)
            if own.user not in self._elsewhere and (claim := self._joined(own)):
                passed.pop()
                return claim
            self._elsewhere.add(own.user)
        for own in passed:
            if claim := self._joined(own):
                passed.remove(own)
                return claim
        self._elsewhere.clear()
        return None

    def _next(self) -> Claim | None:
        """A claim on who is next."""
        head = next(self._roster.work.waiting(1), None)
        presses = head is not None and self._pressing(head)
        for queue in reversed(self._queues) if presses else self._queues:
            if claim := queue.take(1):
                return claim
        return None

    def _joined(self, own: Claim) -> Claim | None:
        """A claim for both; None if a run of some observer is recording the user."""
        shared = self._roster.busy.claim(own.user)
        if shared is None:
            return None
        self._open[own.token] = Both(own, shared)
        return Claim(self, own.token, own.users, own.queued)

    def _renew(self, claim: Claim, progress: bool) -> None:
        if (both := self._open.get(claim.token)) is None:
            raise lost(claim)
        for one in both:
            one.renew(progress)

    def _done(self, claim: Claim) -> None:
        if claim.token in self._open:
            self._ended(claim.user)
        for one in self._open.pop(claim.token, ()):
            one.done()

    def _put_back(self, claim: Claim, failure: str | None) -> None:
        """Nobody waits on `busy`, so nothing is put back there and no failure is counted."""
        if both := self._open.pop(claim.token, None):
            if failure is not None:
                self._failed(claim.user, failure)
            both.own.requeue() if failure is None else both.own.fail(failure)
            both.shared.done()

    def _also(self, claim: Claim, user: str) -> bool:
        """The shared queue is asked first: where another run has the user, they go on waiting on ours."""
        if (both := self._open.get(claim.token)) is None:
            raise lost(claim)
        return both.shared.also(user) and both.own.also(user)

"""Users who are named to a run instead of waiting on a queue, each under a lease of a queue all the same.

So two runs do not record the same user at once, whether the other one was told their name, too, or took them off the queue.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from netwar.queues.base import Claim, Claimed, Cleared, Failed, Queue


class NamedUsers(Queue):
    """A view of a queue that hands out these users, one by one, whether they wait on it or not.

    Who waits on the queue as well is done by that; with `keep` they go on waiting, as for a run that reads only a part of them.
    `busy` are those whom another run is recording. Who was put back without a failure is handed out again.
    They count as queued when the run begins: who is named by two spellings is recorded once.
    """

    def __init__(self, queue: Queue, users: Iterable[str], *, keep: bool = False) -> None:
        self.name = queue.name
        self.busy: list[str] = []
        self._queue = queue
        self._left = list(dict.fromkeys(users))
        self._keep = keep
        self._began = time.time()

    def put(self, users: Iterable[str]) -> int:
        before = len(self._left)
        self._left = list(dict.fromkeys([*self._left, *users]))
        return len(self._left) - before

    def take(self, size: int) -> Claim | None:
        while size > 0 and self._left:
            user = self._left.pop(0)
            if claim := self._queue.claim(user):
                return Claim(self, claim.token, claim.users, self._began)
            self.busy.append(user)
        return None

    def claim(self, user: str) -> Claim | None:
        return self._queue.claim(user)

    def remove(self, users: Sequence[str]) -> dict[str, str]:
        found = {user: "waiting" for user in users if user in self._left}
        self._left = [user for user in self._left if user not in found]
        return found

    def drop_failed(self, users: Sequence[str]) -> int:
        return 0

    def waiting(self, limit: int | None = None) -> Iterator[str]:
        return islice(iter(self._left), limit)

    def claimed(self) -> list[Claimed]:
        return []

    def failed(self) -> list[Failed]:
        return []

    def failures(self, users: Sequence[str]) -> dict[str, int]:
        return self._queue.failures(users)

    def clear(self) -> Cleared:
        waited = len(self._left)
        self._left = []
        return Cleared(waited, 0, 0)

    def __len__(self) -> int:
        return len(self._left)

    def _renew(self, claim: Claim, progress: bool) -> None:
        self._queue._renew(claim, progress)

    def _done(self, claim: Claim) -> None:
        if self._keep:
            self._queue._put_back(claim, None)
        else:
            self._queue._done(claim)

    def _put_back(self, claim: Claim, failure: str | None) -> None:
        self._queue._put_back(claim, failure)
        if failure is None:
            self._left += claim.users

    def _also(self, claim: Claim, user: str) -> bool:
        return self._queue._also(claim, user)

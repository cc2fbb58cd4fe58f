"""The contract of a queue: users waiting for work, taken off by claims.

Entries are strings: digits only is a numeric id; anything else a screen name, lower-cased. A claim
ends done, put back, or failed, which counts against the user: the fifth failure in a row moves them
to `failed` with the reason. A claim's `with` block ends it so: done when it is left normally,
failed by a `UserFailed`, put back by any other exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from netwar.errors import LeaseLost

LEASE_SECONDS = 600
MAX_FAILURES = 5


class UserFailed(Exception):
    """Recording this user went wrong for a reason that lies with the user (not with us, X or money)."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A user whom somebody is working on; times in seconds since 1970. `also` are other entries that are held for the same user:
    who was queued by name is held by id, too."""

    user: str
    holder: str
    until: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A user set aside after too many failures."""

    user: str
    reason: str
    times: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many users `clear` removed."""

    waiting: int
    claimed: int
    failed: int


class Queue(Protocol):
    """One named queue. Order is not promised. Every step is atomic, whoever else uses the queue."""

    name: str

    def put(self, users: Iterable[str]) -> int:
        """Add users, any number, streaming; how many were not waiting or claimed before. A failed
        user waits again with a clean slate, and one whom a claim has without their having waited
        waits when that is put back."""

    def take(self, size: int) -> Claim | None:
        """Claim up to `size` users; None when nobody waits. Claims of dead runs are freed first."""

    def claim(self, user: str) -> Claim | None:
        """Claim this user, whether they wait or not; None when another claim has them. Claims of dead runs are freed first.

        Who did not wait and is not put meanwhile leaves nothing behind, however the claim ends, and is not counted a failure of.
        """

    def remove(self, users: Sequence[str]) -> dict[str, str]:
        """Take users off the queue; by user what they were: `waiting` or `failed`. Who is `claimed` stays.

        Those who are not on it are left out. Claims of dead runs are freed first.
        """

    def drop_failed(self, users: Sequence[str]) -> int:
        """Forget users who were set aside; how many. Whoever was put again meanwhile waits on."""

    def waiting(self, limit: int | None = None) -> Iterator[str]:
        """Who waits."""

    def claimed(self) -> list[Claimed]:
        """Who is being worked on."""

    def failed(self) -> list[Failed]:
        """Who was set aside, and why."""

    def failures(self, users: Sequence[str]) -> dict[str, int]:
        """How often in a row those of these have failed who have; who was set aside among them."""

    def clear(self) -> Cleared:
        """Remove everybody."""

    def __len__(self) -> int:
        """How many wait."""

    # What a Claim asks of its queue.
    def _renew(self, claim: Claim, progress: bool) -> None:
        """Extend the lease and, if progress was made, forget earlier failures. Raises LeaseLost."""

    def _done(self, claim: Claim) -> None:
        """Take the claim's users off the queue, where the claim still holds them."""

    def _put_back(self, claim: Claim, failure: str | None) -> None:
        """Let the claim's users wait again; with a failure, count it and set them aside at the fifth."""

    def _also(self, claim: Claim, user: str) -> bool:
        """Make another entry (the id of a claimed name) part of the claim; False if another claim has it."""


class Claim:
    """Users taken off a queue for a while; a context manager that ends it.

    `queued` is when the (first) user was put on the queue, in seconds since 1970, where the back end knows it. A claim that
    was ended, or was lost to another run, holds nobody: to end it changes nothing.
    """

    def __init__(self, queue: Queue, token: str, users: list[str], queued: float | None = None) -> None:
        self._queue = queue
        self.token = token
        self.users = users
        self.queued = queued

    @property
    def user(self) -> str:
        """The first user of the claim."""
        return self.users[0]

    def renew(self, progress: bool = True) -> None:
        """Begin the lease anew. If `progress` was made, what went wrong before counts no more against the user.

        Raises LeaseLost if the lease had run out and the users were handed on.
        """
        self._queue._renew(self, progress)

    def also(self, user: str) -> bool:
        """Hold another entry for the same account too, so that nobody records it twice.

        False when another worker holds it: that worker will do the job.
        """
        return user in self.users or self._queue._also(self, user)

    def done(self) -> None:
        """Take the users off the queue: their work is done."""
        self._queue._done(self)

    def requeue(self) -> None:
        """Let the users wait again, behind the others; nothing is counted against them."""
        self._queue._put_back(self, None)

    def fail(self, reason: str) -> None:
        """Count a failure against the users: they wait again, and at the fifth in a row they are set aside with the reason."""
        self._queue._put_back(self, reason)

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is None:
            self.done()
        elif isinstance(error, UserFailed):
            self.fail(str(error))
        else:
            self.requeue()
        return isinstance(error, UserFailed)


def lost(claim: Claim) -> LeaseLost:
    """What a claim that is gone is told with."""
    return LeaseLost(
        f"{claim.user} is no longer this run's to record: the queue was wiped, or the lease ran out and another worker "
        "took over; what was recorded stays, run again for the rest"
    )

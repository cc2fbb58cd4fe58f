"""Several claims of a queue held open at once, each until all of its users are answered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from netwar.queues.base import LEASE_SECONDS, Claim

RENEW_SECONDS = LEASE_SECONDS / 10


class PutBack(Exception):
    """Lets claims go without counting it against their users."""


@dataclass(slots=True)
class Held:
    """A claim, and those of its users for whom there is no answer yet."""

    claim: Claim
    unanswered: set[str]
    renewed: float = field(default_factory=time.monotonic)
    silent: int = 0


class ClaimBatch:
    """The claims of a run, a context manager: what is open when it is left by an exception is put back."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}  # by token
        self._by_entry: dict[str, Held] = {}
        self.ids: dict[str, None] = {}  # to be asked about, in the order of claiming
        self.names: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._held)

    @property
    def unanswered(self) -> int:
        """How many users are to be asked about."""
        return len(self.ids) + len(self.names)

    @property
    def half_done(self) -> int:
        """How many users have been answered whose claims are still open."""
        return sum(len(held.claim.users) - len(held.unanswered) - held.silent for held in self._held.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        left = PutBack() if error is None else error
        for held in self._held.values():
            held.claim.__exit__(type(left), left, trace)

    def hold(self, claim: Claim) -> None:
        """Keep a claim until its users are answered."""
        held = self._held[claim.token] = Held(claim, set(claim.users))
        for entry in claim.users:
            self._by_entry[entry] = held
            (self.ids if entry.isdigit() else self.names)[entry] = None

    def answered(self, entry: str, *, silent: bool = False) -> bool:
        """There is an answer for a user, or (`silent`) there will be none; False for one whom nobody asked for."""
        held = self._by_entry.pop(entry, None)
        if held is None:
            return False
        (self.ids if entry.isdigit() else self.names).pop(entry, None)
        held.unanswered.discard(entry)
        held.silent += silent
        if not held.unanswered and not held.silent:
            del self._held[held.claim.token]
            held.claim.__exit__(None, None, None)
        return True

    def renew(self) -> None:
        """Renew the leases that were not renewed for a while. Raises LeaseLost."""
        now = time.monotonic()
        for held in self._held.values():
            if now - held.renewed > RENEW_SECONDS:
                held.claim.renew(progress=False)  # of all its users none may have made any
                held.renewed = now

"""Several claims of a queue held open at once, each until all of its users are answered."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from netwar.queues.base import LEASE_SECONDS, Claim

RENEW_SECONDS = LEASE_SECONDS / 10


@dataclass(slots=True)
class Held:
    """A claim, and those of its users for whom there is no answer yet, those for whom there is one, and for whom there will be
    none."""

    claim: Claim
    unanswered: set[str]
    renewed: float = field(default_factory=time.monotonic)
    answered: int = 0
    silent: int = 0


class ClaimBatch:
    """The claims of a run, a context manager: what is open when it is left is put back."""

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
    def users(self) -> int:
        """How many users are held, but for those for whom there will be no answer."""
        return sum(len(held.unanswered) + held.answered for held in self._held.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.put_back()

    def hold(self, claim: Claim) -> None:
        """Keep a claim until its users are answered."""
        held = self._held[claim.token] = Held(claim, set(claim.users))
        for entry in claim.users:
            self._by_entry[entry] = held
            (self.ids if entry.isdigit() else self.names)[entry] = None

    def answered(self, entry: str) -> int:
        """There is an answer for a user. The last one ends a claim; how many users are done by that."""
        held = self._let_go(entry)
        if held is None:
            return 0  # whom nobody asked for
        held.answered += 1
        if held.unanswered or held.silent:
            return 0
        del self._held[held.claim.token]
        held.claim.done()
        return held.answered

    def silent(self, entry: str) -> None:
        """There will be no answer for a user: their claim is held until it is put back."""
        if held := self._let_go(entry):
            held.silent += 1

    def put_back(self) -> int:
        """Let everybody who is held wait again; for how many of them there was an answer."""
        answered = 0
        for token, held in list(self._held.items()):
            held.claim.requeue()
            del self._held[token]
            answered += held.answered
        return answered

    def _let_go(self, entry: str) -> Held | None:
        (self.ids if entry.isdigit() else self.names).pop(entry, None)
        held = self._by_entry.pop(entry, None)
        if held:
            held.unanswered.discard(entry)
        return held

    def renew(self) -> None:
        """Renew the leases that were not renewed for a while. Raises LeaseLost."""
        now = time.monotonic()
        for held in self._held.values():
            if now - held.renewed > RENEW_SECONDS:
                held.claim.renew(progress=False)  # of all its users none may have made any
                held.renewed = now

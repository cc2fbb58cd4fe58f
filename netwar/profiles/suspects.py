"""Users about whom X would not answer, while nobody can tell yet whether that lies with them, with our keys or with X.

The claim of such a suspect is held open. Once X answers about somebody else the failure was the suspect's own, and counts: the
fifth sets them aside. Where nobody else waits, or X would not answer three times in a row, it is asked once more about
somebody whom it answered about in this run. If it will not do that either, nobody is to blame: all suspects go back on the
queue, and the run ends with what X said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from netwar.errors import BadRequest
from netwar.queues.base import Claim, UserFailed
from netwar.twitter.base import TransientError
from netwar.work.loop import TROUBLE, TROUBLES, Trouble, said

log = logging.getLogger("netwar.profiles")


class Suspects:
    """The suspects of one run; a context manager: who is held when it is left is put back.

    `ask_other()` asks X about somebody else: False if there is nobody, otherwise it raises what X raises. `failed(user)` is
    called for each failure that counts. `named(user)` is how a user is called in messages, and `left` what they are meanwhile.
    """

    def __init__(
        self,
        ask_other: Callable[[], bool],
        failed: Callable[[str], None],
        named: Callable[[str], str] = lambda user: user,
        left: str = "back on the queue",
    ) -> None:
        self._ask_other = ask_other
        self._failed = failed
        self._named = named
        self._left = left
        self._held: list[tuple[Claim, Trouble]] = []
        self._in_a_row = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._release()

    @property
    def users(self) -> list[str]:
        """Who is held."""
        return [claim.user for claim, _ in self._held]

    def attempt(self, claim: Claim, work: Callable[[Claim], None]) -> bool:
        """Do the work on a claim, and end it; False when X would not answer, and the claim may be held.

        Raises what X said when it answers nobody.
        """
        try:
            work(claim)
        except TROUBLE as trouble:
            self._suspect(claim, trouble)
            return False
        except UserFailed as failure:
            claim.fail(str(failure))
        except BaseException:
            claim.requeue()
            raise
        else:
            claim.done()
        return True

    def answered(self) -> None:
        """X has just answered about somebody who is no suspect."""
        self._in_a_row = 0
        while self._held:
            claim, trouble = self._held.pop()
            log.warning("user %s: %s; X answers about others", self._named(claim.user), said(trouble))
            self._failed(claim.user)
            claim.fail(said(trouble))

    def settled(self) -> bool:
        """Nobody else waits: find out who is to blame. False when there is nothing more to do, or nobody to tell it by.

        A user who is alone in being refused is blamed once a run; keys are, rather than a user; and X's trouble is tried again.
        """
        if not self._held:
            return False
        if self._confronted():
            return True
        trouble = self._held[-1][1]
        if isinstance(trouble, BadRequest):
            self.answered()
            return False
        self._release()
        if not isinstance(trouble, TransientError):
            raise trouble
        return True

    def _suspect(self, claim: Claim, trouble: Trouble) -> None:
        log.warning("user %s: %s; %s", self._named(claim.user), said(trouble), self._left)
        self._held.append((claim, trouble))
        self._in_a_row += 1
        if self._in_a_row < TROUBLES or self._confronted():
            return
        self._release()
        if isinstance(trouble, TransientError):
            raise TransientError(f"X failed {TROUBLES} times in a row ({trouble.what})", trouble.advice) from trouble
        raise trouble

    def _confronted(self) -> bool:
        """Whether X answers about somebody else, which settles it. Raises what it raises."""
        if not self._ask_other():
            return False
        self.answered()
        return True

    def _release(self) -> None:
        while self._held:
            claim, _ = self._held.pop()
            claim.requeue()

"""Users for whose sake X may have refused a whole look-up, while nobody can tell yet whether that lies with one of them.

Of those in a refused look-up ever fewer are asked about, down to one, who is a suspect then. Once X answers about somebody
else the failure was the suspect's own. Where nobody else is left to ask about, or X would not answer about three in a row, it
is asked once more about somebody whom it answered about in this run. If it will not do that either, nobody is to blame.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from itertools import islice

from netwar.errors import BadRequest
from netwar.profiles.lookup import MAX_USERS
from netwar.records.text import plural
from netwar.twitter.base import TransientError
from netwar.work.loop import TROUBLES, Trouble, said

log = logging.getLogger("netwar.profiles")

FEWER = 10  # a refused look-up is followed by one of a tenth of its users


class Refusals:
    """Those of one run.

    `ask_other()` asks X about somebody else: False if there is nobody, otherwise it raises what X raises. `failed(user, why)`
    is called for each failure that counts.
    """

    def __init__(self, ask_other: Callable[[], bool], failed: Callable[[str, str], None]) -> None:
        self._most = MAX_USERS  # that may be asked about at once
        self._ask_other = ask_other
        self._failed = failed
        self._suspects: dict[str, Trouble] = {}

    def to_ask(self, users: Iterable[str]) -> list[str]:
        """Whom of these to ask about now.

        While one is suspected it is one from far off, or from anywhere: several who are refused may stand together on a queue,
        and nobody behind them would ever be asked about.
        """
        if not self._suspects:
            return list(islice(users, self._most))
        left = list(users)
        return [left[-1] if len(self._suspects) == 1 else random.choice(left)]

    def met(self, asked: list[str], trouble: Trouble) -> bool:
        """X refused a look-up of these; whether it was of one alone, who is a suspect now, and not asked about again.

        Raises what X said when it answers nobody.
        """
        log.warning("look-up of %s: %s", plural(len(asked), "user"), said(trouble))
        if len(asked) > 1:
            self._most = max(len(asked) // FEWER, 1)
            return False
        self._suspects[asked[0]] = trouble
        if len(self._suspects) == TROUBLES and not self._confronted():
            if isinstance(trouble, TransientError):
                raise TransientError(f"X failed {TROUBLES} times in a row ({trouble.what})", trouble.advice) from trouble
            raise trouble
        return True

    def answered(self) -> None:
        """X has just answered about somebody who is no suspect."""
        self._most = min(2 * self._most, MAX_USERS)
        while self._suspects:
            user, trouble = self._suspects.popitem()
            self._failed(user, said(trouble))

    def release(self) -> None:
        """Whoever was asked about goes back on the queue: nobody is suspected any more."""
        self._suspects.clear()

    def settle(self) -> None:
        """Nobody else is left: find out who is to blame. Raises what X said where that cannot be told.

        A user who is alone in being refused as a bad question is blamed once a run; keys are, rather than a user.
        """
        if not self._suspects or self._confronted():
            return
        for trouble in self._suspects.values():
            if not isinstance(trouble, BadRequest):
                raise trouble
        self.answered()

    def _confronted(self) -> bool:
        """Whether X answers about somebody else, which settles it. Raises what it raises."""
        if not self._ask_other():
            return False
        self.answered()
        return True

"""Which id a screen name stands for, asked of X as rarely as possible.

A profile in the archive that is younger than a week answers without a request; what it says is
checked against the posts that come. Names that nobody knows are looked up together, up to 100 a
request, with the names that wait behind them on the queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from netwar.archive.base import Store, Within
from netwar.profiles.lookup import MAX_USERS, UserLookup
from netwar.profiles.status import retrieved
from netwar.queues.base import UserFailed
from netwar.records.documents import SLIP_MS, users_index
from netwar.twitter.base import Twitter, Unavailable
from netwar.work.loop import TROUBLE, lies_with_us

FRESH_MS = 7 * 24 * 3600 * 1000
PEEK = 1_000


@dataclass(frozen=True, slots=True)
class ResolvedUser:
    """A user's id, and the screen name that it was found by; `sure` if X said so in this run."""

    id: str
    name: str | None = None
    sure: bool = True


class ScreenNameResolver:
    """Screen names of one index (`brexit`), remembered for one run."""

    def __init__(self, twitter: Twitter, store: Store, name: str) -> None:
        self._twitter = twitter
        self._store = store
        self._users = users_index(name)
        self._look_ups = UserLookup(twitter, store, self._users, name)
        self._unavailable: dict[str, Unavailable] = {}
        self._most = MAX_USERS  # a look-up, fewer after X refused one

    @property
    def micro(self) -> int:
        """What look-ups have cost, in micro-dollars."""
        return self._look_ups.micro

    def find(self, name: str, waiting: Iterable[str], room: int) -> ResolvedUser:
        """The id of a screen name (lower case, `@` allowed for one of digits only).

        `waiting` are entries that may be looked up with it, `room` at most of them. Raises
        Unavailable when X does not know the name or says that its user is suspended, UserFailed when it says nothing.
        """
        name = name.removeprefix("@")
        if known := self._archived(name, self._twitter.now()):
            return known
        if name not in self._unavailable:
            others = [other for other in self._unknown(waiting) if other != name]
            self._look_up_with(name, others[: min(room, MAX_USERS - 1)])
        if name in self._unavailable:
            raise self._unavailable.pop(name)
        if known := self._archived(name, self._twitter.now()):
            return known
        raise UserFailed(f"X gave no answer about {name}")

    def _look_up_with(self, name: str, others: list[str]) -> None:
        """Look up a name and others; alone where X refuses them together, as it does for the sake of one of them."""
        others = others[: self._most - 1]
        try:
            self.look_up([name, *others])
            self._most = min(2 * self._most, MAX_USERS)
        except TROUBLE as trouble:
            if not others or lies_with_us(trouble):
                raise
            self._most = 1
            self._look_up_with(name, [])

    def look_up(self, names: list[str]) -> None:
        """Ask X about up to 100 names, keep the profiles that come, remember who is not available."""
        for name, problem in self._look_ups.names(names).unavailable.items():
            self._unavailable[name] = Unavailable(problem.outcome or "", problem.detail)

    def _archived(self, name: str, now: int) -> ResolvedUser | None:
        """The user who bore the name last, if their profile is fresh at this time (ms)."""
        latest = max(self._store.archive.find(self._users, Within(name=name)), key=retrieved, default=None)
        if latest is None or not now - FRESH_MS <= retrieved(latest) <= now + SLIP_MS:
            return None
        return ResolvedUser(str(latest["id"]), name, sure=False)

    def _unknown(self, waiting: Iterable[str]) -> list[str]:
        now = self._twitter.now()
        names = [entry.removeprefix("@") for entry in islice(waiting, PEEK) if not entry.isdigit()]
        return [name for name in names if name not in self._unavailable and not self._archived(name, now)]

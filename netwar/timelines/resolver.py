"""Which id a screen name stands for, asked of X as rarely as possible.

A profile in the archive that is younger than a week answers without a request; what it says is
checked against the posts that come. Names that nobody knows are looked up together, up to 100 a
request, with the names that wait behind them on the queue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from netwar.archive.base import NameHolder, Store
from netwar.profiles.identity import bearers, who
from netwar.profiles.lookup import MAX_USERS, UserLookup
from netwar.queues.base import UserFailed
from netwar.records.dialects import username
from netwar.records.documents import SLIP_MS, users_index
from netwar.twitter.base import Twitter, Unavailable
from netwar.work.loop import TROUBLE, lies_with_us

FRESH_MS = 7 * 24 * 3600 * 1000
PEEK = 1_000


@dataclass(frozen=True, slots=True)
class ResolvedUser:
    """A user's id, and the screen name that it was found by; `sure` where no page need show that it is theirs still."""

    id: str
    name: str | None = None
    sure: bool = True


class ScreenNameResolver:
    """Screen names of one index (`brexit`), for one run. `paid` is told what each look-up cost, in micro-dollars."""

    def __init__(self, twitter: Twitter, store: Store, name: str, paid: Callable[[int], None] = lambda micro: None) -> None:
        self._twitter = twitter
        self._archive = store.archive
        self._users = users_index(name)
        self._look_ups = UserLookup(twitter, store, self._users, name, paid)
        self._told: dict[str, NameHolder] = {}  # by name: who bears it, as the last look-up said; earlier ones are in the archive
        self._unavailable: dict[str, Unavailable] = {}
        self._most = MAX_USERS  # a look-up, fewer after X refused one

    def find(self, name: str, waiting: Iterable[str], room: int) -> ResolvedUser:
        """The id of a screen name (lower case, `@` allowed for one of digits only).

        `waiting` are entries that may be looked up with it, `room` at most of them. Raises
        Unavailable when X does not know the name or says that its user is suspended, UserFailed when it says nothing.
        """
        name = name.removeprefix("@")
        if known := self._known([name]).get(name):
            return known
        if name not in self._unavailable:
            others = [other for other in self._unknown(waiting) if other != name]
            self._look_up_with(name, others[: min(room, MAX_USERS - 1)])
        if name in self._unavailable:
            raise self._unavailable.pop(name)
        if bearer := self._told.get(name):
            return ResolvedUser(bearer.user, name, sure=False)
        raise UserFailed(f"X gave no answer about {name}")

    def find_anew(self, name: str, waiting: Iterable[str], room: int) -> ResolvedUser:
        """The same once the user whom a name stood for was seen with another one: what X said of it before counts no more."""
        self._told.pop(name, None)
        return self.find(name, waiting, room)

    def _look_up_with(self, name: str, others: list[str]) -> None:
        """Look up a name and others; alone where X refuses them together, as it does for the sake of one of them."""
        others = others[: self._most - 1]
        try:
            self._look_up([name, *others])
            self._most = min(2 * self._most, MAX_USERS)
        except TROUBLE as trouble:
            if not others or lies_with_us(trouble):
                raise
            self._most = 1
            self._look_up_with(name, [])

    def _look_up(self, names: list[str]) -> None:
        """Ask X about up to 100 names; what it says of each is kept until the next time."""
        told = self._look_ups.names(names)
        shown = {name: profile for name, profile in told.profiles.items() if username(profile)}
        self._told = {name: NameHolder(str(profile["id"]), name, told.retrieved) for name, profile in shown.items()}
        for name, problem in told.unavailable.items():
            self._unavailable[name] = Unavailable(problem.outcome or "", problem.detail)

    def _known(self, names: Sequence[str]) -> dict[str, ResolvedUser]:
        """Who bears these names, as far as X said so within a week: in the last look-up, or by what is recorded."""
        recorded = dict(zip(names, bearers(self._archive, self._users, names), strict=True))
        now = self._twitter.now()
        known = {}
        for name in names:
            last = max(filter(None, (self._told.get(name), recorded[name])), key=lambda held: held.retrieved, default=None)
            if last and now - FRESH_MS <= last.retrieved <= now + SLIP_MS:
                known[name] = ResolvedUser(last.user, name, sure=False)
        return known

    def _unknown(self, waiting: Iterable[str]) -> list[str]:
        """The names among those who wait next that X must be asked about."""
        names = [who(entry).name for entry in islice(waiting, PEEK) if not entry.isdigit()]
        names = [name for name in dict.fromkeys(names) if name not in self._unavailable]
        known = self._known(names)
        return [name for name in names if name not in known]

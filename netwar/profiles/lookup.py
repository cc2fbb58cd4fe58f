"""Looking users up at X, up to a hundred ids or names a request, and keeping the profiles that come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from netwar.archive.base import Body, Store, Tally
from netwar.records.dialects import DIALECTS, Object, username
from netwar.records.pages import documents
from netwar.records.problems import Problem
from netwar.records.text import plural
from netwar.twitter.base import Answer, Twitter
from netwar.work.loop import check_fields

log = logging.getLogger("netwar.profiles")

MAX_USERS = 100  # docs.x.com, users: ids and usernames, 1 to 100


@dataclass(frozen=True, slots=True)
class LookupResult:
    """What X said of some ids or names (these in lower case): a profile, that it is not available, or nothing at all.

    `asked` are those that the budget left room for. `retrieved` is the time of the answer in ms.
    """

    asked: Sequence[str]
    profiles: dict[str, Body]
    unavailable: dict[str, Problem]
    silent: list[str]
    retrieved: int


class UserLookup:
    """Look-ups whose profiles go into `users` (the full name of an index) and whose money is booked for `index`.

    `micro` and `tally` are what they have cost and brought; `silent` is of how many users X said nothing at all. `paid` is
    told what each has cost, in micro-dollars.
    """

    def __init__(
        self, twitter: Twitter, store: Store, users: str, index: str, paid: Callable[[int], None] = lambda micro: None
    ) -> None:
        self.micro = 0
        self.silent = 0
        self.tally = Tally()
        self._twitter = twitter
        self._store = store
        self._users = users
        self._index = index
        self._paid = paid
        self._checked = False

    def ids(self, ids: Sequence[str]) -> LookupResult:
        """Ask about up to 100 ids; about fewer, from the first on, where the budget leaves no room for all."""
        return self._told(ids, self._twitter.users(ids, index=self._index), lambda user: str(user["id"]))

    def names(self, names: Sequence[str]) -> LookupResult:
        """Ask about up to 100 screen names (lower case); about fewer where the budget leaves no room for all."""
        answer = self._twitter.names(names, index=self._index)
        return self._told(names, answer, lambda user: username(user).lower())

    def buy(self, entries: Iterable[str]) -> None:
        """Look up ids and names as a queue has them, a hundred a request, any number."""
        entries = iter(entries)
        while some := list(islice(entries, MAX_USERS)):
            ids = [entry for entry in some if entry.isdigit()]
            names = [entry.removeprefix("@") for entry in some if not entry.isdigit()]
            for asked, ask in ((ids, self.ids), (names, self.names)):
                while asked:
                    asked = asked[max(len(ask(asked).asked), 1) :]

    def _told(self, values: Sequence[str], answer: Answer, name: Callable[[Object], str]) -> LookupResult:
        self._keep(answer)
        asked = values[: max(answer.asked, 1)]
        profiles = {name(user) or str(user["id"]): user for user in answer.page.users}
        unavailable = {
            problem.value.lower(): problem
            for problem in answer.page.problems
            if problem.outcome and problem.section != "includes"
        }
        silent = [value for value in asked if value not in profiles and value not in unavailable]
        self.silent += len(silent)
        found = f"{plural(len(profiles), 'profile')}, {len(unavailable):,} unavailable,"
        log.debug("look-up of %s: %s for $%.3f", plural(len(asked), "user"), found, answer.micro / 1e6)
        return LookupResult(asked, profiles, unavailable, silent, answer.retrieved)

    def _keep(self, answer: Answer) -> None:
        self.micro += answer.micro
        self._paid(answer.micro)
        account = self._twitter.account
        found = documents(answer.page, tweets=None, users=self._users, retrieved=answer.retrieved, account=account, via="lookup")
        if found:
            self.tally += self._store.write("lookup", found)
        if answer.page.users and not self._checked:
            self._checked = True
            check_fields(answer.page.users, DIALECTS[self._twitter.dialect].checked_users)

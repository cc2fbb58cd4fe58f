"""An X that searches in memory, as odd and as mortal as chance says."""

from __future__ import annotations

import random

from netwar.records.ids import first_id
from netwar.records.pages import Page
from netwar.twitter.base import Answer, StaleToken

NOW = 1_767_268_800_000  # ms
WEEK = 7 * 86_400_000


class Killed(Exception):
    """The run ends here."""


class SimulatedX:
    """`posts` (ids) match every query. With `odd` pages are short, empty, out of order, told twice, or lead nowhere, some posts
    have no id, and the run is killed at times."""

    account = "me"

    def __init__(self, posts: list[int], chance: random.Random, *, odd: bool = True, kills: float = 0.05) -> None:
        self.posts = sorted(posts, reverse=True)
        self.clock = NOW
        self.sold: list[int] = []
        self._chance = chance
        self._odd = odd
        self._kills = kills
        self._tokens: dict[str, int] = {}

    def now(self) -> int:
        return self.clock

    def search(self, query: str, *, since: int, until: int, token: str | None = None, **_: object) -> Answer:
        """One page, as X might give it."""
        self.clock += self._chance.randrange(3_000)
        assert since >= first_id(self.clock - WEEK - 3_000), "X would refuse this bound"
        self._die(self._kills)
        if token is not None and (token not in self._tokens or (self._odd and self._chance.random() < 0.03)):
            raise StaleToken("stale")
        there = [one for one in self.posts if since < one < min(until, self._tokens.get(token or "", until))]
        shown, more = there[:100], len(there) > 100
        if self._odd and self._chance.random() < 0.3:
            keep = self._chance.randrange(0, 60)
            shown, more = there[:keep], len(there) > keep
        below = shown[-1] if shown else (there[0] + 1 if there else 0)
        self.sold += shown
        next_token = self._token(below, token) if more else None
        came = [*self._bent(shown)]
        if nameless := self._odd and bool(came) and self._chance.random() < 0.05:
            came.pop(self._chance.randrange(len(came)))
        posts = [{"id": str(one)} for one in came]
        page = Page(posts=posts, next_token=next_token, counted=len(shown), nameless=int(nameless))
        self._die(self._kills)
        return Answer(page, self.clock, 0, 100, self.clock)

    def _token(self, below: int, sent: str | None) -> str:
        if self._odd and sent and self._chance.random() < 0.05:
            return sent
        token = f"t{len(self._tokens)}"
        self._tokens[token] = below
        return token

    def _bent(self, shown: list[int]) -> list[int]:
        """A page as it may come: in another order, some of it twice, a post at its end that belongs far below."""
        if not self._odd or self._chance.random() < 0.6:
            return shown
        bent = [*shown, *self._chance.sample(shown, min(2, len(shown)))]
        if self._chance.random() < 0.5:
            self._chance.shuffle(bent)
        elif len(self.posts) > 300:
            bent.append(self._chance.choice(self.posts[-100:]))
        return bent

    def _die(self, chance: float) -> None:
        if self._chance.random() < chance:
            raise Killed

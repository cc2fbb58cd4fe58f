"""Which captures a post goes to."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from netwar.captures.base import Capture, Captures, KnownRule
from netwar.errors import NetwarError
from netwar.streams.keeper import Keeper, Order
from netwar.streams.lines import Delivery
from netwar.twitter.streaming import Streaming

LOOK = 10.0  # seconds between two looks at X's rules because of one that nobody knows

log = logging.getLogger("netwar.streams")


@dataclass(frozen=True, slots=True)
class Routes:
    """By the ids of `rules` (also of those that were removed within the hour), and of users whom captures follow. `others` are
    the rules at X that are nobody's here. `by_terms`: there are captures whose posts no author tells."""

    rules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Collection[str] = ()
    by_terms: bool = False

    @classmethod
    def of(cls, captures: Iterable[Capture], rules: Iterable[KnownRule], others: Collection[str] = ()) -> Routes:
        """Out of what the registry knows."""
        users: dict[str, tuple[str, ...]] = {}
        by_terms = False
        for capture in captures:
            by_terms = by_terms or (capture.on and capture.kind == "terms")
            for line in capture.lines if capture.kind == "users" and capture.on else ():
                users[line] = (*users.get(line, ()), capture.index)
        return cls({rule.id: rule.captures for rule in rules}, users, frozenset(others), by_terms)

    def captures(self, post: Delivery) -> tuple[str, ...] | None:
        """The captures that a post goes to, none for one that only others' rules matched; None where that cannot be told."""
        if post.rules is None:
            return self.users.get(post.author)
        known = [self.rules[rule] for rule in post.rules if rule in self.rules]
        if known:
            return tuple(dict.fromkeys(capture for captures in known for capture in captures))
        return () if all(rule in self.others for rule in post.rules) else self.users.get(post.author)

    def uncertain(self, post: Delivery) -> bool:
        """Whether a post may be of more captures than those that are known: of those who search, where X named no rules."""
        return post.rules is None and self.by_terms

    def strange(self, post: Delivery) -> bool:
        """Whether a post matched a rule that nobody here knows, so that the rules should be looked at anew."""
        return any(rule not in self.rules and rule not in self.others for rule in post.rules or ())


class Whose:
    """Whose posts are, by what the keeper knows, for one thread; and by a look at X's rules where that is not enough."""

    def __init__(self, captures: Captures, streaming: Streaming, keeper: Keeper) -> None:
        self._captures, self._streaming, self._keeper = captures, streaming, keeper
        self._others: frozenset[str] = frozenset()
        self._order: Order | None = None
        self._routes = Routes()
        self._looked = -LOOK

    def now(self) -> Routes:
        """By what is known."""
        if (order := self._keeper.order) is not self._order:
            self._order = order
            self._routes = Routes.of(order.captures.values(), order.rules.values(), self._others)
        return self._routes

    def anew(self, rules: Collection[str]) -> Routes:
        """A post matched rules of which some are not known: they may have been put there a moment ago, or by others."""
        self._keeper.ask()
        order = self._keeper.order
        with suppress(NetwarError):
            known = {rule.id: rule for rule in self._captures.rules()}
            if not known.keys() >= {*rules} and time.monotonic() > self._looked + LOOK:
                self._looked = time.monotonic()
                self._others = frozenset(rule.id for rule in self._streaming.rules()) - known.keys()
            self._routes = Routes.of(order.captures.values(), known.values(), self._others)
        return self._routes

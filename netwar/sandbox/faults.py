"""What shall go wrong, and when.

A fault says where (an endpoint, a user), how often (`after` so many matching requests, `times` at
most, only `requests` number …, with a `probability`), and what (`kind`, with settings of its own).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from netwar.sandbox.world.prng import mix

ANSWERS = (
    "rate-limit",
    "rate-limit-no-reset",
    "usage-capped",
    "too-many-connections",
    "credits-depleted",
    "payment-required",
    "spend-cap-reached",
    "unauthorized",
    "client-not-enrolled",
    "unsupported-authentication",
    "code-453",
    "invalid-request",
    "not-found",
    "not-authorized",
    "conflict",
    "internal-errors",
    "list-gone",
    "stale-token",
    "server-error",
)
PAGES = ("short-page", "empty-page", "repeat-token", "tell-unavailable", "members-short", "count-lies")
BODIES = (
    *("unknown-fields", "drop-fields", "no-meta", "no-rate-headers", "stray-post", "double-posts", "leave-out"),
    *("half-emoji", "odd-elements", "odd-shapes", "unnamed-includes"),
)
SENDING = ("cut", "reset", "hang", "slow")
ALL_KINDS = ANSWERS + PAGES + BODIES + SENDING


@dataclass(frozen=True)
class Asked:
    """What a fault can tell of a request: about whom it is, and who asks, each by id, @name and #index.

    `paged`: it has a page token.
    """

    method: str
    path: str
    users: Collection[str]
    callers: Collection[str] = ()
    paged: bool = False


@dataclass
class Fault:
    """One thing that goes wrong. Seconds and bytes where a kind needs them; `times` 0 is for ever."""

    kind: str
    endpoint: str = "*"
    user: str = ""
    caller: str = ""
    after: int = 0
    times: int = 1
    requests: tuple[int, ...] = ()
    probability: float = 1.0
    status: int = 503
    body: str = "json"
    seconds: float = 1.0
    bytes: int | None = None
    keep: int = 1
    by: int = 1
    fields: tuple[str, ...] = ()
    id: str = ""
    ids: tuple[str, ...] = ()
    billed: bool = False
    period: str = "Monthly"
    seen: int = field(default=0, init=False)
    fired: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in ALL_KINDS:
            raise ValueError(f"unknown kind of fault {self.kind!r}: one of {', '.join(ALL_KINDS)}")
        if self.body not in ("json", "html", "empty"):
            raise ValueError(f"body of a fault must be json, html or empty, not {self.body!r}")
        self._method, _, path = self.endpoint.rpartition(" ")
        self._where = _pattern(path)

    def concerns(self, asked: Asked) -> bool:
        """Whether this request is meant."""
        if (self.kind == "stale-token" and not asked.paged) or self._method not in ("", asked.method.replace("HEAD", "GET")):
            return False
        named = (not self.user or self.user.lower() in asked.users) and (not self.caller or self.caller.lower() in asked.callers)
        return named and bool(self._where.fullmatch(asked.path))

    def due(self, seed: int, number: int) -> bool:
        """Count a matching request; whether it goes wrong."""
        self.seen += 1
        if self.requests:
            hit = self.seen in self.requests
        else:
            hit = self.seen > self.after and (self.times == 0 or self.fired < self.times)
        if hit and self.probability < 1:
            hit = mix(seed, 101, number, self.seen) % 1_000_000 < self.probability * 1_000_000
        self.fired += hit
        return hit

    def told(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def _pattern(path: str) -> re.Pattern[str]:
    """`/2/users/:id/tweets`, `/2/users/*/tweets`, `*` or a whole path."""
    if path == "*":
        return re.compile(r"/(?!sandbox/).*")
    parts = re.split(r"(\{\w+\}|:\w+|\*)", path)
    return re.compile("".join("[^/]+" if number % 2 else re.escape(part) for number, part in enumerate(parts)))


def fault(table: dict[str, Any]) -> Fault:
    """A fault out of a table of a scenario or of the control API. Raises ValueError in words."""
    known = {one.name for one in fields(Fault) if one.init}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"a fault has no {', '.join(unknown)}: it has {', '.join(sorted(known))}")
    if "kind" not in table:
        raise ValueError("a fault needs a kind")
    given = dict(table)
    for name in ("user", "caller"):
        if isinstance(given.get(name), int):
            given[name] = f"#{given[name]}"
    for name in ("requests", "fields", "ids"):
        if name in given:
            given[name] = tuple(given[name])
    try:
        return Fault(**given)
    except TypeError as error:
        raise ValueError(f"a fault cannot be read: {error}") from None


class Faults:
    """All the faults that are switched on."""

    def __init__(self, seed: int, faults: Iterable[Fault] = ()) -> None:
        self._seed = seed
        self._all = list(faults)

    def __iter__(self) -> Any:
        return iter(self._all)

    def set(self, faults: Iterable[Fault]) -> None:
        self._all = list(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        self._all.extend(faults)

    def due(self, asked: Asked) -> list[Fault]:
        """Those that this request meets, at most one of each sort. Every match is counted."""
        met: list[Fault] = []
        for number, one in enumerate(self._all):
            if one.concerns(asked) and one.due(self._seed, number):
                met.append(one)
        return met

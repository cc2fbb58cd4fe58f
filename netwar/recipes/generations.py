"""Which servers a recipe is for, as its table says it: product, versions, and what must stand before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

FORM = re.compile(
    r"(?P<product>elasticsearch|opensearch)"
    r"(?: (?P<low>\d+(?:\.\d+)*)(?P<more>\+|-(?P<high>\d+(?:\.\d+)*))?)?"
    r"(?: with (?P<guard>security|x-pack|searchguard))?"
)
GUARDS = {"x-pack": ("xpack",), "searchguard": ("searchguard",), "security": ("xpack", "searchguard", "opensearch")}

Number = tuple[int, ...]


class Server(Protocol):
    """What a recipe must know of a cluster; `netwar.connections.elastic.Cluster` fills it."""

    @property
    def product(self) -> str:
        """elasticsearch or opensearch."""

    @property
    def version(self) -> tuple[int, int, int]:
        """The version's three numbers."""

    @property
    def security(self) -> str:
        """What stands before it: searchguard, opensearch, xpack or none."""


@dataclass(frozen=True, slots=True)
class Generation:
    """`elasticsearch`, `elasticsearch 6`, `elasticsearch 7.8+`, `opensearch 1-2 with security` and the like.

    Bounds are inclusive, and as exact as they are written: `6-7.7` ends with the last 7.7. What may be asked for
    after `with` is `security` of any kind, `x-pack` or `searchguard`.
    """

    text: str
    product: str
    low: Number | None
    high: Number | None
    guard: str | None

    @classmethod
    def of(cls, text: str) -> Generation:
        """Read one. Raises ValueError."""
        found = FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no generation such as 'elasticsearch 7.8+' or 'opensearch with security'")
        low = _number(found["low"])
        high = None if found["more"] == "+" else _number(found["high"]) or low
        return cls(text, found["product"], low, high, found["guard"])

    def has(self, server: Server) -> bool:
        """Is this server one of them?"""
        return (
            self.product == server.product
            and (self.low is None or server.version[: len(self.low)] >= self.low)
            and (self.high is None or server.version[: len(self.high)] <= self.high)
            and (self.guard is None or server.security in GUARDS[self.guard])
        )


def among(server: Server, generations: Sequence[Generation]) -> bool:
    """Is this server of one of the generations?"""
    return any(one.has(server) for one in generations)


def _number(text: str | None) -> Number | None:
    return tuple(int(part) for part in text.split(".")) if text else None


EVERY = (Generation.of("elasticsearch"), Generation.of("opensearch"))

"""What X charges, read from data/prices.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path

DOLLAR = 1_000_000
TABLE = Path(__file__).parent.parent / "data" / "prices.toml"


@cache
def prices(table: Path = TABLE) -> Mapping[str, int]:
    """Micro-dollars by kind of object, or of request where X charges by request.

    Raises ValueError for a price that is negative or finer than a micro-dollar.
    """
    sections = tomllib.loads(table.read_text("utf-8"), parse_float=Decimal)
    return {kind: _micro(kind, dollars) for section in sections.values() for kind, dollars in section.items()}


def price(most: Mapping[str, int]) -> int:
    """What so many objects of each kind cost, in micro-dollars. Raises ValueError for a kind without a price."""
    return sum(each(kind) * count for kind, count in most.items())


def each(kind: str) -> int:
    """What one object of a kind costs, in micro-dollars. Raises ValueError for a kind without a price."""
    try:
        return prices()[kind]
    except KeyError:
        raise ValueError(f"prices.toml has no price for {kind!r}") from None


def _micro(kind: str, dollars: Decimal | int) -> int:
    micro = Decimal(dollars) * DOLLAR
    if micro < 0 or micro != int(micro):
        raise ValueError(f"the price of {kind}, {dollars} dollars, is not a whole number of micro-dollars")
    return int(micro)

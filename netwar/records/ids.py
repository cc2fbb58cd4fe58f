"""X's ids: numbers that say when a tweet was made."""

from __future__ import annotations

from typing import Any

LARGEST = 2**63 - 1
SNOWFLAKE_EPOCH = 1_288_834_974_657  # ms; ids of tweets carry their time since 2010-11-04 (docs.x.com, X IDs)


def number(value: Any) -> int | None:
    """An id of X as a number: only if the same text comes back from it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 and (value[0] != "0" or value == "0"):
        found = int(value)
        return found if found <= LARGEST else None
    return None


def first_id(ms: int) -> int:
    """The smallest id that a tweet of this time can have."""
    return min(max(0, (ms - SNOWFLAKE_EPOCH) << 22), LARGEST)

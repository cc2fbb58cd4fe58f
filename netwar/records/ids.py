"""X's ids: numbers that say when a tweet was made."""

from __future__ import annotations

from typing import Any

LARGEST = 2**63 - 1
EXACT = 2**53  # floating-point numbers are exact up to here
SNOWFLAKE_EPOCH = 1_288_834_974_657  # ms; ids of tweets carry their time since 2010-11-04 (docs.x.com, X IDs)


def number(value: Any) -> int | None:
    """An id of X as a number: only if the same text comes back from it."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20 and (value[0] != "0" or value == "0"):
        found = int(value)
        return found if found <= LARGEST else None
    return None


def identity(value: Any) -> str | None:
    """An id as text, in whichever shape it came; None for what is none. Text is not looked into: X has ids of many kinds.

    A floating-point number is one as long as it is exact: further up it may be somebody else's.
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else None
    return str(value)


def first_id(ms: int) -> int:
    """The smallest id that a tweet of this time can have."""
    return min(max(0, (ms - SNOWFLAKE_EPOCH) << 22), LARGEST)


def posted(id: int) -> int | None:
    """When a tweet was posted (ms), by its id; None for one from before ids told that, and for a bound that is no tweet's."""
    return (id >> 22) + SNOWFLAKE_EPOCH if id >> 22 > 10**6 else None

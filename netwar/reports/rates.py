"""What is known of an account's rate windows and of the app's month, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netwar.meter.base import Window, Windows


def described(windows: Windows, tokens: Mapping[str, str]) -> list[tuple[str, Window]]:
    """The rate windows of some tokens, given by (account | app) and their short names, as (account | app, window)."""
    return [(who, window) for who, its in zip(tokens, windows.windows(*tokens.values()), strict=True) for window in its]


def age(seconds: float) -> str:
    """A length of time in the largest unit that fits: 40 s, 12 min, 3 h, 2 d."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def usage_line(usage: dict[str, Any]) -> str:
    """What `/2/usage/tweets` says of the month, in one line."""
    month = month_of(usage)
    used, cap, day = month["posts"], month["cap"], month["reset_day"]
    if used is None:
        return "X says nothing about the month's usage"
    of = f" of {cap:,}" if cap is not None else ""
    resets = f"; the count restarts on day {day} of the month" if day is not None else ""
    return f"posts read this month, by X's count: {used:,}{of}{resets}"


def month_of(usage: dict[str, Any]) -> dict[str, int | None]:
    """The posts read in the month, their cap, and the day of the month on which they are counted anew.

    X sends the numbers as strings; what it does not say is None.
    """
    keys = {"posts": "project_usage", "cap": "project_cap", "reset_day": "cap_reset_day"}
    return {name: _count(usage.get(key)) for name, key in keys.items()}


def _count(told: Any) -> int | None:
    try:
        return int(told)
    except (TypeError, ValueError):
        return None

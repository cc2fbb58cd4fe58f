"""How figures are written for a statsd."""

from __future__ import annotations


def gauge(name: str, value: float) -> str:
    """A gauge: a whole number where it is one, and never below 0, since a sign would mean a change of it."""
    return f"{name}:{max(value, 0):.6f}".rstrip("0").rstrip(".") + "|g"

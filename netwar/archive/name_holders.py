"""Who bore a screen name one after the other: at X a name is one user's at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netwar.archive.base import Bearer


def succession(bearers: Iterable[Bearer]) -> list[Bearer]:
    """Those who were seen with a name, the last one first and each once; see `Bearer`, and `Documents.bearers`."""
    once: dict[str, Bearer] = {}
    for bearer in sorted(bearers, key=lambda one: (one.retrieved, one.until is None), reverse=True):
        once.setdefault(bearer.user, bearer)
    last, *others = once.values()
    return [last, *(replace(one, until=one.retrieved) if one.until is None else one for one in others)]

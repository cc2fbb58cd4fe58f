"""Who bore a screen name one after the other: at X a name is one user's at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netwar.archive.base import NameHolder


def order_holders(name_holders: Iterable[NameHolder]) -> list[NameHolder]:
    """Those who were seen with a name, the last one first and each once; see `NameHolder`, and `Documents.name_holders`."""
    once: dict[str, NameHolder] = {}
    for bearer in sorted(name_holders, key=lambda one: (one.retrieved, one.until is None), reverse=True):
        once.setdefault(bearer.user, bearer)
    last, *others = once.values()
    return [last, *(replace(one, until=one.retrieved) if one.until is None else one for one in others)]

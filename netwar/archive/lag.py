"""How far what is recorded lags behind, over all the users of an index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FOLLOWED = ("complete", "empty", "partial")  # outcomes of users who can be asked for again


@dataclass(frozen=True, slots=True)
class Lag:
    """Of so many users who can be asked for: when half of them, and all but a twentieth, had last been asked for (ms since
    1970), and how many have gaps that a run would fill."""

    users: int = 0
    half: int = 0
    most: int = 0
    gaps: int = 0


def lag(asked: Sequence[int], gaps: int) -> Lag:
    """The lag by the times (ms) at which users were last asked for."""
    times = sorted(asked, reverse=True)
    if not times:
        return Lag(gaps=gaps)
    half, most = (times[min(len(times) * share // 100, len(times) - 1)] for share in (50, 95))
    return Lag(len(times), half, most, gaps)

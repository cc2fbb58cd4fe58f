"""What is in doubt: how much of the budget it takes, and what an answer to the same request makes good of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from netwar.records.ids import SNOWFLAKE_EPOCH, number

LATE = 30.0  # seconds: a post may be seen so much later than its id says that it was made


def set_aside(open_: Iterable[tuple[str, int, bool]]) -> tuple[int, int]:
    """Micro-dollars of open reservations, (request, micro, in doubt) each: of those that may be settled, and of those in doubt.

    The doubts of a request are of the same things, and a reservation of that request that may be settled covers them as far
    as it goes.
    """
    live, covered, doubts = 0, Counter[str](), Counter[str]()
    for request, micro, doubt in open_:
        largest = doubts if doubt else covered
        largest[request] = max(largest[request], micro)
        live += 0 if doubt else micro
    return live, sum(max(micro - covered[request], 0) for request, micro in doubts.items())


def times(posts: Iterable[str]) -> list[float]:
    """When posts were made, by their ids, in seconds since 1970."""
    return [((id >> 22) + SNOWFLAKE_EPOCH) / 1000 for id in map(number, posts) if id is not None]


def newer(made: Iterable[float], opened: float) -> int:
    """How many of these posts may have come after a request that was opened then."""
    return sum(one >= opened - LATE for one in made)

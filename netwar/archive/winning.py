"""Which of two copies of a document is kept: the one with the higher version, unless that is dated in the future."""

from __future__ import annotations

from collections.abc import Callable

from netwar.records.documents import LOWEST, SLIP_MS

TIME_BITS = 44  # of a version: the time of the answer in ms; above them is whether it was asked for
TIME = (1 << TIME_BITS) - 1

# The time at X in ms; None while it is not known for certain.
XTime = Callable[[], int | None]


def unknown() -> int | None:
    """For those who only read, or do not know."""
    return None


def wins(version: int, kept: int | None, now: XTime) -> bool:
    """Whether a document takes the place of the copy that is kept, if any; both by their versions."""
    if kept is None or version > kept:
        return True
    return version >> TIME_BITS == kept >> TIME_BITS and gives_way(kept & TIME, version & TIME, now)


def gives_way(kept: int, other: int, now: XTime) -> bool:
    """Whether a copy is dated ahead of X's clock, and another one is not; times in ms.

    X is asked for nothing: unless the two are far apart `now` need not be known. To what says nothing no copy gives way.
    """
    if other == LOWEST or kept <= other + SLIP_MS or (at := now()) is None:
        return False
    return other <= at + SLIP_MS < kept

"""Tests at random: what fails is made as small as can be, and the seed, which pytest's summary tells, makes it fail again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# One for all processes of a run: pytest's workers inherit it.
SEED = int(os.environ.setdefault("NETWAR_SEED", str(time.time_ns() % 10**9)))


def randomly(examples: int = 100) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a test of hypothesis (with @given below) so many examples, however slow the machine is.

    Fixtures are shared by the examples.
    """

    from hypothesis import HealthCheck, seed, settings
    from hypothesis.internal.conjecture import providers

    # It would draw out of the words and numbers of all code of ours that happens to be loaded, so the same seed drew other things
    # where a test runs by itself; and each process read all of that code for it.
    vars(providers)["is_local_module_file"] = lambda _: False

    def of(test: Callable[..., None]) -> Callable[..., None]:
        ways = settings(
            max_examples=examples, deadline=None, database=None, print_blob=True, suppress_health_check=list(HealthCheck)
        )
        return seed(SEED)(ways(test))

    return of


@contextmanager
def fewer(examples: int, test: Callable[..., None]) -> Iterator[None]:
    """Give a test of `randomly` so many examples within the block, where each is dear; another test is as it is."""
    from hypothesis import settings

    known = vars(test)
    if before := known.get("_hypothesis_internal_use_settings"):
        known["_hypothesis_internal_use_settings"] = settings(before, max_examples=examples)
    try:
        yield
    finally:
        if before:
            known["_hypothesis_internal_use_settings"] = before

"""How processes read the tests: one before the others, which need not compile what it has compiled, and no garbage collected."""

from __future__ import annotations

import fcntl
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netwar.cli import A_ROUND as SELDOM


@contextmanager
def one_before_the_others(root: Path) -> Iterator[None]:
    """Let the first process in alone, and when it has ended all others together: of five that compiled everything, each for
    itself, four did it in vain. The lock is on the folder, and ends with the process."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


@contextmanager
def without_garbage() -> Iterator[None]:
    """Collect none meanwhile, and seldom later, as programs do; and never look again at what came, hundreds of modules."""
    gc.disable()
    try:
        yield
    finally:
        if "hypothesis" in sys.modules:
            _let_it_draw()
        gc.freeze()
        gc.set_threshold(SELDOM, 10, 10)
        gc.enable()


def _let_it_draw() -> None:
    """Before its first test Hypothesis looks for whoever holds its source of numbers: on Python 3.14 that is not found any more
    once it is among what is never looked at."""
    from hypothesis import given, seed, settings, strategies

    @seed(0)
    @settings(database=None, max_examples=1)
    @given(strategies.none())
    def drawn(_: None) -> None:
        pass

    drawn()

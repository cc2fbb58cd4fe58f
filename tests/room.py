"""Room on disks, and for open files, as a program may find it."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let files of this process grow to so many bytes: the system takes what fits, and says how much, as on a disk that is nearly
    full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def files_for(more: int) -> Iterator[None]:
    """Let this process open so many files more, and then none."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(islice(_free(), more, None)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _free() -> Iterator[int]:
    """The numbers that no open file has."""
    for number in count():
        try:
            os.fstat(number)
        except OSError:
            yield number

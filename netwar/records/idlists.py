"""Long sorted lists of X's ids: packed into few characters, merged and compared as streams.

Packed are the distances between neighbours, all their lowest bytes first, then the next ones …: the upper bytes of
most are zero, and compress to nothing. A million ids of a million users take about 7.2 characters each.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import accumulate, groupby, islice, pairwise
from typing import TypeVar

T = TypeVar("T")

WIDTH = 8  # bytes; X's ids are 64-bit numbers
MAX_IDS = 1_000_000  # in one text: longer lists are kept in parts, a hundred times smaller


def pack(ids: Sequence[int]) -> str:
    """A sorted list as text."""
    distances = array("Q", [*ids[:1], *(after - before for before, after in pairwise(ids))])
    if sys.byteorder == "big":
        distances.byteswap()
    raw = distances.tobytes()
    return b64encode(zlib.compress(b"".join(raw[byte::WIDTH] for byte in range(WIDTH)), 6)).decode()


def unpack(text: str) -> array[int]:
    """The list that was packed. Raises ValueError for what was not, before it takes more room than a list can."""
    columns = _unzipped(b64decode(text))
    raw = bytearray(len(columns))
    count = len(columns) // WIDTH
    for byte in range(WIDTH):
        raw[byte::WIDTH] = columns[byte * count : (byte + 1) * count]
    distances = array("Q", bytes(raw))
    if sys.byteorder == "big":
        distances.byteswap()
    try:
        return array("Q", accumulate(distances))
    except OverflowError:
        raise ValueError("numbers that are no ids") from None


def _unzipped(packed: bytes) -> bytes:
    unzip = zlib.decompressobj()
    try:
        columns = unzip.decompress(packed, MAX_IDS * WIDTH)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unzip.eof or len(columns) % WIDTH:
        raise ValueError("it is cut off, or longer than a part of a list")
    return columns


def together(lists: Iterable[Iterable[int]]) -> Iterator[int]:
    """Sorted lists as one, each id once."""
    last = None
    for id in merge(*lists):
        if id != last:
            yield id
            last = id


def compared(before: Iterable[int], after: Iterable[int]) -> Iterator[tuple[int, bool]]:
    """What differs between two sorted lists, each id once: (id, whether it came), in the order of ids."""
    old = ((id, False) for id in before)
    new = ((id, True) for id in after)
    for id, sides in groupby(merge(old, new), key=lambda one: one[0]):
        told = [side for _, side in sides]
        if len(told) == 1:
            yield id, told[0]


def folded(changes: Iterable[Iterable[tuple[int, bool]]]) -> Iterator[tuple[int, bool]]:
    """Several comparisons in a row as one: what came and left on the whole. Each is in the order of ids, the oldest is first."""

    def numbered(number: int, some: Iterable[tuple[int, bool]]) -> Iterator[tuple[int, int, bool]]:
        return ((id, number, came) for id, came in some)

    in_order = merge(*(numbered(number, some) for number, some in enumerate(changes)))
    for id, told in groupby(in_order, key=lambda one: one[0]):
        all_told = [came for _, _, came in told]
        if all_told[0] == all_told[-1]:  # it came and was not there before, or left and was
            yield id, all_told[0]


def changed(before: Iterable[int], changes: Iterable[tuple[int, bool]]) -> Iterator[int]:
    """A sorted list after (id, whether it came) have been done to it, in the order of ids."""
    old = ((id, False, True) for id in before)
    new = ((id, True, came) for id, came in changes)
    for id, told in groupby(merge(old, new), key=lambda one: one[0]):
        if all(there for _, _, there in told):
            yield id


def portions(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """A long list in parts."""
    items = iter(items)
    while part := list(islice(items, size)):
        yield part

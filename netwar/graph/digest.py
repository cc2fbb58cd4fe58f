"""What tells whether two sets of edges are the same, whatever their order: a count and a sum for each type.

The sum is that of a 64-bit BLAKE2b of each edge's line, modulo 2^64. A line is its type, source, target, tweet and time (ms,
empty where that is not known) with tabs between, in UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from netwar.records.edges import TYPES, Edge

MODULUS = 1 << 64


@dataclass(frozen=True, slots=True)
class Digest:
    """How many edges, and their sum."""

    count: int
    sum: int


Digests = dict[str, Digest]  # by type; every type is there


def digests(edges: Iterable[Edge]) -> Digests:
    """The digest of each type."""
    counts, sums = dict.fromkeys(TYPES, 0), dict.fromkeys(TYPES, 0)
    for type, source, target, tweet, at in edges:
        line = f"{type}\t{source}\t{target}\t{tweet}\t{'' if at is None else at}"
        counts[type] += 1
        sums[type] += int.from_bytes(blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return {type: Digest(counts[type], sums[type] % MODULUS) for type in TYPES}

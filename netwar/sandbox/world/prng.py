"""Chance that can be repeated: the same numbers for the same seed, without remembering any."""

from __future__ import annotations

WORD = (1 << 64) - 1
BITS = 22  # low bits of a snowflake id; so many people fit into a world
POPULATION = 1 << BITS
LOW = POPULATION - 1


def mix(*parts: int) -> int:
    """64 well-mixed bits out of any integers. Called some twenty times a post, so it is short."""
    x = 0x9E3779B97F4A7C15
    for part in parts:
        x = (x ^ part) * 0xD6E8FEB86659FD93 & WORD
        x ^= x >> 32
    x = x * 0xD6E8FEB86659FD93 & WORD
    return x ^ x >> 29


class Shuffle:
    """A shuffle of the numbers below 2**22 that can be computed both ways."""

    def __init__(self, *key: int) -> None:
        self._factors = (mix(*key, 1) & LOW | 1, mix(*key, 2) & LOW | 1)
        self._inverses = tuple(pow(factor, -1, POPULATION) for factor in self._factors)
        self._shift = mix(*key, 3) & LOW

    def forward(self, number: int) -> int:
        """Where a number goes."""
        x = (number + self._shift) & LOW
        for factor in self._factors:
            x = x * factor & LOW
            x ^= x >> 11
        return x

    def back(self, place: int) -> int:
        """Which number came here. A shift by half of the bits undoes itself."""
        x = place
        for inverse in reversed(self._inverses):
            x ^= x >> 11
            x = x * inverse & LOW
        return (x - self._shift) & LOW

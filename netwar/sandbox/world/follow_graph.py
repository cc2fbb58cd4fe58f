"""Who follows whom: lists of any length, computed; only what changes at run time is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.prng import LOW, Shuffle

FOLLOWERS, FOLLOWING = "followers", "following"
DIRECTIONS = (FOLLOWERS, FOLLOWING)
_KEYS = {FOLLOWERS: 31, FOLLOWING: 32}


@dataclass
class _Changes:
    """Who came since the world began, the first one first, and which of the others left."""

    came: list[int] = field(default_factory=list)
    left: set[int] = field(default_factory=set)


_UNCHANGED = _Changes()


class Circles:
    """The followers of every user, and whom each follows, newest first and each once.

    Whoever comes stands first, so that the places of all the others move. The place of somebody who left
    stays empty, and pages across it are shorter.
    """

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._changes: dict[tuple[str, int], _Changes] = {}
        self._shuffle = lru_cache(256)(self._made)

    def places(self, direction: str, index: int) -> int:
        """How many places a list has; those of users who left are empty."""
        return self._first(direction, index) + len(self._changed(direction, index).came)

    def count(self, direction: str, index: int) -> int:
        """How many users a list has, as the profile counts them."""
        return self.places(direction, index) - len(self._changed(direction, index).left)

    def listed(self, direction: str, index: int, first: int, count: int) -> Iterator[int]:
        """Who has the places from `first` on."""
        changes = self._changed(direction, index)
        fresh = len(changes.came)
        for place in range(first, min(first + count, self.places(direction, index))):
            if place < fresh:
                yield changes.came[fresh - 1 - place]
            elif (member := self._member(direction, index, place - fresh)) not in changes.left:
                yield member

    def add(self, direction: str, index: int, members: Sequence[int]) -> None:
        """These are in the list from now on; who is in it already stays where they are."""
        changes = self._changes.setdefault((direction, index), _Changes())
        for member in members:
            if member != index and member not in changes.came and not self._is_there(direction, index, member):
                changes.came.append(member)

    def remove(self, direction: str, index: int, members: Sequence[int]) -> None:
        """These have left the list."""
        changes = self._changes.setdefault((direction, index), _Changes())
        for member in members:
            if member in changes.came:
                changes.came.remove(member)
            elif self._is_there(direction, index, member):
                changes.left.add(member)

    def others(self, direction: str, index: int, count: int) -> list[int]:
        """So many users who are not in the list and never were."""
        first = self._first(direction, index)
        came = set(self._changed(direction, index).came)
        beyond = (self._member(direction, index, place) for place in range(first, LOW))
        return [member for member, _ in zip((one for one in beyond if one not in came), range(count), strict=False)]

    def _changed(self, direction: str, index: int) -> _Changes:
        return self._changes.get((direction, index), _UNCHANGED)

    def _is_there(self, direction: str, index: int, member: int) -> bool:
        """Whether somebody was in the list from the beginning and has not left."""
        shuffle, skip = self._shuffle(direction, index)
        number = shuffle.back((member - index) & LOW)
        place = number - (number > skip)
        return place < self._first(direction, index) and member not in self._changed(direction, index).left

    def _member(self, direction: str, index: int, place: int) -> int:
        shuffle, skip = self._shuffle(direction, index)
        return (index + shuffle.forward(place + (place >= skip))) & LOW

    def _made(self, direction: str, index: int) -> tuple[Shuffle, int]:
        # Place 0 is the user: nobody follows themselves, and adding the index keeps everybody distinct.
        shuffle = Shuffle(self._cast.seed, _KEYS[direction], index)
        return shuffle, shuffle.back(0)

    def _first(self, direction: str, index: int) -> int:
        """How long the list was when the world began."""
        total = self._cast.followers(index) if direction == FOLLOWERS else self._cast.following(index)
        return min(total, LOW)

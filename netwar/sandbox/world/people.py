"""The users of the world: index, numeric id and screen name, each computed from any other."""

from __future__ import annotations

import re
from functools import lru_cache

from netwar.sandbox.world.clock import EPOCH
from netwar.sandbox.world.names import ANIMALS, COLOURS
from netwar.sandbox.world.population import Cast
from netwar.sandbox.world.prng import LOW, POPULATION, Shuffle, mix

_EARLY = (1_175_000_000_000, 1_290_000_000_000)  # 2007 to 2010: ids were small numbers
_LATE = (1_293_840_000_000, 1_704_067_200_000)  # 2011 to 2023: ids are snowflakes
_SMALLEST = 1_000
_NAME = re.compile(r"([a-z]{5})(_?)([a-z]{3,5})(0|[1-9][0-9]{0,3})")
_COLOUR = {word.lower(): number for number, word in enumerate(COLOURS)}
_ANIMAL = {word.lower(): number for number, word in enumerate(ANIMALS)}


class People:
    """The first users are the ones that a scenario speaks of; the rest, up to 4,194,304, is the
    crowd that they follow, mention and quote."""

    def __init__(self, cast: Cast) -> None:
        self._seed = cast.seed
        self._cast = cast
        self._ids = Shuffle(cast.seed, 1)
        self._names = Shuffle(cast.seed, 2)
        self.id = lru_cache(8192)(self._compute_id)
        self._given = {role.name.lower(): index for index, role in cast.roles.items() if role.name}

    def created(self, index: int) -> int:
        """When the account was opened, ms."""
        chance = mix(self._seed, 11, index)
        first, last = _EARLY if chance & 3 == 0 else _LATE
        return first + (chance >> 2) % (last - first)

    def _compute_id(self, index: int) -> int:
        """The numeric id of a user."""
        created = self.created(index)
        number = self._ids.forward(index)
        return number + _SMALLEST if created < _LATE[0] else created - EPOCH << 22 | number

    def index(self, user_id: int) -> int | None:
        """Which user has this id; None if nobody has."""
        short = user_id < POPULATION + _SMALLEST
        if user_id < _SMALLEST:
            return None
        index = self._ids.back(user_id - _SMALLEST if short else user_id & LOW)
        return index if self.id(index) == user_id else None

    def name(self, index: int) -> str:
        """The screen name that a user bears (before any change at run time)."""
        role = self._cast.roles.get(index)
        if role is not None and role.name:
            return role.name
        if self._cast.is_renamed(index):
            return self._written(index, "_")
        return self._written(index - 1 if self._cast.is_taker(index) else index, "")

    def former_name(self, index: int) -> str | None:
        """The screen name that a renamed user bore before."""
        changed = self._cast.is_renamed(index) or self._cast.is_taker(index)
        return self._written(index, "") if changed else None

    def named(self, name: str) -> int | None:
        """Which user bears a screen name now; case does not matter."""
        lower = name.lower()
        if lower in self._given:
            return self._given[lower]
        found = _NAME.fullmatch(lower)
        if not found or found[1] not in _COLOUR or found[3] not in _ANIMAL or int(found[4]) > 1023:
            return None
        index = self._names.back(_COLOUR[found[1]] << 16 | _ANIMAL[found[3]] << 10 | int(found[4]))
        for bearer in (index, (index + 1) & LOW):
            if self.name(bearer).lower() == lower:
                return bearer
        return None

    def _written(self, index: int, joint: str) -> str:
        number = self._names.forward(index)
        return f"{COLOURS[number >> 16]}{joint}{ANIMALS[number >> 10 & 63]}{number & 1023}"

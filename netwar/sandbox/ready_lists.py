"""Lists that are there when a sandbox starts: those that a scenario describes, and those of observers by the dozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from netwar.sandbox.world.prng import POPULATION
from netwar.sandbox.world.world import World

_SUBJECTS = ("Brexit", "Elections", "Climate", "Energy", "Housing", "Science", "Harbours", "Railways", "Islands", "Museums")
_ALSO_ON_THE_NEXT = 20  # one member in so many is on two lists


@dataclass(frozen=True)
class Plan:
    """A list that shall be there. Users are numbers, or names; the first member stands first."""

    owner: int | str
    name: str
    members: tuple[int | str, ...]
    private: bool = False
    description: str = ""


def plan(table: dict[str, Any]) -> Plan:
    """A [[lists]] of a scenario. Raises ValueError in words."""
    unknown = sorted(set(table) - set(Plan.__dataclass_fields__))
    if unknown:
        raise ValueError(f"[[lists]] has no {', '.join(unknown)}: it has {', '.join(Plan.__dataclass_fields__)}")
    if "name" not in table:
        raise ValueError("[[lists]] needs a name")
    return Plan(**{"owner": 0, **table, "members": _members(table.get("members", []))})


def _members(given: Any) -> tuple[int | str, ...]:
    """A list of users, or so many from one number on."""
    if isinstance(given, dict) and set(given) == {"first", "count"}:
        return tuple(range(given["first"], given["first"] + given["count"]))
    if not isinstance(given, list) or not all(isinstance(one, int | str) for one in given):
        raise ValueError("members of [[lists]] are a list of users, or { first = NUMBER, count = NUMBER }")
    return tuple(given)


def plans(observers: int, lists: int, members: int) -> Iterator[Plan]:
    """Observers (users number 0 and so on) with so many lists each; `members` is how many users are on those of one."""
    for observer in range(observers):
        first = observers + observer * members
        users = range(first, first + members)
        for number in range(lists):
            own = users[number::lists]
            others = users[(number - 1) % lists :: lists][::_ALSO_ON_THE_NEXT] if lists > 1 else ()
            yield Plan(observer, _name(number), (*own, *others))


def observer_name(number: int) -> str:
    return "observer" if number == 0 else f"observer{number + 1}"


def _name(number: int) -> str:
    again = number // len(_SUBJECTS)
    return f"NSCE {_SUBJECTS[number % len(_SUBJECTS)]}" + (f" {again + 1}" if again else "")


def furnish(world: World, plans: Iterable[Plan]) -> None:
    """Make the lists, as if long ago. Raises ValueError for users whom nobody knows, and for what X forbids."""
    for number, one in enumerate(plans):
        made = world.lists.create(_index(world, one.owner), one.name, world.end + number)
        made.private, made.description = one.private, one.description
        made.add([_index(world, member) for member in reversed(one.members)], made.created)


def _index(world: World, user: int | str) -> int:
    found = user if isinstance(user, int) else world.named(user.lstrip("@"))
    if found is None or not 0 <= found < POPULATION:
        raise ValueError(f"no user {user!r} in this world")
    return found

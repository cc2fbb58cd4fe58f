"""The lists that users keep: who is on them since when, and who was put on or taken off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from netwar.sandbox.world.clock import EPOCH

ADDED, REMOVED = "added", "removed"
MAX_MEMBERS = 5_000  # X's help centre, "How to use Lists": up to 5,000 accounts on a list, up to 1,000 lists
MAX_LISTS = 1_000
MAX_NAME = 25  # the same page: a name has at most 25 characters


class Change(NamedTuple):
    """Somebody was put on a list, or taken off; `at` in ms."""

    at: int
    what: str
    user: int


@dataclass
class XList:
    """One list. `members` has who is on it since when (ms), the first one first; users are numbers."""

    id: int
    owner: int
    name: str
    created: int
    description: str = ""
    private: bool = False
    deleted: bool = False
    members: dict[int, int] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)

    def newest_first(self) -> list[int]:
        return list(reversed(self.members))

    def add(self, users: Iterable[int], at: int) -> list[int]:
        """Put these on the list; those who were not on it. Raises ValueError where X allows no more."""
        new = [user for user in dict.fromkeys(users) if user not in self.members]
        if len(self.members) + len(new) > MAX_MEMBERS:
            raise ValueError(f"a list has at most {MAX_MEMBERS:,} members")
        self.members |= dict.fromkeys(new, at)
        self.history += [Change(at, ADDED, user) for user in new]
        return new

    def remove(self, users: Iterable[int], at: int) -> list[int]:
        """Take these off the list; those who were on it."""
        gone = [user for user in dict.fromkeys(users) if user in self.members]
        for user in gone:
            del self.members[user]
        self.history += [Change(at, REMOVED, user) for user in gone]
        return gone


class Lists:
    """All lists there are and were; a deleted one stays in the truth."""

    def __init__(self) -> None:
        self._all: dict[int, XList] = {}

    def __iter__(self) -> Iterator[XList]:
        """Every list, deleted ones too, the oldest first."""
        return iter(self._all.values())

    def create(self, owner: int, name: str, at: int) -> XList:
        """A new list without members. Raises ValueError where X allows no more, or no such name."""
        if sum(1 for _ in self.owned(owner)) >= MAX_LISTS:
            raise ValueError(f"a user has at most {MAX_LISTS:,} lists")
        new = XList((at - EPOCH << 22) + len(self._all), owner, checked(name), at)
        self._all[new.id] = new
        return new

    def any(self, list_id: int) -> XList | None:
        """A list, or what was one."""
        return self._all.get(list_id)

    def find(self, list_id: int) -> XList | None:
        """A list that is there."""
        found = self._all.get(list_id)
        return None if found is None or found.deleted else found

    def owned(self, owner: int) -> Iterator[XList]:
        """The lists of a user, the newest first."""
        return (one for one in self._newest_first() if one.owner == owner)

    def holding(self, user: int) -> Iterator[XList]:
        """The lists that a user is on, the newest first."""
        return (one for one in self._newest_first() if user in one.members)

    def _newest_first(self) -> Iterator[XList]:
        return (one for one in reversed(self._all.values()) if not one.deleted)


def checked(name: str) -> str:
    """A name that X would take. Raises ValueError."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME:
        raise ValueError(f"the name of a list has 1 to {MAX_NAME} characters")
    return name

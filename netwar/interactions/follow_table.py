"""Everybody in a snapshot of followers, with what their profiles tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netwar.archive.base import Documents
from netwar.interactions.attributes import BATCH, UNKNOWN, Value, values
from netwar.profiles.status import retrieved
from netwar.records.idlists import portions


class Follower(NamedTuple):
    """A user by id, the values of attributes.ATTRIBUTES, and when X showed the profile last (ms); None where none is recorded."""

    id: str
    values: tuple[Value, ...]
    seen: int | None


def followers(archive: Documents, users: str, ids: Iterable[int]) -> Iterator[Follower]:
    """The users of these ids by the profiles of an index (a full name), in their order and in constant memory."""
    for some in portions(map(str, ids), BATCH):
        profiles = archive.get(users, some)  # whole ones, as only those tell when they were seen
        for id in some:
            profile = profiles.get(id)
            yield Follower(id, values(profile), retrieved(profile)) if profile else Follower(id, UNKNOWN, None)

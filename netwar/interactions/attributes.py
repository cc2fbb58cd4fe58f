"""What a profile tells of a user, as columns of a table or attributes of a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from netwar.archive.base import Body, Documents
from netwar.interactions.gathered import Node
from netwar.records.dialects import flag, posts_count, public_count, username
from netwar.records.idlists import portions

BATCH = 1_000  # users in one question to the archive; a look-up of so many takes some 30 ms

Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column: its name, its type as GEXF calls it, and its value in a profile (None where X did not tell it)."""

    name: str
    type: str
    of: Callable[[Body], Value]


def _text(key: str) -> Callable[[Body], Value]:
    return lambda profile: profile[key] if isinstance(profile.get(key), str) else None


def _flag(key: str) -> Callable[[Body], Value]:
    return lambda profile: flag(profile.get(key))


def _count(key: str) -> Callable[[Body], Value]:
    return lambda profile: public_count(profile, key)


ATTRIBUTES = (
    Attribute("username", "string", username),
    Attribute("name", "string", _text("name")),
    Attribute("followers", "long", _count("followers_count")),
    Attribute("following", "long", _count("following_count")),
    Attribute("posts", "long", posts_count),
    Attribute("listed", "long", _count("listed_count")),
    Attribute("created", "string", _text("created_at")),
    Attribute("verified", "boolean", _flag("verified")),
    Attribute("protected", "boolean", _flag("protected")),
    Attribute("location", "string", _text("location")),
)


@dataclass(frozen=True, slots=True)
class Described:
    """A node with its label and the values of ATTRIBUTES; all None for what is no user, or one without a recorded profile."""

    node: Node
    label: str
    values: tuple[Value, ...]


UNKNOWN: tuple[Value, ...] = (None,) * len(ATTRIBUTES)


def values(profile: Body) -> tuple[Value, ...]:
    """The values of a profile; an empty text is none."""
    told = (attribute.of(profile) for attribute in ATTRIBUTES)
    return tuple(None if value == "" else value for value in told)


def described(archive: Documents, users: str, nodes: Iterable[Node]) -> Iterator[Described]:
    """The nodes with what the profiles in an index of users (a full name) tell, in their order. Raises ServiceDown.

    A user without one is labelled with the screen name that tweets called them by, else with the id.
    """
    for some in portions(nodes, BATCH):
        ids = [node.id for node in some if node.kind == "user"]
        profiles: dict[str, Any] = archive.get(users, ids) if ids else {}
        for node in some:
            profile = profiles.get(node.id)
            told = values(profile) if profile else (node.name or None, *UNKNOWN[1:])
            yield Described(node, str(told[0] or node.id), told)

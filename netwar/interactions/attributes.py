"""What a profile tells of a user, as columns of a table or attributes of a node."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from netwar.archive.base import Body, Documents
from netwar.interactions.gathered import Node
from netwar.records.dialects import flag, public_count, username
from netwar.records.idlists import portions

if TYPE_CHECKING:
    from concurrent.futures import Future

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


def _count(*names: str) -> Callable[[Body], Value]:
    def count(profile: Body) -> Value:
        metrics = profile.get("public_metrics")
        told = metrics.get(names[0]) if isinstance(metrics, dict) else None
        return told if type(told) is int and told >= 0 else public_count(profile, *names)  # as X sends it, and anything else

    return count


ATTRIBUTES = (
    Attribute("username", "string", username),
    Attribute("name", "string", _text("name")),
    Attribute("followers", "long", _count("followers_count")),
    Attribute("following", "long", _count("following_count")),
    Attribute("posts", "long", _count("tweet_count", "post_count")),
    Attribute("listed", "long", _count("listed_count")),
    Attribute("created", "string", _text("created_at")),
    Attribute("verified", "boolean", _flag("verified")),
    Attribute("protected", "boolean", _flag("protected")),
    Attribute("location", "string", _text("location")),
)


class Described(NamedTuple):
    """A node with its label and the values of ATTRIBUTES; these are UNKNOWN for what is no user, or one of whom nothing is
    recorded."""

    node: Node
    label: str
    values: tuple[Value, ...]


FIELDS = ("username", "name", "public_metrics", "created_at", "verified", "protected", "location")  # what they are read from
READING = tuple(attribute.of for attribute in ATTRIBUTES)
UNKNOWN: tuple[Value, ...] = (None,) * len(ATTRIBUTES)


def values(profile: Body) -> tuple[Value, ...]:
    """The values of a profile; an empty text is none."""
    return tuple([None if (value := of(profile)) == "" else value for of in READING])


def described(archive: Documents, users: str, nodes: Iterable[Node]) -> Iterator[Described]:
    """The nodes with what the profiles in an index of users (a full name) tell, in their order. Raises ServiceDown.

    A user without one is labelled with the screen name that tweets called them by, else with the id. The archive is asked about
    the next thousand while the caller deals with these.
    """
    from concurrent.futures import ThreadPoolExecutor

    asked: deque[tuple[list[Node], Future[dict[str, Body]]]] = deque()
    with ThreadPoolExecutor(1) as thread:
        for some in portions(nodes, BATCH):
            ids = [node.id for node in some if node.kind == "user"]
            asked.append((some, thread.submit(archive.get, users, ids, FIELDS)))
            if len(asked) > 1:
                yield from _told(*asked.popleft())
        for rest in asked:
            yield from _told(*rest)


def _told(nodes: list[Node], profiles: Future[dict[str, Body]]) -> Iterator[Described]:
    found = profiles.result()
    for node in nodes:
        if profile := found.get(node.id):
            told = values(profile)
            yield Described(node, str(told[0] or node.id), told)
        elif node.name:
            yield Described(node, node.name, (node.name, *UNKNOWN[1:]))
        else:
            yield Described(node, node.id, UNKNOWN)

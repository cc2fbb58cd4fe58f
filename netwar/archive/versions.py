"""What profiles said before, whatever it is kept in: each change of a profile is an entry with the values that it replaced."""

from __future__ import annotations

from collections.abc import Iterable

from netwar.archive.base import Body, ProfileChange, Version
from netwar.records.documents import Document, has_content
from netwar.records.profile_fields import replaced, tracked


def replacing(documents: Iterable[Document], known: dict[str, tuple[Body, int]]) -> list[ProfileChange]:
    """What profiles replace, each newer than the one before it of the same user.

    `known` has the profiles that are kept, by user, and when X showed them (ms); it is brought up to date.
    """
    changes = []
    for document in documents:
        body, seen = known.get(document.id, ({}, 0))
        if gone := replaced(body, document.body):
            changes.append(ProfileChange(document.id, document.retrieved, min(seen, document.retrieved), gone))
        known[document.id] = (document.body, document.retrieved)
    return changes


def versions(profile: Body, past: Iterable[tuple[int, Body]]) -> list[Version]:
    """What a profile said, newest first, out of what it says now and its changes, newest first: when (ms), and the old values.

    Of a profile without content nothing is told.
    """
    if not has_content(profile):
        return []
    found, fields = [], tracked(profile)
    for until, before in past:
        earlier = {**fields, **before}
        if earlier != fields:
            found.append(Version(until, fields))
        fields = earlier
    return [*found, Version(None, fields)]

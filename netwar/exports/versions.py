"""What profiles said before, looked up for many users at a time in any archive, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import orjson

from netwar.archive.base import Body, Documents, ProfileChange
from netwar.connections.sqlite_scratch import Scratch
from netwar.records.dialects import Object
from netwar.records.profile_fields import tracked

CHANGE = "CREATE TABLE change (user TEXT, until INTEGER, seen INTEGER, fields TEXT, PRIMARY KEY (user, until)) WITHOUT ROWID"
OF = "SELECT * FROM change WHERE user IN (SELECT value FROM json_each(?)) ORDER BY user, until"


class Changes:
    """All changes of an index of users, by user; a context manager. They are copied onto disk: archives tell them in orders of
    their own. Raises ServiceDown where there is no room for them."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive, self._index = archive, index
        self._kept = Scratch(CHANGE)

    def __enter__(self) -> Self:
        self._kept.__enter__()
        changes = (
            (one.user, one.until, one.seen, orjson.dumps(one.fields).decode()) for one in self._archive.changes(self._index)
        )
        self._kept.put("INSERT OR REPLACE INTO change VALUES (?, ?, ?, ?)", changes)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._kept.__exit__(kind, error, trace)

    def of(self, users: Sequence[str]) -> dict[str, list[ProfileChange]]:
        """The changes of these users, by user, the oldest first; who has none is left out."""
        found: dict[str, list[ProfileChange]] = {}
        for user, until, seen, fields in self._kept.rows(OF, (orjson.dumps(users).decode(),)):
            found.setdefault(user, []).append(ProfileChange(user, until, seen, orjson.loads(fields)))
        return found


def rows(profile: Body, changes: Sequence[ProfileChange]) -> Iterator[Object]:
    """What a profile said, the newest first, each with `since` and `until` (ms, None where that is not known or has not come).

    The first is the profile as it is; the others have the fields that are tracked alone: counts are not kept.
    """
    fields, until = tracked(profile), None
    newest, said = True, dict(profile)
    for change in reversed(changes):
        earlier = {**fields, **change.fields}
        if earlier != fields:
            yield {**said, "since": change.until, "until": until}
            fields, until, newest = earlier, change.until, False
        if not newest:
            said = {"id": profile.get("id"), **fields}
    yield {**said, "since": None, "until": until}


def told(changes: Sequence[ProfileChange]) -> list[Object]:
    """Changes as a line has them, under `netwar.changes`."""
    return [{"until": one.until, "seen": one.seen, "fields": one.fields} for one in changes]

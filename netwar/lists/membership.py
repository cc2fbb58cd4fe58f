"""Who was put on a list and taken off it, and when: a log in the ledger that only grows, and what is known of the list itself.

The notes in the ledger of tw<INDEX> are `listed/LIST` (see `ListState`) and the parts of the log, `listed/LIST/000001` and so on,
each a list of [at ms, user id, "listed" or "removed", detail]. A part that is full never changes again, and a new one begins only
behind a full one. So a change of the last part is a change of the whole log as one step, whoever else writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import count
from typing import Any, NamedTuple

from netwar.archive.base import Ledger
from netwar.errors import ServiceDown
from netwar.lists.slugs import slug

PART = 1_000  # events
LISTED, REMOVED = "listed", "removed"

Absence = tuple[int, int]  # how many readings in a row, and when the last of them was (ms)


class Event(NamedTuple):
    """A user (id) was `listed` or `removed`; `at` (ms) is when that was seen, `detail` what shows it."""

    at: int
    user: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ListState:
    """What is known of a list that is followed. Times are ms by X's clock, 0 is never.

    `count` are the members by X when they were last read, all or the newest, and `read` when they were all read. After a whole
    reading that left no question, `hidden` is how many X counts without showing them, beside those of the members who were
    closed, `closed_then` in number; `rising` is since when there are more of them than `hidden`, if there are; `counts_closed`
    is whether X counts closed members, as far as was seen. `closed` are members who are not shown and are suspended, gone or
    protected; `absent` those who are not shown and of whom it is not known why. All members are to be read again from `again`
    on, and removals were doubted in `doubts` readings in a row. `trouble` is why X does not show the list since `since`.
    """

    name: str = ""
    owner: str = ""
    private: bool = False
    count: int | None = None
    read: int = 0
    hidden: int | None = None
    closed_then: int = 0
    rising: int = 0
    counts_closed: bool = True
    closed: dict[str, str] = field(default_factory=dict)
    absent: dict[str, Absence] = field(default_factory=dict)
    again: int = 0
    doubts: int = 0
    trouble: str = ""
    detail: str = ""
    since: int = 0

    @classmethod
    def of(cls, kept: Any) -> ListState:
        """Out of a note; what a later version has added is passed over. Raises ServiceDown for a damaged one."""
        known = {one.name for one in fields(cls)}
        try:
            told = {name: value for name, value in (kept or {}).items() if name in known}
            told["absent"] = {user: (int(times), int(at)) for user, (times, at) in told.get("absent", {}).items()}
        except (AttributeError, TypeError, ValueError) as error:
            raise _damaged(error) from error
        return cls(**told)


class ListLog:
    """The log of one list, in the ledger of an index (its full name, `twbrexit`)."""

    def __init__(self, ledger: Ledger, index: str, list_id: str) -> None:
        self.list_id = list_id
        self._ledger = ledger
        self._index = index
        self._full = 0  # parts that are known to be full
        self._then: dict[str, int] = {}  # who was on the list at their end, and since when

    def state(self) -> ListState:
        """What is known of the list."""
        return ListState.of(self._ledger.note(self._index, self._key()))

    def label(self) -> str:
        """What people call the list: its slug, or its id where no name is known that makes one."""
        return slug(self.state().name) or self.list_id

    def change(self, change: Callable[[ListState], ListState]) -> ListState:
        """Read, change and write what is known of the list as one step, whoever else writes it; the new state."""
        kept = self._ledger.change_note(self._index, self._key(), lambda before: asdict(change(ListState.of(before))))
        return ListState.of(kept)

    def members(self) -> dict[str, int]:
        """Who is on the list, and since when as far as was seen (ms)."""
        self._pass_full()
        return _after(self._then, self._part(self._full + 1))

    def add(self, users: Iterable[str], at: int, detail: str = "") -> list[str]:
        """These are on the list at a time (ms); those of them who were not before. Nothing is written twice."""
        return self._append(LISTED, dict.fromkeys(users), at, detail)

    def remove(self, users: Iterable[str], at: int, detail: str = "") -> list[str]:
        """These are not on the list any more; those of them who were."""
        return self._append(REMOVED, dict.fromkeys(users), at, detail)

    def events(self) -> Iterator[Event]:
        """All that happened, in the order in which it was seen."""
        for part in count(1):
            events = self._part(part)
            yield from events
            if len(events) < PART:
                return

    def _append(self, what: str, users: Iterable[str], at: int, detail: str) -> list[str]:
        """Write an event for each of the users of whom it is news; those."""
        users = list(users)
        news: list[str] = []

        def change(before: Any) -> Any:
            nonlocal news
            news = []
            events = _events(before)
            if len(events) >= PART:
                return before
            there = _after(self._then, events)
            news = [user for user in users if (user in there) is (what == REMOVED)]
            return [*(before or []), *([at, user, what, detail] for user in news)] or None

        while True:
            self._pass_full()
            kept = self._ledger.change_note(self._index, self._key(self._full + 1), change)
            if news or len(_events(kept)) < PART:
                return news

    def _pass_full(self) -> None:
        """Go on behind the parts that are full."""
        while len(events := self._part(self._full + 1)) >= PART:
            self._then = _after(self._then, events)
            self._full += 1

    def _part(self, part: int) -> list[Event]:
        return _events(self._ledger.note(self._index, self._key(part)))

    def _key(self, part: int | None = None) -> str:
        return f"listed/{self.list_id}" if part is None else f"listed/{self.list_id}/{part:06}"


def logs(ledger: Ledger, index: str) -> list[str]:
    """The ids of all lists that have a log in an index."""
    return list(dict.fromkeys(key.split("/")[1] for key, _ in ledger.notes(index, "listed/")))


def _after(before: dict[str, int], events: Iterable[Event]) -> dict[str, int]:
    """Who is on the list after some events, and since when."""
    there = dict(before)
    for event in events:
        if event.what == REMOVED:
            there.pop(event.user, None)
        else:
            there.setdefault(event.user, event.at)
    return there


def _events(kept: Any) -> list[Event]:
    """A part of the log. Raises ServiceDown for one that is damaged."""
    try:
        return [Event(int(at), str(user), str(what), str(detail)) for at, user, what, detail in kept or ()]
    except (TypeError, ValueError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> ServiceDown:
    return ServiceDown(f"what is known of a list is damaged in the archive ({error}): restore it from a copy")


def troubled(state: ListState, trouble: str, detail: str, at: int) -> ListState:
    """X does not show the list; since when stays what it was. Without trouble, it does again."""
    if state.trouble and trouble:
        return replace(state, trouble=trouble, detail=detail)
    return replace(state, trouble=trouble, detail=detail, since=at if trouble else 0)

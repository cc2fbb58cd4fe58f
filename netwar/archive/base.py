"""The archive's two contracts: documents, and the ledger that says what is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from netwar.archive.lag import Lag
from netwar.archive.marks import Mark, claiming_nothing
from netwar.archive.outbox import Outbox
from netwar.coverage import Record
from netwar.errors import Moved, NetwarError
from netwar.records.documents import Document

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the documents of one write."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.rejected + other.rejected,
        )


@dataclass(frozen=True, slots=True)
class Extent:
    """What is kept under a name (`brexit`, `usertest`).

    `bytes` are those of tweets, users and ledger together, without replicas. `first` and `last` (ms) are when the first and the
    last of the tweets, by their ids, were posted; None where there is none.
    """

    tweets: int
    users: int
    bytes: int
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """Which documents are meant: of one user (id or screen name), created from `since` up to before `until` (ms)."""

    user: str | None = None
    name: str | None = None
    since: int | None = None
    until: int | None = None

    @classmethod
    def of(cls, user: str | None = None, since: datetime | None = None, until: datetime | None = None) -> Within:
        """As operators say it: a user by number or name, times in UTC."""
        number = user if user and user.isdigit() else None
        name = user.removeprefix("@") if user and not number else None
        return cls(number, name, _ms(since), _ms(until))

    @property
    def bounds_time(self) -> bool:
        return self.since is not None or self.until is not None

    def holds(self, made: int | None) -> bool:
        """Whether a time lies within; None, one that is not known, lies in no bounds."""
        if made is None:
            return not self.bounds_time
        return (self.since is None or made >= self.since) and (self.until is None or made < self.until)


EVERYTHING = Within()


def _ms(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class NameHolder:
    """A user who bears a screen name, or bore it. Times are ms since 1970.

    `retrieved` is when X last showed the user under this name; `until` is when another name was first
    seen in its place, None while the name is still theirs as far as is known. A name is one user's at a time:
    of one who was not looked at since another was seen with the name, `until` is `retrieved`.
    """

    user: str
    name: str
    retrieved: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """What a profile said from `since` (ms) until the next version; None is "since before it was recorded".

    `fields` are those of `netwar.records.profile_fields.TRACKED` that X sent.
    """

    since: int | None
    fields: Body


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What a change of a user's profile replaced: at `until` (ms) the `fields` had these values no more.

    X showed the old ones last when it was `seen` (ms).
    """

    user: str
    until: int
    seen: int
    fields: Body


class Documents(Protocol):
    """Tweets and users by index. Index names are full ones: `twbrexit`, `tubrexit`, `usertest`.

    A document without content (see `records.documents.has_content`) is kept and known: it is not `missing`, and `forget` removes
    it. But nothing that shows or counts documents has it, as if it were not there; only a `scan` for copies does.

    Every method raises ServiceDown when the store cannot be used.
    """

    @property
    def joint(self) -> bool:
        """Whether a write of several names costs little more than that of one."""

    def ready(self, index: str) -> None:
        """Make sure that documents can be written into an index, before they are paid for.

        Raises ConfigError where they cannot: it holds something else, or we lack a right.
        """

    def touch(self, indices: Sequence[str]) -> list[str]:
        """Make those of the indices that are not there, laid out as they should be; which were made. Raises as `ready` does."""

    def write(self, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        """Keep documents, and in the same step what becomes known by them: a change of the ledger by each mark, in their order.

        A step is of one name: a mark of twbrexit goes with the documents of twbrexit and tubrexit, and comes after those of names
        without a mark. Raises ValueError, before anything is written, for a mark whose index is none.
        A document whose version is not higher than the one kept is unchanged; but what is dated ahead of X's clock, by a
        host whose own was ahead, gives way to any that is not. What the store
        refuses goes to the dead-letter file and is counted as rejected; the rest is written.
        """

    def get(self, index: str, ids: Sequence[str], fields: Sequence[str] = ()) -> dict[str, Body]:
        """Documents by id, those that are kept. If `fields` are named, perhaps these alone, as X writes times and counts."""

    def missing(self, index: str, field: str, values: Sequence[str]) -> list[str]:
        """Which of the values no document has, in their order. `field` is `id` or `username`
        (compared without case)."""

    def profiles(self, index: str, ids: Sequence[str]) -> dict[str, NameHolder]:
        """Who the users of these ids are, by id, thousands at a time; those not kept are left out.

        `until` is set for one whose name another user was seen with later.
        """

    def name_holders(self, index: str, names: Sequence[str]) -> dict[str, list[NameHolder]]:
        """Who bears these screen names and who bore them, by name in lower case, thousands at a time.

        Each user comes once, the one who was seen with the name last before the others; no other can bear it
        still. Names that nobody bore are left out.
        """

    def history(self, index: str, user: str) -> list[Version]:
        """What a user's profile said, newest first; the first is what it says now. Empty if it is not kept.

        A write that brings another value of a tracked field adds a version (see `records.profiles`).
        """

    def changes(self, index: str) -> Iterator[ProfileChange]:
        """Every change that was written down, in constant memory: the history of all users, for copies."""

    def keep_changes(self, index: str, changes: Sequence[ProfileChange]) -> None:
        """Write down changes that another archive kept. Those known already (user, until) stay as they are."""

    def find(self, index: str, within: Within = EVERYTHING, limit: int | None = None) -> Iterator[Body]:
        """Documents that lie within, newest first: tweets of a user, or users."""

    def search(self, index: str, words: str, limit: int | None = None) -> Iterator[Body]:
        """Documents whose text (users: name, screen name, description) answers the question `words` (see
        netwar.records.text_query), newest first: the same ones in every store. Raises ValueError as question() does."""

    def count(self, index: str) -> int:
        """How many documents the index has."""

    def extent(self, name: str) -> Extent:
        """How much is kept under a name such as `brexit` (the indices twbrexit and tubrexit), or `usertest`."""

    def scan(self, index: str, after: str | None = None, *, gone: bool = False) -> Iterator[Body]:
        """Every document in the order of ids, in constant memory, with a higher id than `after`; `gone`: also without content."""

    def forget(self, index: str, ids: Sequence[str]) -> int:
        """Remove documents for good; how many were there."""

    def indices(self, among: Sequence[str] | None = None, left_out: dict[str, NetwarError] | None = None) -> list[str]:
        """The full names of all the indices there are, sorted; or only of those `among` these, of which what is wrong is raised.

        Of all of them one that cannot be read is left out with a warning, or told in `left_out`, by name (`brexit`).
        """


class Ledger(Protocol):
    """What is known to be complete, by index (`twbrexit`) and user."""

    def record(self, index: str, user: str) -> Record:
        """What is known of a user; an empty Record if nothing is."""

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        """Read, change and write a user's record as one step, whoever else writes it. The new record."""

    def records_of(self, index: str, users: Sequence[str]) -> dict[str, Record]:
        """The records of these users, by user, thousands at a time; those of whom nothing is known are left out."""

    def records(self, index: str) -> Iterator[Record]:
        """Every record of the index, in the order of users."""

    def lag(self, index: str) -> Lag:
        """How far the index lags behind: one look over the whole ledger, so not for each second."""

    def by_name(self, index: str, name: str) -> list[Record]:
        """The records whose user bears this screen name now or bore it (compared without case)."""

    def note(self, index: str, key: str) -> Any:
        """A small thing kept beside the records (a cursor, a snapshot), as JSON knows it; None if there is none."""

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
        """Read, change and write a note as one step, whoever else writes it; None removes it. The new one."""

    def notes(self, index: str, prefix: str) -> Iterator[tuple[str, Any]]:
        """The notes whose key begins so, in the order of keys."""


class Archive(Documents, Ledger, Protocol):
    """One store that keeps both, so that a page and its marks are one step.

    With an `outbox` each write makes the documents that are new or changed due there in the same step, before its marks, and
    `forget` those that are gone; not those of usertest, which has no tweets. None where no graph is fed from here.
    """

    @property
    def outbox(self) -> Outbox | None:
        """What is due for a graph."""

    def close(self) -> None:
        """Let go of files and connections."""


class Spool(Protocol):
    """Where paid pages wait while the store is down."""

    def keep(self, request: str, documents: Sequence[Document], marks: Sequence[Mark]) -> None:
        """Put a page by, safe on disk when this returns."""


@dataclass(frozen=True, slots=True)
class Store:
    """An archive with its spool behind it."""

    archive: Archive
    spool: Spool

    def write(self, request: str, documents: Sequence[Document], marks: Sequence[Mark] = ()) -> Tally:
        """Write, or put by what was paid for and tell on why: the store is down, (a bug) cannot take it, or we are stopped."""
        try:
            return self.archive.write(documents, marks)
        except BaseException as error:  # a walk that goes on would claim what is in the file that was moved, so this is told on
            self.spool.keep(request, documents, claiming_nothing(marks) if isinstance(error, Moved) else marks)
            raise

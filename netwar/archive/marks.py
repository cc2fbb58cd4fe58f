"""Changes of the ledger that go with a write of documents: what becomes known by it.

A mark is data and no function: it waits in the spool with its documents while the store is down. A page may be written twice,
so applying a mark again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netwar.coverage import Record, Span, Stretch, join


@dataclass(frozen=True, slots=True)
class Cover:
    """A span of a user's timeline that becomes complete.

    `span` is None when the page proved nothing. `name` is the user's screen name and `counted` their number of posts by
    X's profile, where the page told them; `at` is ms. `back` is what the page showed not to be complete after all: it
    goes before the span, and never comes later than the documents.
    """

    index: str
    user: str
    span: Span | None
    at: int
    name: str | None = None
    counted: int | None = None
    back: Span | None = None

    def take_back(self, record: Record) -> Record:
        """The ledger's record without what the page contradicts; a second time changes nothing."""
        return record.uncovering(Stretch(self.back.low, self.back.high), self.back.posts) if self.back else record

    def apply(self, record: Record) -> Record:
        """The ledger's record with this page in it."""
        record = self.take_back(record)
        if self.name:
            record = record.named(self.name, self.at)
        if self.counted is not None:
            record = replace(record, counted=self.counted)
        return record.covering(self.span) if self.span else record


@dataclass(frozen=True, slots=True)
class Period:
    """What a stream or a search matched and of which all is recorded: `span` is in ms since 1970 for a stream, and for a search
    in ids of posts.

    `of` names the stream or search, such as "stream/brexit/3". It stands in the note periods/OF beside whatever else that says:
    {"spans": [[low, high, posts], …]}, newest first.
    """

    index: str
    of: str
    span: Span

    @property
    def note(self) -> str:
        """The key of the note."""
        return f"periods/{self.of}"

    def apply(self, before: Any) -> Any:
        """What the note says with this time in it. Raises TypeError or ValueError for one that is damaged."""
        said: Mapping[str, Any] = before or {}
        spans = join((*(Span(*span) for span in said.get("spans", ())), self.span))
        return {**said, "spans": [[span.low, span.high, span.posts] for span in spans]}


@dataclass(frozen=True, slots=True)
class Due:
    """Ids to be asked for (again) from the time `at` on, in ms since 1970; `what` says for what, such as "counts".

    They stand in a note of their own, due/WHAT/AT/FIRST-ID, so that a write costs the same however many are due, and the notes
    due/WHAT/ come in the order of times. Whoever has asked for them removes it.
    """

    index: str
    what: str
    at: int
    ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.ids or self.at < 0:
            raise ValueError("what is due needs ids and a time")

    @property
    def note(self) -> str:
        """The key of the note."""
        return f"due/{self.what}/{self.at:015}/{self.ids[0]}"

    def apply(self, before: Any) -> Any:
        """What the note says with these ids in it."""
        return list(dict.fromkeys((*(before or ()), *self.ids)))


Mark = Cover | Period | Due


def claiming_nothing(marks: Sequence[Mark]) -> list[Mark]:
    """What is left of the marks of a page where the pages before it are not in the archive any more: what it proves stands on
    those, too."""
    return [replace(mark, span=None) if isinstance(mark, Cover) else mark for mark in marks if not isinstance(mark, Period)]

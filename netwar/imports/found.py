"""What a value of a file turned out to be, and the documents that it makes."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from netwar.archive.base import ProfileChange
from netwar.records.documents import Document
from netwar.records.ids import number
from netwar.records.times import LATEST

log = logging.getLogger("netwar.imports")

WHOLE: Any = object()  # the part that all of a value is; None is a value of JSON
# What reading a part raises that is no object, list or text where X has one.
SHAPES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
USERS_ALONE = "usertest takes users alone: name an index for posts"


class Kind(Enum):
    """What a value is, by what one and several are called."""

    PAGE = ("page", "pages")
    POST = ("post", "posts")
    PROFILE = ("profile", "profiles")
    STATUS = ("status of v1.1", "statuses of v1.1")
    OLD_PROFILE = ("profile of v1.1", "profiles of v1.1")
    EXPORTED = ("exported document", "exported documents")
    ARCHIVED = ("post of an account archive", "posts of an account archive")
    NOTICE = ("notice of a stream", "notices of a stream")
    ID = ("id", "ids")
    USER_ID = ("id of a user", "ids of users")

    def told(self, count: int) -> str:
        """1 page, 2,000 pages."""
        return f"{count:,} {self.value[count != 1]}"


@dataclass(frozen=True, slots=True)
class Into:
    """Where documents go: the full names of indices, `tweets` None for a collection of users alone.

    `retrieved` is when they were retrieved (ms), for those that do not say; `author` is whose account archive is read, by id and
    screen name. Nothing was retrieved after `now` (ms): who says so had a wrong clock, and would win over all that is right.
    Ids that stand alone are `ids`.
    """

    tweets: str | None
    users: str
    retrieved: int | None = None
    author: tuple[str, str] | None = None
    now: int = LATEST
    ids: Kind = Kind.ID

    def believed(self, at: int) -> int:
        """A time (ms) that a file tells; 0 for one that is none, or ahead of this host's clock."""
        return at if 0 < at <= self.now else 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be imported, and why: the part of a value, or the WHOLE of it."""

    reason: str
    part: Any = WHOLE


@dataclass(slots=True)
class Found:
    """What values were, how many documents they make, and what cannot be imported of them. `element` is what is being read: of
    a value that holds others one of those, so that it is put by alone, and not the value as often as there are odd ones."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    documents: list[Document] = field(default_factory=list)
    changes: list[ProfileChange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    element: Any = WHOLE

    def keep(self, document: Document, *, converted: bool = False) -> None:
        """One more document; what no archive takes is rejected: by itself, or with the element where it was `converted`."""
        reason = document.why or ("its id is not one of X's numbers" if number(document.id) is None else "")
        if not reason:
            self.documents.append(document)
        elif converted:
            self.reject(reason)
        else:
            self.faults.append(Fault(reason, {name: value for name, value in document.body.items() if name != "netwar"}))

    def reject(self, reason: str) -> None:
        """The element that is being read cannot be imported."""
        last = self.faults[-1] if self.faults else None
        if not (last and last.part is self.element and last.reason == reason):
            self.faults.append(Fault(reason, self.element))

    def each(self, values: list[Any], read: Callable[[Any], None]) -> None:
        """Read the elements of a list, each whatever is wrong with those before it."""
        outer = self.element
        for element in values:
            self.element = element
            try:
                read(element)
            except SHAPES as error:
                self.element = element
                self.reject(unreadable(error))
        self.element = outer


def unreadable(error: Exception) -> str:
    """What is wrong with a value of which reading a part raised one of SHAPES."""
    log.debug("a value cannot be read", exc_info=error)
    return f"it cannot be read: {error or type(error).__name__}"

"""What a value of a file turned out to be, and the documents that it makes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from netwar.archive.base import ProfileChange
from netwar.records.documents import Document
from netwar.records.ids import number
from netwar.records.times import LATEST

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

    def told(self, count: int) -> str:
        """1 page, 2,000 pages."""
        return f"{count:,} {self.value[count != 1]}"


@dataclass(frozen=True, slots=True)
class Into:
    """Where documents go: the full names of indices, `tweets` None for a collection of users alone.

    `retrieved` is when they were retrieved (ms), for those that do not say; `author` is whose account archive is read, by id and
    screen name. Nothing was retrieved after `now` (ms): who says so had a wrong clock, and would win over all that is right.
    """

    tweets: str | None
    users: str
    retrieved: int | None = None
    author: tuple[str, str] | None = None
    now: int = LATEST


@dataclass(frozen=True, slots=True)
class Fault:
    """What cannot be imported, and why: the part of a value, None for all of it."""

    reason: str
    part: Any = None


@dataclass(slots=True)
class Found:
    """What values were, how many documents they make, and what cannot be imported of them."""

    kinds: Counter[Kind] = field(default_factory=Counter)
    documents: list[Document] = field(default_factory=list)
    changes: list[ProfileChange] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def keep(self, document: Document) -> None:
        """One more document; what no archive takes is a fault."""
        if document.why or number(document.id) is None:
            part = {name: value for name, value in document.body.items() if name != "netwar"}
            self.faults.append(Fault(document.why or "its id is not one of X's numbers", part))
        else:
            self.documents.append(document)

"""What the archive is handed: X's object untouched, plus one key of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USERTEST = "usertest"
TOMBSTONE = "tombstone"  # in place of how a document came, in one that has no content any more
LOWEST = 0  # the version of what says nothing: it takes the place of no other copy
SLIP_MS = 60_000  # what is dated further ahead of X's clock was recorded by a host whose own clock was
INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
FILE_ENDING = ".sqlite"  # of the file that an index may be kept in


@dataclass(frozen=True, slots=True)
class IndexName:
    """A name under which tweets and users are kept (`brexit`), and what its indices are called. `usertest` has users only."""

    name: str

    @classmethod
    def of(cls, index: str) -> IndexName:
        """That in the full name of an index, such as twbrexit or tubrexit. Raises ValueError for what names none."""
        return cls(parted(index)[0])

    @property
    def tweets(self) -> str:
        """The full name of the tweets' index; of usertest, where what is known of users stands: itself."""
        return self.users if self.name == USERTEST else f"tw{self.name}"

    @property
    def users(self) -> str:
        return USERTEST if self.name == USERTEST else f"tu{self.name}"

    @property
    def ledger(self) -> str:
        """Where a server keeps the ledger of both."""
        return f"tc{self.name}"

    @property
    def indices(self) -> list[str]:
        """The full names: users first, so that tweets find their authors."""
        return list(dict.fromkeys((self.users, self.tweets)))


@dataclass(frozen=True, slots=True)
class Document:
    """One tweet or user on its way into the archive.

    `index` is the full name (`twbrexit`, `tubrexit`, `usertest`), `id` is X's id, `body` X's object
    plus the key `netwar`. `direct` is false for what only came along as a reference. `retrieved` is
    the time of the answer in ms since 1970, by X's clock. `why` is set for what is none, and says why: no archive takes it, it
    goes to the dead letters.
    """

    index: str
    id: str
    body: dict[str, Any]
    direct: bool
    retrieved: int
    why: str = ""

    @property
    def version(self) -> int:
        """Newer copies win, and a copy that was asked for wins over one that came along."""
        return self.direct << 44 | self.retrieved


def has_content(body: Mapping[str, Any]) -> bool:
    """Whether a document says anything.

    One that was reduced to its id and our own key, with the word tombstone for `via`, does not: archives keep it, so that it is
    known and nobody asks for it again, and show it to no reader.
    """
    ours = body.get("netwar")
    return not (isinstance(ours, dict) and ours.get("via") == TOMBSTONE)


def tweets_index(name: str) -> str:
    """`tw` + the lower-cased name. Raises ValueError for a name that no store would take."""
    return IndexName(checked_name(name)).tweets


def users_index(name: str) -> str:
    """`tu` + the lower-cased name. Raises ValueError for a name that no store would take."""
    return IndexName(checked_name(name)).users


def parted(index: str) -> tuple[str, bool]:
    """The name in a full name (`brexit` in `twbrexit`), and whether it is an index of users. Raises ValueError for another."""
    if index == USERTEST:
        return USERTEST, True
    prefix, name = index[:2], index[2:]
    if prefix in ("tw", "tu") and INDEX_NAME.fullmatch(name):
        return name, prefix == "tu"
    raise ValueError(f"{index[:40]!r} is no index of this archive: twNAME, tuNAME or {USERTEST}")


def checked_name(name: str) -> str:
    """The name of an index as operators give it, lower-cased and checked."""
    lower = name.lower()
    if lower.endswith(FILE_ENDING) and INDEX_NAME.fullmatch(stem := lower.removesuffix(FILE_ENDING)):
        raise ValueError(f"INDEX goes without {FILE_ENDING}: did you mean {stem}?")
    if not INDEX_NAME.fullmatch(lower):
        raise ValueError(
            f"{name[:40]!r} cannot name an index: use a-z, 0-9, _ and -, at most 100, and begin with a letter or digit"
        )
    if lower in (USERTEST, "perflog"):
        raise ValueError(f"{lower!r} is an index of its own: choose another name")
    return lower

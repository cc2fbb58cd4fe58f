"""Who is meant by an id or a screen name, by what is recorded. X is asked nothing.

A screen name is no identity: it passes from one user to another. So three questions are kept apart:

- Who was asked for (`who`)? An id is that user, whatever they are called now. A name is whoever bears it, and what X said of
  the name itself is kept under the name, never under an id.
- Who bears a name (`bearers`), and who bore it (`holders`)? The user who was seen with it last bears it, unless they were seen
  with another one since; then nobody does, as far as is known.
- What name stands beside an id (`names`, `Authors`)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netwar.archive.base import Body, Documents, NameHolder
from netwar.records.dialects import username
from netwar.records.entries import NAME


@dataclass(frozen=True, slots=True)
class Who:
    """A user as they are asked for: by `id`, or by screen `name`, whose case does not matter; the other one is empty."""

    id: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        """Under what the ledger keeps what X said of them."""
        return self.id or f"@{self.name.lower()}"

    def __str__(self) -> str:
        return self.id or f"@{self.name}"


def who(given: str) -> Who:
    """Who is meant by an id or a screen name, as an operator writes it or a queue has it: `@` marks a name, and must where it
    is all digits."""
    return Who(id=given) if given.isdigit() else Who(name=given.removeprefix("@"))


def holders(archive: Documents, index: str, names: Sequence[str]) -> list[list[NameHolder]]:
    """For each screen name everybody who bears it or bore it, who was seen with it last before the others."""
    found = archive.name_holders(index, names)
    return [found.get(name.lower(), []) for name in names]


def bearers(archive: Documents, index: str, names: Sequence[str]) -> list[NameHolder | None]:
    """For each screen name who bears it now, as far as is known; None if nobody does."""
    return [held[0] if held and held[0].until is None else None for held in holders(archive, index, names)]


def ids_meant(archive: Documents, index: str, asked: Who) -> list[str]:
    """The id that was asked for, recorded or not; or every id that bears the name or bore it, the last one first."""
    return [asked.id] if asked.id else [holder.user for holder in holders(archive, index, [asked.name])[0]]


def recorded_ids(archive: Documents, index: str, entries: Sequence[str]) -> dict[str, str]:
    """The ids of users as a queue has them, by entry: an id itself, or who bears a name now. Left out is a name of nobody."""
    asked = {entry: who(entry) for entry in entries}
    named = {entry: one.name for entry, one in asked.items() if one.name}
    bear = dict(zip(named, bearers(archive, index, list(named.values())), strict=True)) if named else {}
    ids = {entry: one.id for entry, one in asked.items() if one.id}
    return ids | {entry: bearer.user for entry, bearer in bear.items() if bearer}


def recorded_profiles(archive: Documents, index: str, entries: Sequence[str]) -> dict[str, Body]:
    """The profiles of users as a queue has them, by entry: of an id, or of who bears a name now. Left out is who has none."""
    ids = recorded_ids(archive, index, entries)
    profiles = archive.get(index, sorted(set(ids.values())))
    return {entry: profiles[id] for entry, id in ids.items() if id in profiles}


def names(archive: Documents, index: str, ids: Sequence[str]) -> dict[str, str]:
    """The screen names of users, by id, written as entries are (`@123` for one of digits); who is not kept is left out.

    It is empty where the user has none, or was seen with one that is another's by now: else two would be taken for one.
    """
    return {id: "" if kept.until else as_entry(kept.name) for id, kept in archive.profiles(index, ids).items()}


def as_entry(name: str) -> str:
    """A screen name as it is, with @ where it could be taken for an id; empty for what can be none, and might forge a row."""
    if not NAME.fullmatch(name):
        return ""
    return f"@{name}" if name.isdigit() else name


class Authors:
    """Who wrote what, in the users' index that goes with a tweets' index; each is looked up once."""

    def __init__(self, archive: Documents, index: str) -> None:
        self._archive = archive
        self._index = "tu" + index.removeprefix("tw")
        self._known: dict[str, str] = {}

    def name(self, document: dict[str, Any]) -> str:
        """@name as it was recorded last, also if it is another's by now, since an address with it leads to the tweet; else
        the number."""
        author = str(document.get("author_id") or "?")
        if author not in self._known:
            profile = self._archive.get(self._index, [author]).get(author) if author.isdigit() else None
            known = username(profile if profile else document)
            self._known[author] = f"@{known}" if known else author
        return self._known[author]

"""An X that shows lists as a test wants them, without a server: fast enough for thousands of readings."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netwar.archive.base import Tally
from netwar.coverage import Record
from netwar.errors import BadRequest
from netwar.records.documents import Document
from netwar.records.pages import Odd, Page
from netwar.records.problems import Problem
from netwar.twitter.base import Answer, StaleToken, TransientError, Unavailable

BEGAN = 1_760_000_000_000  # ms
LIST, OWNER = "77", "9"
SILENT = "silent"


@dataclass
class ShownX:
    """One list, `NSCE Brexit`, whose members are in X's order; `status` of users who are not open, `fault` what goes wrong.

    Whether X counts those whom it hides is not known: `counts_closed` is either way.
    """

    members: list[str]
    status: dict[str, str] = field(default_factory=dict)
    counts_closed: bool = True
    fault: str = ""
    size: int = 10
    clock: int = BEGAN
    hidden: int = 0  # counted, and never shown to anybody
    asked: list[str] = field(default_factory=list)
    account: str = "observer"
    dialect: str = "legacy"

    def now(self) -> int:
        return self.clock

    def wait(self, seconds: float) -> None:
        self.clock += int(seconds * 1000)

    @property
    def count(self) -> int:
        shown = sum(1 for user in self.members if self.counts_closed or user not in self._closed)
        return max(0, shown + self.hidden + {"count-low": -3, "count-high": 3}.get(self.fault, 0))

    @property
    def _closed(self) -> set[str]:
        return {user for user, status in self.status.items() if status in ("suspended", "gone")}

    def owned_lists(self, user: str, *, index: str, token: str | None = None, size: int = 100) -> Answer:
        self.asked.append("lists")
        if self.fault == "lists-errors-only":
            return self._answer(Page(problems=[_problem("gone")]))
        if self.fault == "lists-5xx":
            raise TransientError("X answered with status 503", "run again later")
        return self._answer(Page(lists=[] if self.fault in ("deleted", "left-out") else [self._list()], counted=1))

    def list_about(self, list: str, *, index: str) -> Answer:
        self.asked.append("list")
        self._refuse()
        if self.fault == "list-silent":
            return self._answer(Page())
        return self._answer(Page(lists=[self._list()]))

    def list_members(self, list: str, *, index: str, token: str | None = None, size: int = 100) -> Answer:
        self.asked.append("members")
        self._refuse(members=True)
        first = int(token or 0)
        if first and self.fault in PAGE_TWO:
            raise PAGE_TWO[self.fault]
        shown = [user for user in self.members if user not in self._closed]
        if self.fault == "empty-end":
            shown = []
        step = min(size, self.size)
        part, rest = shown[first : first + step], first + step < len(shown)
        page = Page(
            users=[_profile(user, self.status.get(user)) for user in part],
            next_token=str(first + step) if rest else None,
            counted=len(part),
        )
        return self._answer(FAULTS.get(self.fault, lambda page, first: page)(page, first))

    def users(self, ids: Sequence[str], *, index: str) -> Answer:
        self.asked.append("users")
        open_ones = [user for user in ids if self.status.get(user, "open") in ("open", "protected")]
        problems = [
            replace(_problem(self.status[user]), value=user) for user in ids if self.status.get(user) in ("suspended", "gone")
        ]
        return self._answer(
            Page(users=[_profile(user, self.status.get(user)) for user in open_ones], problems=problems), len(ids)
        )

    def _list(self) -> dict[str, Any]:
        name = "Other" if self.fault == "renamed" else "NSCE Brexit"
        told: dict[str, Any] = {"id": LIST, "name": name, "owner_id": OWNER, "private": False}
        return told if self.fault == "no-count" else told | {"member_count": self.count}

    def _refuse(self, *, members: bool = False) -> None:
        if self.fault in ("deleted", "private") or (members and self.fault == "members-gone"):
            raise Unavailable("private" if self.fault == "private" else "gone", "no such list")
        if members and self.fault == "members-400":
            raise BadRequest("X refused the request")
        if members and self.fault == "members-5xx":
            raise TransientError("X answered with status 503", "run again later")

    def _answer(self, page: Page, asked: int = 1) -> Answer:
        self.clock += 1
        return Answer(page, self.clock, 0, asked, self.clock)


def _profile(user: str, status: str | None) -> dict[str, Any]:
    return {
        "id": user,
        "username": f"user{user}",
        "protected": status == "protected",
        "created_at": None,
        "verified": False,
        "public_metrics": {},
    }


def _problem(outcome: str) -> Problem:
    return Problem(
        "resource-not-found", "Forbidden" if outcome == "suspended" else "Not Found Error", "not shown", LIST, "id", ""
    )


def _from(first: int, page: Page, **change: Any) -> Page:
    return replace(page, **change) if first else page


FAULTS: dict[str, Callable[[Page, int], Page]] = {
    "errors-only": lambda page, first: Page(problems=[_problem("gone")]),
    "errors-only-later": lambda page, first: Page(problems=[_problem("gone")]) if first else page,
    "no-result-count": lambda page, first: replace(page, counted=None),
    "short-by-one": lambda page, first: replace(page, users=page.users[1:], counted=len(page.users) - 1) if first == 0 else page,
    "short-page": lambda page, first: replace(page, users=page.users[:3], counted=3),
    "short-and-miscounted": lambda page, first: replace(page, users=page.users[:-1]),
    "cut-off": lambda page, first: replace(page, next_token=None),
    "all-but-one": lambda page, first: replace(page, users=page.users[:1], counted=1, next_token=None),
    "empty-page-with-next": lambda page, first: _from(
        first, page, users=[], counted=0, next_token=str(first + 1000 + len(str(first)))
    ),
    "repeated-token": lambda page, first: _from(first, page, next_token="10"),
    "odd-member": lambda page, first: replace(page, users=page.users[1:], odd=[Odd({"name": "n"}, "it has no id", "listed")]),
    "unread": lambda page, first: Page(unread=True, counted=0),
    "untold": lambda page, first: replace(page, untold=True, next_token=None),
}
PAGE_TWO = {
    "5xx-on-page-two": TransientError("X answered with status 503", "run again later"),
    "stale-on-page-two": StaleToken("X does not take its page token any more"),
}
OTHERS = (
    *("lists-errors-only", "lists-5xx", "deleted", "left-out", "list-silent", "private", "members-gone", "members-400"),
    *("members-5xx", "empty-end", "renamed", "no-count", "count-low", "count-high"),
)
EVERY_FAULT = (*FAULTS, *PAGE_TWO, *OTHERS)


class MemoryArchive:
    """As much of an archive as lists use, in memory: thousands of examples leave no files."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.told: dict[tuple[str, str], Record] = {}

    def note(self, index: str, key: str) -> Any:
        return json.loads(self.kept.get((index, key), "null"))

    def change_note(self, index: str, key: str, change: Callable[[Any], Any]) -> Any:
        after = change(self.note(index, key))
        self.kept[index, key] = json.dumps(after)
        return self.note(index, key)

    def notes(self, index: str, prefix: str) -> list[tuple[str, Any]]:
        keys = sorted(key for place, key in self.kept if place == index and key.startswith(prefix))
        return [(key, self.note(index, key)) for key in keys]

    def change(self, index: str, user: str, change: Callable[[Record], Record]) -> Record:
        self.told[index, user] = change(self.told.get((index, user), Record(user)))
        return self.told[index, user]

    def records_of(self, index: str, users: Sequence[str]) -> dict[str, Record]:
        return {user: self.told[index, user] for user in users if (index, user) in self.told}

    def write(self, documents: Sequence[Document], marks: Sequence[object] = ()) -> Tally:
        return Tally(updated=len(documents))

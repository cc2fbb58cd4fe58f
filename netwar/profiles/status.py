"""Whether a user is to be had at X: what the ledger and the recorded profile say of it together.

What X said last counts. That a user is suspended, gone or protected is an outcome in the ledger, under the id, or
under `@name` for a screen name that X does not resolve; a profile that was recorded later says that the user is back.
Each change is kept beside the ledger, as a note under `standing/` and the same key.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netwar.archive.base import Archive, Body, Ledger
from netwar.coverage import Record
from netwar.profiles.identity import Who, recorded_profiles, who
from netwar.records.dialects import flag, username
from netwar.records.documents import SLIP_MS
from netwar.records.problems import Problem
from netwar.records.times import seen

OPEN, SUSPENDED, GONE, PROTECTED = "open", "suspended", "gone", "protected"
CLOSED = (SUSPENDED, PROTECTED, GONE)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """From `at` (ms) on the user was open, suspended, gone or protected, in X's words `detail`."""

    at: int
    standing: str
    detail: str = ""


def retrieved(profile: Body) -> int:
    """When X showed a recorded profile, ms; 0 where that was not kept."""
    ours = profile.get("netwar")
    return seen(ours.get("retrieved")) if isinstance(ours, dict) else 0


def _told_last(record: Record, profile: Body) -> bool:
    """Whether what is noted of a user is newer than their profile. Of two, one of which is yet to come, the other one is."""
    mark_available, until = retrieved(profile), time.time() * 1000 + SLIP_MS
    return record.asked >= mark_available or mark_available > until >= record.asked > 0


def standing(record: Record | None, profile: Body | None) -> str | None:
    """What a user is by the newer of the two; None of whom nothing is known."""
    if record and record.outcome in CLOSED and (profile is None or _told_last(record, profile)):
        return record.outcome
    if profile is None:
        return None
    return PROTECTED if flag(profile.get("protected")) else OPEN


@dataclass(frozen=True, slots=True)
class UserStatus:
    """What is known of a queue entry: of an id, or of whoever is known to bear a screen name."""

    profile: Body | None
    record: Record | None

    @property
    def standing(self) -> str | None:
        return standing(self.record, self.profile)

    @property
    def is_open(self) -> bool:
        """Whether the profile is the last word, so that how old it is counts."""
        return self.profile is not None and not (self.record and self.record.asked > retrieved(self.profile))

    @property
    def at(self) -> int:
        """When X spoke of the user last (ms); 0 is never."""
        return max(self.record.asked if self.record else 0, retrieved(self.profile) if self.profile else 0)


def load_statuses(archive: Archive, index: str, entries: Sequence[str]) -> dict[str, UserStatus]:
    """What is known of each entry, all of them looked up at once.

    A screen name is closed only by what X said of that name: that the user who bore it last is gone says nothing of who
    bears it now.
    """
    keys = {entry: who(entry).key for entry in entries}
    profiles = recorded_profiles(archive, index, entries)
    records = archive.records_of(index, list(keys.values()))
    return {entry: UserStatus(profiles.get(entry), records.get(key)) for entry, key in keys.items()}


def conclude(ledger: Ledger, index: str, user: str, now: str, at: int, detail: str = "", name: str | None = None) -> None:
    """Write down what X said of a user (an id, or `@name`) just now, `at` (ms); what it said later stays.

    What is dated further ahead was written by a host whose clock was, and gives way.
    """

    def change(record: Record) -> Record:
        if at < record.asked <= at + SLIP_MS:
            return record
        outcome = now if now in CLOSED else None
        return replace(record, outcome=outcome, detail=detail or None, asked=at, name=name or record.name)

    def note(before: list[list[Any]] | None) -> list[list[Any]]:
        known = before or []
        is_news = not known or (known[-1][1] != now and not at <= known[-1][0] <= at + SLIP_MS)
        return [*known, [at, now, detail]] if is_news else known

    ledger.change(index, user, change)
    ledger.change_note(index, f"standing/{user}", note)


def changes(ledger: Ledger, index: str, user: str) -> list[StatusChange]:
    """How it went with a user, oldest first; empty for one who was never anything but open."""
    return [StatusChange(*one) for one in ledger.note(index, f"standing/{user}") or []]


def mark_available(archive: Archive, index: str, profiles: Iterable[Body], at: int) -> None:
    """X showed these profiles at a time (ms): whoever was suspended or gone before is back, and so are their names."""
    by_key: dict[str, Body] = {str(profile["id"]): profile for profile in profiles}
    by_key |= {Who(name=name).key: {} for name in map(username, by_key.values()) if name}
    for user, record in archive.records_of(index, list(by_key)).items():
        now = PROTECTED if flag(by_key[user].get("protected")) else OPEN
        if record.outcome in CLOSED and record.outcome != now and not at <= record.asked <= at + SLIP_MS:
            conclude(archive, index, user, now, at, name=username(by_key[user]))


def record_answers(
    archive: Archive, index: str, profiles: Iterable[Body], unavailable: Mapping[str, Problem], at: int
) -> Counter[str]:
    """Write down what X said when asked about users: who is back, protected, suspended or gone. How many of the last three.

    `unavailable` are by id, or by `@name`.
    """
    profiles = list(profiles)
    mark_available(archive, index, profiles, at)
    told: Counter[str] = Counter()
    for user in profiles:
        if flag(user.get("protected")):
            conclude(archive, index, str(user["id"]), PROTECTED, at, name=username(user))
            told[PROTECTED] += 1
    for key, problem in unavailable.items():
        conclude(archive, index, key, problem.outcome or "", at, problem.detail)
        told[problem.outcome or ""] += 1
    return told

"""All that is recorded of a user, or of everybody who bore a screen name: what they are now, and how each has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netwar.archive.base import Archive, Body, NameHolder, Store, Version
from netwar.profiles.identity import Who, holders
from netwar.profiles.lookup import UserLookup
from netwar.profiles.status import CLOSED, StatusChange, changes, record_answers, retrieved, standing
from netwar.records.dialects import public_count, username
from netwar.records.documents import USERTEST
from netwar.records.text import one_line, row
from netwar.records.times import minute
from netwar.twitter.base import Twitter


@dataclass(frozen=True, slots=True)
class Identity:
    """A user as recorded. `profile` is None where only outcomes are known; `bearer` tells when the user bore the name that
    was asked for. Versions are newest first, changes of standing oldest first."""

    user: str
    profile: Body | None
    standing: str | None
    bearer: NameHolder | None
    versions: list[Version]
    changes: list[StatusChange]


@dataclass(frozen=True, slots=True)
class NameSaid:
    """What X said of a screen name itself, when it did not resolve it."""

    name: str
    outcome: str
    detail: str
    at: int


def by_number(archive: Archive, index: str, user: str) -> Identity | None:
    """What is recorded of an id; None if nothing is. `bearer` is set where the recorded name is another's by now."""
    known = archive.profiles(index, [user]).get(user)
    found = _identity(archive, index, user, known if known and known.until else None)
    return found if found.profile or found.standing or found.changes else None


def by_name(archive: Archive, index: str, name: str) -> list[Identity]:
    """Everybody who bears a screen name or bore it, newest first."""
    return [_identity(archive, index, holder.user, holder) for holder in holders(archive, index, [name])[0]]


def said_of(archive: Archive, index: str, name: str) -> NameSaid | None:
    """What X said last of a name that it did not resolve, unless it was borne since."""
    record = archive.record(_ledger(index), Who(name=name).key)
    if record.outcome not in CLOSED:
        return None
    return NameSaid(name, record.outcome, record.detail or "", record.asked)


def ask(twitter: Twitter, store: Store, asked: Who) -> tuple[int, bool]:
    """Ask X about a user now, and record what it says in `usertest`.

    What it cost, in micro-dollars, and whether X said anything at all.
    """
    look_ups = UserLookup(twitter, store, USERTEST, USERTEST)
    told = look_ups.names([asked.name.lower()]) if asked.name else look_ups.ids([asked.id])
    unavailable = {(Who(name=value).key if asked.name else value): problem for value, problem in told.unavailable.items()}
    record_answers(store.archive, USERTEST, told.profiles.values(), unavailable, told.retrieved)
    return look_ups.micro, not told.silent


def _identity(archive: Archive, index: str, user: str, bearer: NameHolder | None) -> Identity:
    profile, ledger = archive.get(index, [user]).get(user), _ledger(index)
    now = standing(archive.record(ledger, user), profile)
    return Identity(user, profile, now, bearer, archive.history(index, user), changes(archive, ledger, user))


def _ledger(index: str) -> str:
    """Where the outcomes of an index of users are kept: those of `tuNAME` with `twNAME`."""
    return index if index == USERTEST else "tw" + index.removeprefix("tu")


def line(identity: Identity) -> str:
    """One line: number, screen name now, standing, when X showed it last, what it has to do with the name, name, followers."""
    profile, bearer = identity.profile or {}, identity.bearer
    bore = ""
    if bearer:
        bore = f"bore {bearer.name} until {minute(bearer.until)}" if bearer.until else f"bears {bearer.name}"
    count = public_count(profile, "followers_count")
    followers = f"{count:,} followers" if count is not None else ""
    seen = f"seen {minute(retrieved(profile))}" if profile else "never shown"
    return row(identity.user, username(profile), _standing(identity), seen, bore, profile.get("name") or "", followers)


def story(identity: Identity) -> Iterator[str]:
    """How a user has changed, a line a change, newest first."""
    told = [
        (now.since or 0, f"{field}: {one_line(str(before.fields[field]))} -> {one_line(str(value))}")
        for now, before in zip(identity.versions, identity.versions[1:], strict=False)
        for field, value in sorted(now.fields.items())
        if field in before.fields and value != before.fields[field]
    ]
    told += [(change.at, f"{change.standing}{f': {change.detail}' if change.detail else ''}") for change in identity.changes]
    for at, what in sorted(told, key=lambda one: one[0], reverse=True):
        yield f"  {minute(at)}  {one_line(what)}"


def _standing(identity: Identity) -> str:
    last = identity.changes[-1] if identity.changes else None
    since = f" since {minute(last.at)}" if last and last.standing == identity.standing else ""
    return f"{identity.standing or ''}{since}"


def plain(identity: Identity) -> dict[str, Any]:
    """An identity for JSON; times are ms."""
    bearer = identity.bearer
    return {
        "id": identity.user,
        "standing": identity.standing,
        "bore": {"name": bearer.name, "seen": bearer.retrieved, "until": bearer.until} if bearer else None,
        "profile": identity.profile,
        "versions": [{"since": version.since, "fields": version.fields} for version in identity.versions],
        "changes": [{"at": change.at, "standing": change.standing, "detail": change.detail} for change in identity.changes],
    }

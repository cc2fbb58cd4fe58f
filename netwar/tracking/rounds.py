"""Whose turn it is: rounds are begun of those who are due, and what X said of a member decides when they are due again."""

from __future__ import annotations

import logging
from dataclasses import replace

from netwar.archive.base import Archive
from netwar.coverage import Record
from netwar.profiles.status import CLOSED
from netwar.queues.roster import Member, Roster
from netwar.records.documents import SLIP_MS, tweets_index
from netwar.records.idlists import portions
from netwar.records.ids import posted
from netwar.tracking.holds import back, held
from netwar.tracking.schedule import learned, planned
from netwar.tracking.telling import tell

log = logging.getLogger("netwar.tracking")

BATCH_SIZE = 1_000
DAY_MS = 86_400_000


class Rounds:
    """The rounds of one observer in one index. `capacity` are the timeline requests of a rate window of the account, `within` the
    seconds that nobody shall wait longer than."""

    def __init__(self, roster: Roster, archive: Archive, index: str, *, within: float, capacity: int) -> None:
        self._roster = roster
        self._archive = archive
        self._tweets = tweets_index(index)
        self._within = within
        self._capacity = capacity
        self.schedule = planned((), within, capacity)
        self._warned = False

    def begin(self, now: int) -> int:
        """Begin the next round with those who are due at `now` (ms), the longest overdue first; how many. None is begun while
        anybody is on ADDS or WORK, nor for nobody."""
        number = self._roster.round().number
        due = self._due(self._members(), now)
        if not due or not self._roster.begin_round(number + 1, due, now):
            return 0
        log.info("round %d: %d of %d members are due", number + 1, len(due), self.schedule.members)
        return len(due)

    def hasten(self, now: int) -> int:
        """Let those join the round who would wait longer than the bound until the next one begins; how many did."""
        members = self._members()
        return self._roster.work.put(member.user for member in members if self.schedule.is_pressing(member, now))

    def is_pressing(self, user: str, now: int) -> bool:
        """Whether a member on the round must go before newcomers."""
        member = self._roster.member(user)
        return member is not None and self.schedule.is_pressing(member, now)

    def next_due(self) -> int | None:
        """When somebody is due next (ms), 0 for at once; None where there are no members."""
        return min(map(self.schedule.due, self._members()), default=None)

    def ended(self, user: str, now: int) -> None:
        """A claim of a member is done: when they are due again follows from what the ledger says of them."""
        record = self._archive.record(self._tweets, user)
        self._roster.change(user, lambda member: _after(member, record, now))

    def failed(self, user: str, why: str, now: int) -> None:
        """Recording a member failed for a reason that lies with them: later rounds leave them out for a while, however often it
        is tried in this one."""
        self._roster.change(user, lambda member: member if member.held > now else held(member, now, why))

    def _members(self) -> list[Member]:
        """Everybody, as the roster and the ledger know them together: another observer may have asked them meanwhile."""
        members = list(self._roster.members())
        self.schedule = planned((member.rate for member in members), self._within, self._capacity)
        if self.schedule.is_short and not self._warned:
            self._warned = True
            tell(self._roster, str(self.schedule))
        return known(members, self._archive, self._tweets)

    def _due(self, members: list[Member], now: int) -> list[str]:
        due = [(self.schedule.due(member), member.user) for member in members]
        return [user for at, user in sorted(due) if at <= now]


def known(members: list[Member], archive: Archive, tweets: str) -> list[Member]:
    """Members as the roster and the ledger of an index (`twbrexit`) know them together."""
    records: dict[str, Record] = {}
    for some in portions((member.user for member in members), BATCH_SIZE):
        records |= archive.records_of(tweets, some)
    return [_asked(member, records.get(member.user)) for member in members]


def _asked(member: Member, record: Record | None) -> Member:
    later = record is not None and not member.held and record.outcome not in CLOSED and record.asked > member.asked
    return replace(member, asked=record.asked) if record and later else member


def _after(member: Member, record: Record, now: int) -> Member:
    """A member of whom the ledger says so after they were asked. A time that is yet to come is no time at which X was asked."""
    asked = record.asked if 0 < record.asked <= now + SLIP_MS else now
    if record.outcome in CLOSED:
        return replace(held(member, now, f"{record.outcome}: {record.detail or ''}".rstrip(": ")), asked=asked)
    rate = _first_rate(record, now) if not member.asked else member.rate
    if member.asked and asked > member.asked:
        rate = learned(rate, max(record.posts - member.posts, 0), (asked - member.asked) / 1000)
    return replace(back(member), asked=asked, posts=record.posts, rate=rate)


def _first_rate(record: Record, now: int) -> float:
    """Posts a day over what is covered of the newest stretch, for somebody who was not asked before."""
    newest = next(iter(record.spans), None)
    began = posted(newest.low) if newest else None
    if newest is None or began is None or began >= now:
        return 0.0
    return newest.posts * DAY_MS / max(now - began, DAY_MS)

"""Members whom X does not show now: held, and asked again after growing intervals."""

from __future__ import annotations

from dataclasses import replace

from netwar.queues.roster import Member

HOUR_MS = 3_600_000
LONGEST_MS = 7 * 24 * HOUR_MS


def held(member: Member, at: int, why: str) -> Member:
    """The member, not asked again for an hour from `at` (ms), twice as long each time in a row, for a week at most."""
    wait = min(HOUR_MS << min(member.holds, 10), LONGEST_MS)
    return replace(member, held=at + wait, holds=member.holds + 1, detail=why)


def back(member: Member) -> Member:
    """The member, held no longer."""
    return replace(member, held=0, holds=0, detail="") if member.held or member.holds else member

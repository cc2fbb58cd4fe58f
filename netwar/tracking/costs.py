"""What tracking costs a day and a month, at the pace of the members as it is known: X is asked nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netwar.meter.base import Money
from netwar.queues.roster import Member
from netwar.records.text import plural

MONTH, WEEK = 30, 7  # days


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one observer: `members` on `lists`, who post `posts` a day, and micro-dollars a day for each kind of thing.

    Of `unknown` members it is not known yet how much they post.
    """

    lists: int
    members: int
    unknown: int
    posts: float
    for_lists: float
    for_members: float
    for_posts: float

    @property
    def day(self) -> float:
        """Micro-dollars a day."""
        return self.for_lists + self.for_members + self.for_posts

    def __str__(self) -> str:
        unknown = f", {self.unknown:,} of them at a pace that is not known yet" if self.unknown else ""
        posts = plural(round(self.posts), "post")
        return (
            f"{plural(self.members, 'member')} of {plural(self.lists, 'list')}{unknown}: about {_dollars(self.day)} a day, "
            f"{_dollars(self.day * MONTH)} in {MONTH} days ({posts} a day {_dollars(self.for_posts)}, members "
            f"read once a week {_dollars(self.for_members)}, lists {_dollars(self.for_lists)}; what quotes and answers bring "
            "along, and the first recording of newcomers, come on top)"
        )


def costs(members: Sequence[Member], money: Money) -> Costs:
    """What these members cost at today's prices. Whose pace is not known is taken for one of the others."""
    lists = {one for member in members for one in member.lists}
    known = [member.rate for member in members if member.asked]  # who was silent then is known to be
    unknown = sum(1 for member in members if not member.asked and not member.held)
    posts = sum(known) + unknown * (sum(known) / len(known) if known else 0.0)
    readings = sum(len(member.lists) for member in members) / WEEK
    return Costs(
        lists=len(lists),
        members=len(members),
        unknown=unknown,
        posts=posts,
        for_lists=money.price({"list": 1}) * len(lists),
        for_members=money.price({"user": 1}) * readings,
        for_posts=money.price({"post": 1}) * posts,
    )


def _dollars(micro: float) -> str:
    return f"${micro / 1e6:,.2f}"

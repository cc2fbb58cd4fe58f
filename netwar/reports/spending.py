"""What was spent, for people and for programs: by day, command, index and kind, and beside X's own count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from netwar.errors import ServiceDown
from netwar.meter.base import Balance, Charge, Money, present

MAX_DAYS = 90  # docs.x.com, usage: how far back X tells its count


@dataclass(frozen=True, slots=True)
class Statement:
    """Charges from the day `since` on, and how the budget of today stands. Money is micro-dollars.

    `scope` says what is counted together; `read_by_x` is the posts of each day by X's count, None when X was not asked.
    """

    since: date
    charges: Sequence[Charge]
    balance: Balance
    spent_this_month: int
    scope: str = ""
    read_by_x: Mapping[date, int] | None = None

    @property
    def posts(self) -> dict[date, int]:
        """The posts paid for on each day, by our count."""
        days: dict[date, int] = {}
        for charge in self.charges:
            if charge.kind == "post":
                days[charge.day] = days.get(charge.day, 0) + charge.objects
        return days

    def compared(self) -> Iterator[tuple[date, int, int]]:
        """Day, our count of posts and X's, for each day on which there was either and of which X spoke."""
        ours, theirs = self.posts, self.read_by_x or {}
        for day in sorted(theirs):
            if day >= self.since and (ours.get(day) or theirs[day]):
                yield day, ours.get(day, 0), theirs[day]


def statement(money: Money, since: date | None = None, scope: str = "", host: str = "") -> Statement:
    """What was spent from `since` on (default: the first of this month, UTC). `host` is this one, whose files can be read."""
    balance = money.balance()
    with suppress(ServiceDown):  # who may only look
        while balance.lowered and (now := present(balance.budget, host)):
            money.allows(now)
            balance = money.balance()
    first = balance.day.replace(day=1)
    month = sum(charge.micro for charge in money.charges(first))
    since = since or first
    return Statement(since, money.charges(since), balance, month, scope)


def days_to_ask(shown: Statement) -> int:
    """How many days back X's count is wanted."""
    return max(1, min(MAX_DAYS, (shown.balance.day - shown.since).days + 1))


def by_day(usage: Mapping[str, Any]) -> dict[date, int]:
    """The posts of each day out of `/2/usage/tweets`, which writes numbers as strings."""
    daily = usage.get("daily_project_usage")
    days = daily.get("usage") if isinstance(daily, dict) else None
    return {day: posts for told in (days if isinstance(days, list) else ()) for day, posts in _told(told)}


def _told(day: Any) -> Iterator[tuple[date, int]]:
    """A day's count, where it can be read as one."""
    with suppress(KeyError, TypeError, ValueError):
        yield date.fromisoformat(day["date"][:10]), int(day["usage"])


def lines(shown: Statement) -> Iterator[str]:
    """The statement as a table and sentences."""
    if shown.charges:
        rows = [("day", "command", "index", "kind", "objects", "free", "dollars"), *map(_row, shown.charges)]
        widths = [max(len(row[column]) for row in rows) for column in range(7)]
        for row in rows:
            words = [cell.ljust(width) for cell, width in zip(row[:4], widths[:4], strict=True)]
            numbers = [cell.rjust(width) for cell, width in zip(row[4:], widths[4:], strict=True)]
            yield "  ".join(words + numbers)
    else:
        yield "nothing was bought in these days"
    today = shown.balance
    yield f"today (UTC): ${dollars(today.spent)} spent of a budget of ${dollars(today.budget.micro)}, " + (
        f"${dollars(today.reserved)} held by runs that are going on, ${dollars(today.left)} left"
    )
    if today.lowered:
        yield f"that budget is the lowest of those who use this app today: that of {today.budget.file} on {today.budget.host}"
    if today.doubtful:
        doubt = f"in doubt: ${dollars(today.doubtful)} that X may have billed for what did not come whole"
        yield f"{doubt}; counted until the day ends, or it has come after all"
    yield f"this month: ${dollars(shown.spent_this_month)} spent"
    if shown.scope:
        yield shown.scope
    for day, ours, theirs in shown.compared():
        yield f"{day}: {ours:,} posts by our count, {theirs:,} by X's"


def plain(shown: Statement) -> dict[str, Any]:
    """The statement for JSON; money stays micro-dollars."""
    charges = [
        {"day": str(c.day), "command": c.command, "index": c.index, "kind": c.kind, "objects": c.objects, "free": c.free}
        | {"micro_dollars": c.micro}
        for c in shown.charges
    ]
    today = shown.balance
    micro = {"today": today.spent, "month": shown.spent_this_month, "budget": today.budget.micro}
    compared = [{"day": str(day), "ours": ours, "x": theirs} for day, ours, theirs in shown.compared()]
    posts = None if shown.read_by_x is None else compared
    micro |= {"held": today.reserved, "in_doubt": today.doubtful, "left": today.left}
    budget = {"file": today.budget.file, "host": today.budget.host}
    return {"charges": charges, "micro_dollars": micro, "budget_of": budget, "counted": shown.scope, "posts": posts}


def dollars(micro: int) -> str:
    """At least cents, and as many digits more as are needed: 6.50, 0.005."""
    whole, decimals = f"{micro / 1e6:,.6f}".split(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _row(charge: Charge) -> tuple[str, ...]:
    numbers = (f"{charge.objects:,}", f"{charge.free:,}", f"{charge.micro / 1e6:,.3f}")
    return (str(charge.day), charge.command, charge.index or "-", charge.kind, *numbers)

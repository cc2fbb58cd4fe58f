"""What was spent, for people and for programs: by day, command, index and kind, and beside X's own count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from netwar.errors import ServiceDown
from netwar.meter.base import Balance, Charge, Money, present
from netwar.records.text import plural

MAX_DAYS = 90  # docs.x.com, usage: how far back X tells its count
KEYS: Mapping[str, Callable[[Charge], str]] = {
    "day": lambda charge: str(charge.day),
    "month": lambda charge: f"{charge.day:%Y-%m}",
    "command": lambda charge: charge.command,
    "index": lambda charge: charge.index,
    "kind": lambda charge: charge.kind,
}
FIRST_DAY = date(2006, 3, 21)  # of X
FINEST = ("day", "command", "index", "kind")  # as charges are kept


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


@dataclass(frozen=True, slots=True)
class Sum:
    """What was bought under some KEYS: objects that cost, objects that were free, micro-dollars."""

    keys: tuple[str, ...]
    objects: int
    free: int
    micro: int


def sums(charges: Iterable[Charge], by: Sequence[str] = FINEST) -> list[Sum]:
    """Charges added up by some of KEYS, in their order."""
    groups: dict[tuple[str, ...], list[Charge]] = {}
    for charge in charges:
        groups.setdefault(tuple(KEYS[key](charge) for key in by), []).append(charge)
    return [_sum(keys, groups[keys]) for keys in sorted(groups)]


def total(charges: Sequence[Charge], by: Sequence[str]) -> Sum:
    """All charges together, as the last line of a table by some of KEYS."""
    return _sum(("total", *([""] * (len(by) - 1))), charges)


def _sum(keys: tuple[str, ...], charges: Sequence[Charge]) -> Sum:
    return Sum(keys, sum(c.objects for c in charges), sum(c.free for c in charges), sum(c.micro for c in charges))


def lines(shown: Statement) -> Iterator[str]:
    """The statement as a table and sentences."""
    if shown.charges:
        rows = [(*FINEST, "objects", "free", "dollars"), *map(_row, shown.charges)]
        widths = [max(len(row[column]) for row in rows) for column in range(7)]
        for row in rows:
            words = [cell.ljust(width) for cell, width in zip(row[:4], widths[:4], strict=True)]
            numbers = [cell.rjust(width) for cell, width in zip(row[4:], widths[4:], strict=True)]
            yield "  ".join(words + numbers)
    yield from sentences(shown)


def sentences(shown: Statement) -> Iterator[str]:
    """How the budget stands, and what X counted."""
    if not shown.charges:
        yield "nothing was bought in these days"
    today = shown.balance
    yield f"today (UTC): ${dollars(today.spent)} spent of a budget of ${dollars(today.budget.micro)}, " + (
        f"${dollars(today.reserved)} held by runs that are going on, ${dollars(today.left)} left"
    )
    if today.lowered:
        yield f"that budget is the lowest of those who use this app today: that of {today.budget.file} on {today.budget.host}"
    if today.unknown:
        doubt = "in doubt: the rest of the budget, since a meter that was rebuilt or restored does not know what was spent today"
        yield f"{doubt}; counted until the day ends, or it is told what X's console shows (docs/backup.md)"
    elif today.doubtful:
        doubt = f"in doubt: ${dollars(today.doubtful)} that X may have billed for answers that came incomplete or not at all"
        yield f"{doubt}; counted until the day ends, or they have come after all"
    yield f"this month: ${dollars(shown.spent_this_month)} spent"
    if shown.scope:
        yield shown.scope
    for day, ours, theirs in shown.compared():
        yield f"{day}: {plural(ours, 'post')} by our count, {theirs:,} by X's"


def plain(shown: Statement, by: Sequence[str] = FINEST) -> dict[str, Any]:
    """The statement for JSON, its charges added up by some of KEYS; money stays micro-dollars."""
    charges = [dict(zip(by, one.keys, strict=True)) | _numbers(one) for one in sums(shown.charges, by)]
    today = shown.balance
    micro = {"today": today.spent, "month": shown.spent_this_month, "budget": today.budget.micro}
    compared = [{"day": str(day), "ours": ours, "x": theirs} for day, ours, theirs in shown.compared()]
    posts = None if shown.read_by_x is None else compared
    micro |= {"held": today.reserved, "in_doubt": today.in_doubt, "left": today.left}
    budget = {"file": today.budget.file, "host": today.budget.host}
    whole = _numbers(total(shown.charges, by))
    return {
        "charges": charges,
        "total": whole,
        "micro_dollars": micro,
        "budget_of": budget,
        "counted": shown.scope,
        "posts": posts,
    }


def _numbers(one: Sum) -> dict[str, int]:
    return {"objects": one.objects, "free": one.free, "micro_dollars": one.micro}


def dollars(micro: int) -> str:
    """At least cents, and as many digits more as are needed: 6.50, 0.005."""
    whole, decimals = f"{micro / 1e6:,.6f}".split(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _row(charge: Charge) -> tuple[str, ...]:
    numbers = (f"{charge.objects:,}", f"{charge.free:,}", f"{charge.micro / 1e6:,.3f}")
    return (str(charge.day), charge.command, charge.index or "-", charge.kind, *numbers)

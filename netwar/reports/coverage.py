"""What the ledger knows of a user, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import chain
from typing import Any

from netwar.archive.base import Ledger
from netwar.coverage import Record, Stretch
from netwar.records.ids import SNOWFLAKE_EPOCH
from netwar.records.text import plural, row
from netwar.records.times import minute


def records_for(ledger: Ledger, index: str, user: str) -> Iterator[Record]:
    """The records of a user by number or screen name: who bears the name or bore it, and what X said of the name itself."""
    found = [] if user.isdigit() else ledger.by_name(index, user.removeprefix("@"))
    key = user if user.isdigit() else "@" + user.removeprefix("@").lower()
    own = ledger.record(index, key)
    return chain(found, [own] if own.asked or own.spans else [])


def summary_line(record: Record) -> str:
    """One line: who, outcome, tweets, when, what is missing, renamings."""
    asked, posts = minute(record.asked), plural(record.posts, "tweet")
    return row(who(record), record.outcome or "unfinished", posts, asked, missing(record))


def detailed(record: Record) -> str:
    """Everything, on several lines."""
    lines = [summary_line(record)]
    lines += [f"  covered  {bounds(span.low, span.high)}: {plural(span.posts, 'tweet')}" for span in record.spans]
    lines += [f"  gap      {bounds(gap.low, gap.high)}: the next run fills it" for gap in record.gaps]
    lines += [f"  lost     {bounds(part.low, part.high)}: X no longer serves it" for part in record.lost]
    if record.counted is not None:
        lines.append(f"  X's profile counts {plural(record.counted, 'tweet')}")
    return "\n".join(lines)


def to_json(record: Record) -> dict[str, Any]:
    """The record for JSON; ids as text, since readers of JSON round large numbers."""
    data = asdict(record)
    for part in (*data["spans"], *data["lost"]):
        part["low"], part["high"] = str(part["low"]), str(part["high"])
    return {**data, "gaps": [{"low": str(gap.low), "high": str(gap.high)} for gap in record.gaps]}


def who(record: Record) -> str:
    return f"{record.user} {record.name}" if record.name else record.user


def missing(record: Record) -> str:
    """Gaps, lost stretches and renamings in a few words; empty when nothing is amiss."""
    said = []
    if record.gaps and record.spans:
        gaps = "1 gap" if len(record.gaps) == 1 else f"{len(record.gaps)} gaps"
        said.append(f"{gaps}: {'; '.join(within(gap) for gap in record.gaps)}")
    if record.lost:
        said.append(f"lost: {'; '.join(within(part) for part in record.lost)}")
    if fewer_than_counted(record):
        said.append(f"X's profile counts {plural(record.counted or 0, 'tweet')}, and X served no more")
    said += [f"renamed from {change.old} to {change.new}, seen {minute(change.at)}" for change in record.renamed]
    if record.detail:
        said.append(record.detail)
    return "; ".join(said)


def fewer_than_counted(record: Record) -> bool:
    """Whether X served far fewer posts of a whole timeline than its profile counts (a few are withheld at times)."""
    return record.outcome == "complete" and (record.counted or 0) > 1.1 * record.posts + 20


def within(stretch: Stretch) -> str:
    """A stretch as times where its ids tell them."""
    below = f"before {posted(stretch.high)}"
    return f"{posted(stretch.low)} to {posted(stretch.high)}" if stretch.low else below


def bounds(low: int, high: int) -> str:
    return f"{low} < id <= {high} ({posted(low) if low else 'the first'} to {posted(high)})"


def posted(number: int) -> str:
    """When a post of this id was made, as far as the id tells (since November 2010)."""
    return minute((number >> 22) + SNOWFLAKE_EPOCH) if number >> 22 > 10**6 else f"id {number}"

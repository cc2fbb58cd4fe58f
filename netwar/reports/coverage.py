"""What the ledger knows of users, in words and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from netwar.archive.base import Ledger
from netwar.coverage import Record, Stretch
from netwar.profiles.identity import who
from netwar.records.ids import SNOWFLAKE_EPOCH
from netwar.records.text import plural, row
from netwar.records.times import iso, minute

UNFINISHED = "unfinished"


def records_for(ledger: Ledger, index: str, user: str) -> Iterator[Record]:
    """The records of a user by number or screen name: who bears the name or bore it, and what X said of the name itself."""
    asked = who(user)
    found = ledger.by_name(index, asked.name) if asked.name else []
    own = ledger.record(index, asked.key)
    return chain(found, [own] if own.asked or own.spans else [])


def summary_line(record: Record) -> str:
    """One line: who, outcome, tweets, when, what is missing, renamings."""
    asked, posts = minute(record.asked), plural(record.posts, "tweet")
    return row(subject(record), outcome(record), posts, asked, missing(record))


def outcome(record: Record) -> str:
    """How the last complete pass ended; `unfinished` if there was none."""
    return record.outcome or UNFINISHED


def details(record: Record) -> list[str]:
    """What the one line says nothing of, a line each."""
    lines = [f"  covered  {bounds(span.low, span.high)}: {plural(span.posts, 'tweet')}" for span in record.spans]
    lines += [f"  gap      {bounds(gap.low, gap.high)}: {_filled(record)}" for gap in record.gaps]
    lines += [f"  lost     {bounds(part.low, part.high)}: X no longer serves it" for part in record.lost]
    if record.counted is not None:
        lines.append(f"  X's profile counts {plural(record.counted, 'tweet')}")
    return lines


def _filled(record: Record) -> str:
    return "not asked for; a run without the bound fills it" if record.bounded else "the next run fills it"


def to_json(record: Record) -> dict[str, Any]:
    """The record for JSON; ids as text, since readers of JSON round large numbers, and beside each time in ms the same as ISO."""
    data = asdict(record)
    for part in (*data["spans"], *data["lost"]):
        part["low"], part["high"] = str(part["low"]), str(part["high"])
    for change in data["renamed"]:
        change["at_utc"] = iso(change["at"])
    data |= {"asked_utc": iso(record.asked), "refreshed_utc": iso(record.refreshed)}
    return {**data, "gaps": [{"low": str(gap.low), "high": str(gap.high)} for gap in record.gaps]}


def subject(record: Record) -> str:
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


def is_complete(record: Record) -> bool:
    """Whether all that X ever served of the timeline is known to be in the archive, as far as its last pass can tell."""
    return record.is_whole and not (record.gaps or record.lost or fewer_than_counted(record))


@dataclass(slots=True)
class Outcome:
    """How many users ended so, how many tweets they have and timelines are complete, and when one was last asked for (ms)."""

    name: str
    users: int = 0
    tweets: int = 0
    complete: int = 0
    asked: int = 0

    def count(self, record: Record) -> None:
        self.users += 1
        self.tweets += record.posts
        self.complete += is_complete(record)
        self.asked = max(self.asked, record.asked)


def by_outcome(records: Iterable[Record]) -> tuple[list[Outcome], Outcome]:
    """The records summed up by outcome, the most frequent first, and all together."""
    outcomes: dict[str, Outcome] = {}
    whole = Outcome("total")
    for record in records:
        name = outcome(record)
        outcomes.setdefault(name, Outcome(name)).count(record)
        whole.count(record)
    return sorted(outcomes.values(), key=lambda one: -one.users), whole


def within(stretch: Stretch) -> str:
    """A stretch as times where its ids tell them."""
    below = f"before {posted(stretch.high)}"
    return f"{posted(stretch.low)} to {posted(stretch.high)}" if stretch.low else below


def bounds(low: int, high: int) -> str:
    return f"{low} < id <= {high} ({posted(low) if low else 'the first'} to {posted(high)})"


def posted(number: int) -> str:
    """When a post of this id was made, as far as the id tells (since November 2010)."""
    return minute((number >> 22) + SNOWFLAKE_EPOCH) if number >> 22 > 10**6 else f"id {number}"

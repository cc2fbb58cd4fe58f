"""How gaps of a capture are shown: what was not covered while it was valid, and what became of that."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from netwar.cli import metering
from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.errors import NetwarError
from netwar.streams.gaps import Gap, Terms


def _cells(gap: Gap) -> tuple[Cell, ...]:
    seconds = max(int(gap.seconds), 1)  # one of half a second is not one of nothing
    return gap.since, gap.until, seconds, gap.state, gap.terms, gap.cause


def _second(ms: int) -> str:
    from netwar.records.times import shown

    return shown(ms)[:19].replace("T", " ")


GAPS: Table[Gap] = Table(
    [
        Column("since", Kind.TIME, _second),
        Column("until", Kind.TIME, _second),
        Column("seconds", Kind.COUNT),
        Column("state"),
        Column("terms", Kind.COUNT),
        Column("cause"),
    ],
    _cells,
)


def show(services: Services, given: str, form: Form, *, only_open: bool, seconds: float) -> str:
    """Print the gaps of a capture, oldest first; the outcome. Raises NetwarError where it never was one."""
    from netwar.records.documents import tweets_index
    from netwar.streams import gaps

    name = services.index(given)
    index = tweets_index(name)
    terms = gaps.terms_of(services.archive, index)
    if not any(one.valid for one in terms):
        raise NetwarError(f"{index} was never recorded by a stream: tw-stream {name} FILE begins one")
    found = gaps.gaps(services.archive, index, now(services))
    meant = [one for one in found if one.seconds >= seconds and (one.state == "open" or not only_open)]
    GAPS.write(form, meant)
    return told(index, found, meant, terms, now(services))


def told(index: str, found: Sequence[Gap], meant: Sequence[Gap], terms: Sequence[Terms], at: int) -> str:
    """How many of those that were found are meant, by their states, and how much of the time is covered."""
    from collections import Counter

    from netwar.records.text import plural
    from netwar.tracking.schedule import spoken

    counts = Counter(one.state for one in meant)
    states = ", ".join(f"{count:,} {state}" for state, count in counts.most_common())
    missing = sum(one.until - one.since for one in found if one.state in ("open", "lost"))
    whole = sum(max(min(high or at, at) - low, 0) for one in terms for low, high in one.valid)
    share = f"; {100 * (1 - missing / whole):.3f} % of {spoken(whole / 1000)} covered" if whole else ""
    number = "" if len(meant) == len(found) else f"{len(meant):,} of "
    return f"{number}{plural(len(found), 'gap')} in {index}{f': {states}' if states else ''}{share}"


def given_up(services: Services, name: str, terms: Collection[int]) -> int:
    """Give up the gaps of terms that nobody knows any more, as no search can fill them; how many those are."""
    from netwar.coverage import Stretch
    from netwar.records.documents import tweets_index
    from netwar.streams import gaps

    index = tweets_index(name)
    found = [one for one in gaps.gaps(services.archive, index, now(services)) if one.state == "open" and one.terms in terms]
    for gap in found:
        gaps.given_up(services.archive, index, gap.terms, Stretch(gap.since, gap.until))
    return len(found)


def now(services: Services) -> int:
    """What time it is at X (ms), as far as the meter knows, or else by our own clock."""
    return metering.clock(services)() or time.time_ns() // 1_000_000

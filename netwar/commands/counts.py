"""How many posts there would be, and what they would cost: what tw-count prints, and what is said before a search."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.counting import Counting, check_window
from netwar.commands.follow_target import agree_to
from netwar.commands.search_options import check_reach
from netwar.commands.wished import wished
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.search.counting import Counts, Estimate

log = logging.getLogger("netwar.search")

WITHOUT_ASKING = 20  # requests for counts
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class CountOptions:
    """What tw-count was asked: in the full archive, from when to when (ms; None for the usual), each line by itself, stretch by
    stretch (`by` the minute, hour or day; "" for the sum alone); whether to wait for rate windows."""

    full: bool = False
    since: int | None = None
    until: int | None = None
    each: bool = False
    by: str = ""
    yes: bool = False
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row: how many posts match from when to when (ms)."""

    query: str
    since: int
    until: int
    posts: int
    post: int

    @property
    def a_day(self) -> int:
        return round(self.posts * 24 * HOUR_MS / max(self.until - self.since, 1))


COLUMNS = (
    *(Column("query"), Column("from", Kind.TIME), Column("to", Kind.TIME)),
    *(Column("posts", Kind.COUNT), Column("posts_a_day", Kind.COUNT), Column("dollars_a_day", Kind.DOLLARS)),
)


def _cells(line: Line) -> tuple[Cell, ...]:
    return line.query, line.since, line.until, line.posts, line.a_day, line.a_day * line.post


COUNTS: Table[Line] = Table(COLUMNS, _cells)


def counted(services: Services, given: str, wish: CountOptions, form: Form) -> str:
    """Print the counts of a query or of the lines of a file; the outcome. Raises ItemsFailed for lines that are no queries."""
    from netwar.errors import ItemsFailed
    from netwar.search.counting import requests
    from netwar.search.planning import FULL, RECENT, packs

    limit = FULL if wish.full else RECENT
    lines, rejected = wished(services, given, limit)
    texts = {one.expression: one.text for one in lines}
    queries = [[one] for one in texts] if wish.each or wish.by else [*packs(texts, limit)]
    services.twitter.ask_time()
    since, until = times(services, wish)
    agree(services, requests(len(queries), since, until, full=wish.full), full=wish.full, yes=wish.yes, wait=wish.wait)
    outcome, refused = _printed(services, queries, texts, since, until, wish, form)
    for line, why in refused.items():
        log.error("%s: %s", texts[line], why)
    if failed := rejected.count + len(refused):
        outcome = outcome if len(refused) < len(lines) else "nothing was counted, and nothing paid"
        raise ItemsFailed(f"{outcome}; lines that were not counted ({rejected.where}): {failed:,}")
    return outcome


def times(services: Services, wish: CountOptions) -> tuple[int, int]:
    """From when to when is counted (ms): as far as X goes, if nothing else is said. Raises UsageError or NetwarError where it
    goes nowhere."""
    from netwar.search.counting import earliest
    from netwar.search.reading import LEEWAY_MS, YOUNG_MS

    now = services.twitter.now()
    lowest, latest = 0 if wish.full else earliest(now) + 2 * LEEWAY_MS, now - YOUNG_MS  # time passes until the last is counted
    check_reach(wish.since, wish.until, lowest, latest, full=wish.full)
    until = min(wish.until or now, latest)
    if wish.full:
        return wish.since or until - 30 * 24 * HOUR_MS, until
    return max(wish.since or 0, lowest), until


def agree(services: Services, count: int, *, full: bool, yes: bool, wait: bool = False, cure: str = "say --wait") -> None:
    """Counts cost by the request: many of them are agreed to first. Raises what check_window does, unless spent windows are
    waited for."""
    if not wait:
        check_window(services, count, full=full, cure=cure)
    kind = "counts_all" if full else "counts_recent"
    most = services.money.price({kind: count})
    if count > WITHOUT_ASKING:
        agree_to(services, "counts", f"{plural(count, 'request')} for counts cost ${most / 1e6:,.2f}", most, yes=yes)


def _printed(
    services: Services,
    queries: Sequence[Sequence[str]],
    texts: Mapping[str, str],
    since: int,
    until: int,
    wish: CountOptions,
    form: Form,
) -> tuple[str, dict[str, str]]:
    """The outcome, and the lines that X refuses, with its reason. `texts` has what the operator wrote for each expression."""
    from netwar.cli.signals import Stopped
    from netwar.errors import NetwarError
    from netwar.search.counting import sifted

    posts, post, counting = 0, services.money.price({"post": 1}), Counting(services, wait=wish.wait)
    refused: dict[str, str] = {}
    with services.report.work("counts", len(queries)) as bar:

        def rows() -> Iterator[Line]:
            nonlocal posts
            for some in queries:
                stretches, _, why = sifted(some, partial(_stretches, counting, since, until, wish))
                found = sum(one for _, _, one in stretches)
                posts += found
                refused.update(why)
                bar.update(1)
                query = _shown([line for line in some if line not in why], texts)
                told = stretches if wish.by else [(since, until, found)] if query else []
                yield from (Line(query, *stretch, post) for stretch in told)

        try:
            COUNTS.write(form, rows())
        except (NetwarError, Stopped) as error:
            error.add_note(f"{plural(posts, 'post')} so far in what was counted whole; {counting.told}")
            raise
    return said(services, estimate(services, posts, since, until, counting.micro)), refused


def _shown(lines: Sequence[str], texts: Mapping[str, str]) -> str:
    """What was counted: the operator's own words where that is one line."""
    from netwar.records.expressions import joined

    return texts[lines[0]] if len(lines) == 1 else joined(lines)


def _stretches(counting: Counting, since: int, until: int, wish: CountOptions, query: str) -> tuple[Counts, int]:
    from netwar.search.counting import count

    return count(counting, query, since, until, index="", full=wish.full, by=wish.by or "day")


def estimate(services: Services, posts: int, since: int, until: int, micro: int) -> Estimate:
    """So many posts as an estimate, with what X charges."""
    from netwar.search.counting import Estimate

    return Estimate(posts, since, until, micro, services.money.price({"post": 1}), services.money.price({"user": 1}))


def said(services: Services, found: Estimate) -> str:
    """An estimate in words."""
    posts = f"{plural(found.posts, 'post')} in {(found.until - found.since) / (24 * HOUR_MS):,.1f} days"
    day = f"{found.a_day:,.0f} a day for ${found.micro_a_day / 1e6:,.2f}"
    authors = f"up to ${found.a_day * found.author / 1e6:,.2f} more for their authors"
    return f"{posts}, {day} ({authors}){_cap(services, found)}; counting cost ${found.micro / 1e6:,.3f}"


def _cap(services: Services, found: Estimate) -> str:
    """When X's cap of the month would be reached."""
    from netwar.errors import NetwarError
    from netwar.records.dialects import count

    try:
        usage = services.twitter.usage()
    except NetwarError:
        return ""
    cap, used = count(usage.get("project_cap")), count(usage.get("project_usage"))
    hours = None if cap is None or used is None else found.hours_to(max(cap - used, 0))
    return "" if hours is None else f", {hours:,.0f} hours to X's cap of the month"

"""How searches meet the operator: what is left to search for, its price, progress, outcome."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.counting import Counting
from netwar.commands.counts import agree
from netwar.commands.follow_target import agree_to
from netwar.commands.post_price import post_price
from netwar.commands.search_options import check_reach
from netwar.commands.wished import wished
from netwar.records.text import plural

if TYPE_CHECKING:
    from netwar.cli.forms import Form
    from netwar.coverage import Span, Stretch
    from netwar.search.counting import Counts
    from netwar.search.planning import Task
    from netwar.search.run import SearchProgress, SearchRun

log = logging.getLogger("netwar.search")


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What the operator asked for: in the full archive, from when to when (ms; None for as far as X goes), whether to wait for
    rate windows, and to buy without counting first. `via` is how the posts came."""

    full: bool = False
    since: int | None = None
    until: int | None = None
    wait: bool = False
    yes: bool = False
    via: str = "search"


def recorded(services: Services, index: str, given: str, wish: SearchOptions) -> str:
    """Record what a query, or each line of a file, finds; the outcome. What stopped it early is raised after that is said."""
    from netwar.search.planning import FULL, RECENT

    lines, rejected = wished(services, given, FULL if wish.full else RECENT)
    texts = {one.expression: one.text for one in lines}
    outcome, refused = searched(services, index, [*texts], wish)
    failed = rejected.count + len(refused)
    for line, why in refused.items():
        log.error("%s: %s", texts[line], why)
    return _checked(outcome, failed)


def _checked(outcome: str, failed: int) -> str:
    from netwar.errors import ItemsFailed

    if failed:
        raise ItemsFailed(f"{outcome}; lines that are not complete, listed above: {failed:,}")
    return outcome


def searched(services: Services, index: str, lines: Sequence[str], wish: SearchOptions) -> tuple[str, dict[str, str]]:
    """Record what the lines lack; the outcome, and the lines that are not complete for a reason of X's, with that."""
    from netwar.commands.recording import replayed
    from netwar.records.documents import tweets_index, users_index
    from netwar.search.planning import FULL, RECENT, known, planned
    from netwar.search.reading import NAMELESS

    tweets = tweets_index(index)
    services.exclusive(f"searches of {index}", "what was read is kept, and the same command goes on from there")
    before = replayed(services, tweets, users_index(index))
    services.twitter.ask_time()
    within = _within(services, wish)
    tasks = planned(lines, known(services.archive, tweets, lines), within, FULL if wish.full else RECENT)
    if not tasks:
        return f"{before}{tweets}: nothing is left to search for, {plural(len(lines), 'line')} complete", {}
    if not wish.yes:
        _agree(services, tasks, wish)
    progress = _run(services, index, tasks, wish)
    lacking = dict.fromkeys(sorted(progress.lacking), NAMELESS)
    return f"{before}{tweets}: {_told(progress, len(lines))}", lacking | progress.refused


def _within(services: Services, wish: SearchOptions) -> Stretch:
    """The ids that are to be complete. Raises UsageError or NetwarError where X finds none of them."""
    from netwar.coverage import Stretch
    from netwar.records.ids import SNOWFLAKE_EPOCH, first_id
    from netwar.records.times import shown
    from netwar.search.reading import WEEK_MS, YOUNG_MS, earliest, latest

    now = services.twitter.now()
    lowest = 0 if wish.full else earliest(now)
    check_reach(wish.since, wish.until, (lowest + 1 >> 22) + SNOWFLAKE_EPOCH, now - YOUNG_MS, full=wish.full)
    low = lowest if wish.since is None else max(first_id(wish.since) - 1, lowest)
    high = latest(now) if wish.until is None else min(first_id(wish.until) - 1, latest(now))
    if wish.since is not None and low > first_id(wish.since):
        log.warning("recent search reaches back to %s: what is older needs --all", shown(now - WEEK_MS))
    return Stretch(low, high)


def _agree(services: Services, tasks: Sequence[Task], wish: SearchOptions) -> None:
    """Count what there is, say what it costs, and have it agreed to."""
    from netwar.search.counting import requests, sifted

    bounds = [_times(task) for task in tasks]
    count, cure = sum(requests(1, *times, full=wish.full) for times in bounds), "say --wait, or --yes to buy without counting"
    agree(services, count, full=wish.full, yes=False, wait=wish.wait, cure=cure)
    posts, counting = 0, Counting(services, wait=wish.wait)
    with services.report.work("counts", len(tasks)) as bar, counting.told_in_the_end():
        for task, (since, until) in zip(tasks, bounds, strict=True):
            found, *_ = sifted(task.lines, partial(_counted, counting, wish, since, until))
            posts += sum(one for _, _, one in found)
            bar.update(1)
    price, most = post_price(services, posts)
    told = f"{plural(posts, 'post')} by X's count, which cost ${counting.micro / 1e6:,.3f}: {price}"
    agree_to(services, "posts", told, most, yes=False)


def _counted(counting: Counting, wish: SearchOptions, since: int, until: int, query: str) -> tuple[Counts, int]:
    from netwar.search.counting import count

    return count(counting, query, since, until, index="", full=wish.full, by="day")


def _times(task: Task) -> tuple[int, int]:
    """From when to when a task searches (ms)."""
    from netwar.records.ids import SNOWFLAKE_EPOCH

    return tuple((id >> 22) + SNOWFLAKE_EPOCH for id in (task.stretch.low + 1, task.stretch.high))  # type: ignore[return-value]


def _run(services: Services, index: str, tasks: Sequence[Task], wish: SearchOptions) -> SearchProgress:
    """Work through the tasks. What stops that early is raised with a note of what was done."""
    from netwar.archive.base import Store
    from netwar.cli.signals import Stopped
    from netwar.errors import NetwarError
    from netwar.records.dialects import DIALECTS
    from netwar.search.run import SearchRun

    with services.report.work(f"tw{index}", len(tasks)) as bar:
        run = SearchRun(
            services.twitter,
            Store(services.archive, services.spool),
            index,
            full=wish.full,
            via=wish.via,
            checked=DIALECTS[services.twitter.dialect].checked,
            paged=lambda posts, progress: bar.update(0, f"{plural(progress.posts, 'post')}, ${progress.micro / 1e6:.2f}"),
        )
        services.report.counting(run.progress)
        try:
            for task in tasks:
                services.room()
                _through_rate_limits(services, run, task, wish)
                bar.update(1)
        except (NetwarError, Stopped) as error:
            error.add_note(f"tw{index}: {_told(run.progress, None)}")
            raise
        finally:
            services.report.counted(run.progress)
    return run.progress


def _through_rate_limits(services: Services, run: SearchRun, task: Task, wish: SearchOptions) -> None:
    """A task that meets a spent window goes on where it was, if it may wait: what is proved of it is known to the ledger."""
    from netwar.errors import RateLimited
    from netwar.search.planning import FULL, RECENT, known, planned
    from netwar.work.loop import tell_of_waiting

    todo = [task]
    while todo:
        try:
            run.run(todo[0])
            del todo[0]
        except RateLimited as limited:
            if not wish.wait:
                raise
            tell_of_waiting(limited.wait, f"{plural(run.progress.posts, 'post')} so far")
            services.report.sleep(limited.wait)
            spans = known(services.archive, run.tweets, todo[0].lines)
            todo[:1] = planned(todo[0].lines, spans, todo[0].stretch, FULL if wish.full else RECENT)


def _told(progress: SearchProgress, lines: int | None) -> str:
    from netwar.work.summary import documents

    read = f"{plural(progress.posts, 'post')} found for ${progress.micro / 1e6:,.3f}; {documents(progress.tally)}"
    incomplete = progress.lacking | progress.refused.keys()
    return read if lines is None else f"{read}; {plural(lines - len(incomplete), 'line')} complete"


Complete = tuple[str, "tuple[Span, ...]"]


def _cells(one: Complete) -> tuple[Cell, ...]:
    from netwar.coverage import gaps
    from netwar.records.ids import posted

    line, spans = one
    if not spans:
        return line, None, None, 0, None
    holes = [gap for gap in gaps(spans) if gap.low]
    return line, posted(spans[-1].low + 1), posted(spans[0].high), sum(span.posts for span in spans), len(holes) or None


COVERAGE: Table[Complete] = Table(
    [Column("line"), Column("from", Kind.TIME), Column("to", Kind.TIME), Column("posts", Kind.COUNT), Column("gaps", Kind.COUNT)],
    _cells,
)


def show_coverage(services: Services, index: str, given: str, form: Form) -> str:
    """Print what is complete of each line; asks X nothing. The outcome."""
    from netwar.records.documents import tweets_index
    from netwar.search.planning import FULL, known

    services.looks = True
    lines, _ = wished(services, given, FULL)
    spans = known(services.archive, tweets_index(index), [one.expression for one in lines])
    COVERAGE.write(form, ((one.expression, spans.get(one.expression, ())) for one in lines))
    return f"{len(spans):,} of {plural(len(lines), 'line')} searched for in tw{index}"

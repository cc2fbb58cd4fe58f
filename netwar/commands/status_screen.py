"""The screen of tw-status: what is wrong first, then each kind of thing in a table, as much as fits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from netwar.board.base import Run
from netwar.cli.aligned import lines as aligned
from netwar.cli.screen import columns_of, shortened, wrapped
from netwar.operations.alarms import Alarm, ago, failed
from netwar.operations.status import CaptureState, Status, WindowState, name_of
from netwar.records.text import one_line, plural

INDENT = "  "
LONGEST = 40  # letters of a program's name and what it works on
LEAST_RUNS = 5  # rows, however small the terminal is
Rows = Sequence[Sequence[str]]


def screen(status: Status, found: Sequence[Alarm], *, whole: bool) -> Iterator[str]:
    """The lines; all runs of all hosts where the `whole` is asked for, else those that fit below what is wrong."""
    rest = [line for part in _parts(status) for line in part]
    yield headline(status, found)
    for one in found:
        yield from _bulleted(one_line(one.text))
    room = None if whole else max(_height() - len(rest) - len(found) - 6, LEAST_RUNS)
    yield from _runs(status, room)
    yield from rest


def _bulleted(text: str) -> Iterator[str]:
    """What is wrong, on several lines of a terminal where it is long."""
    first, *more = wrapped(text, columns_of(sys.stdout) - 4) if sys.stdout.isatty() else [text]
    yield f"{INDENT}! {first}"
    yield from (f"{INDENT}  {line}" for line in more)


def headline(status: Status, found: Sequence[Alarm]) -> str:
    """Everything in a line."""
    waiting = sum(one.waiting for one in status.queues)
    spent, month = (sum(getattr(one, what) for one in status.money) / 1e6 for what in ("today", "month"))
    doubt = sum(one.doubtful for one in status.money) / 1e6
    lost = f", {len(status.lost):,} lost" if status.lost else ""
    money = f"${spent:,.2f} today, ${month:,.2f} this month" + (f", ${doubt:,.2f} in doubt" if doubt else "")
    wrong = f"{len(found):,} {'thing is' if len(found) == 1 else 'things are'} wrong" if found else "all is well"
    at = datetime.fromtimestamp(status.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return f"{at} UTC: {plural(len(status.live), 'run')} at work{lost}; {waiting:,} waiting; {money}; {wrong}"


def _height() -> int:
    """The lines of the terminal; very many where there is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines
    except (OSError, ValueError):
        return 1_000_000


def _table(title: str, heading: str, right: str, rows: Rows) -> list[str]:
    """A table under its title; nothing without rows. `right` has an r for each column of numbers."""
    if not rows:
        return []
    room = columns_of(sys.stdout) - len(INDENT)
    found = aligned(heading.split(), [letter == "r" for letter in right], [[*map(one_line, row)] for row in rows], 10_000)
    cut = (lambda line: shortened(line, room)) if sys.stdout.isatty() else str
    return ["", title, *(f"{INDENT}{cut(line)}".rstrip() for line in found)]


def _runs(status: Status, room: int | None) -> list[str]:
    runs = sorted(status.runs, key=_worth)
    shown = runs if room is None else runs[:room]
    rows = [_run(run) for run in shown]
    left = len(runs) - len(shown)
    more = [f"  and {left:,} more: --all shows them"] if left else []
    return _table("Runs", "HOST ACCOUNT PROGRAM HOW SINCE DONE COUNTS NOTE", "llllrrll", rows) + more


def _worth(run: Run) -> tuple[int, str, float]:
    """The worst first, then those at work, then those that have ended, the latest first."""
    rank = 0 if run.lost or run.stuck or failed(run) else 1 if run.state.status is None else 2
    return rank, run.state.host if rank < 2 else "", run.silent


def _run(run: Run) -> Sequence[str]:
    from netwar.cli.run_figures import told

    state = run.state
    since = ago(run.silent if run.lost or state.status is not None else state.age + run.silent)
    done = f"{state.done:,}/{state.total:,}" if state.total else f"{state.done:,}" if state.done else ""
    note = state.error or state.note
    return state.host, state.account or "-", shortened(name_of(run), LONGEST), _how(run), since, done, told(state.counts), note


def _how(run: Run) -> str:
    if run.state.status is not None:
        return f"ended {run.state.status}"
    return "lost" if run.lost else "stuck" if run.stuck else "waits" if run.state.waits else "works"


def _parts(status: Status) -> Iterator[list[str]]:
    rows: Rows = [
        (one.name, *(f"{n:,}" for n in (one.waiting, one.claimed, one.failed)), ago(one.oldest) if one.waiting else "-")
        for one in status.queues
    ]
    yield _table("Queues", "NAME WAITING CLAIMED FAILED OLDEST", "lrrrr", rows)
    rows = [
        (one.index, one.observer, f"{one.members:,}", f"{one.adds:,}", f"{one.work:,}", f"{one.round:,}", ago(one.age))
        for one in status.tracking
    ]
    yield _table("Tracking", "INDEX OBSERVER MEMBERS ADDS WORK ROUND AGE", "llrrrrr", rows)
    yield _table("Captures", "INDEX HOW POSTS/MIN LAST GAPS COST DETAIL", "llrrrrl", [_capture(one) for one in status.captures])
    asked = [one for one in status.lags if one.users or one.gaps]  # not what imports, searches and streams alone have filled
    rows = [(one.index, f"{one.users:,}", ago(one.half), ago(one.most), f"{one.gaps:,}") for one in asked]
    yield _table("Coverage", "INDEX USERS HALF-WITHIN 95%-WITHIN WITH-GAPS", "lrrrr", rows)
    rows = [
        (one.app, *(f"{micro / 1e6:,.2f}" for micro in (one.today, one.month, one.reserved, one.doubtful)), _dollars(one.budget))
        for one in status.money
    ]
    yield _table("Money in dollars", "APP TODAY MONTH RESERVED IN-DOUBT BUDGET", "lrrrrr", rows)
    yield _table("Rate windows", "ENDPOINT KEYS LEFT OF FULL-AGAIN", "lrrrr", [*_windows(status.windows)])
    rows = [
        (one.state.host, one.state.folder, *(f"{n:,}" for n in (one.state.spool, one.state.letters)),
         "-" if one.state.due is None else f"{one.state.due:,}",
         "-" if one.state.free is None else f"{one.state.free / 1e9:,.0f} GB", ago(one.silent))
        for one in status.hosts
    ]  # fmt: skip
    yield _table("Hosts", "HOST FOLDER SPOOL DEAD-LETTERS DUE FREE SEEN", "llrrrrr", rows)


def _dollars(micro: int | None) -> str:
    return "-" if micro is None else f"{micro / 1e6:,.2f}"


def _capture(one: CaptureState) -> Sequence[str]:
    last = "-" if one.silence is None else ago(one.silence)
    return one.index, one.word, f"{one.minute:,}", last, f"{one.gaps:,}", f"{one.micro / 1e6:,.2f}", one.detail


def _windows(windows: Sequence[WindowState]) -> Iterator[Sequence[str]]:
    """All keys of an endpoint in a row: what is left of theirs together."""
    for endpoint, group in groupby(sorted(windows, key=lambda one: one.endpoint), key=lambda one: one.endpoint):
        of_all = [*group]
        left, limit = sum(one.remaining for one in of_all), sum(one.limit for one in of_all)
        yield endpoint, f"{len(of_all):,}", f"{left:,}", f"{limit:,}", ago(max(one.resets for one in of_all))

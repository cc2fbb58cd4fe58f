"""How the rules of the stream meet the operator: which stand, what X would say of new ones, and removing ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli.forms import Form
from netwar.cli.metering import here
from netwar.cli.services import Services
from netwar.cli.tables import Column, Kind, Table
from netwar.commands import capture_lines
from netwar.errors import Busy, Declined, ItemsFailed, NetwarError

if TYPE_CHECKING:
    from netwar.streams.placing import Seen

LONGEST = 200  # characters of a value on a terminal; an app may have a thousand values of 1,024


def _short(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"


Row = tuple[str, str, str, int, int, str]  # id, whose, its captures, lines, characters, value
COLUMNS = (
    Column("id"),
    Column("whose"),
    Column("captures"),
    Column("lines", Kind.COUNT),
    Column("characters", Kind.COUNT),
    Column("value", shown=_short),
)
RULES: Table[Row] = Table(COLUMNS, lambda row: row)


def show(services: Services, form: Form) -> str:
    """Print every rule of the app as it stands at X; the outcome."""
    from netwar.records.text import plural
    from netwar.streams.placing import Rules

    seen = Rules(services.captures, services.streaming).look()
    RULES.write(form, _rows(seen))
    gone = f"; {plural(len(seen.gone), 'rule')} of ours that others removed" if seen.gone else ""
    stand = f"{plural(len(seen.ours), 'rule')} of ours, {len(seen.others):,} of others"
    return f"{stand}; X allows {seen.caps.rules:,} rules of up to {seen.caps.length:,} characters{gone}"


def checked(services: Services, file: Path) -> str:
    """Let X check the lines of a file, as if they were captured beside all else; nothing is changed. The outcome.

    Raises ItemsFailed if it refuses any, and NetwarError, saying how many, if there are too many."""
    from netwar.captures.base import Capture
    from netwar.records.text import plural

    lines, found = capture_lines.of_file(file)
    capture = Capture("", lines.kind, lines.lines, file=str(file))
    verdict = capture_lines.verified(services, capture)
    with capture_lines.told(services, lines.source, lines.wishes, verdict, found) as rejected:
        pass
    what = plural(len(lines.lines), "user" if lines.kind == "users" else "term")
    if verdict is None:
        raise NetwarError(f"X could not be asked about the {what} of {file}: run again later")
    outcome = f"{what} of {file}: with all that is captured already, {verdict.rules:,} of {verdict.allowed:,} rules"
    if rejected.count:
        raise ItemsFailed(f"{outcome}; lines that cannot be captured ({rejected.where}): {rejected.count:,}")
    return f"{outcome}; X takes every line"


def removed(services: Services, *, yes: bool) -> str:
    """Remove all rules of ours, while nobody records; the outcome. Raises Busy while somebody does."""
    from netwar.captures.base import FenceLost
    from netwar.cli.prompts import consented
    from netwar.records.text import plural
    from netwar.streams.placing import Rules

    captures = services.captures
    rules = Rules(captures, services.streaming)
    count = len(rules.look().ours)
    if not count:
        return "no rule of ours stands"
    if captures.holder():
        raise _busy(services)
    would = f"{plural(count, 'rule')} of ours would be removed from X"
    if not consented(would, f"{would}. Remove them?", yes=yes):
        raise Declined("nothing was removed")
    holder = captures.hold(here(), os.getpid(), "", services.streaming.now())
    if holder is None:
        raise _busy(services)
    try:
        rules.bring(holder.fence, {})
    except FenceLost:  # X was so slow that another took the connection
        raise _busy(services) from None
    finally:
        captures.release(holder.fence)
    return f"{plural(count, 'rule')} removed; those of others stand"


def _rows(seen: Seen) -> Iterator[Row]:
    from netwar.records.expressions import split

    for whose, rules in (("ours", seen.ours), ("others", seen.others)):
        for rule in rules:
            known = seen.known.get(rule.id)
            captures = ",".join(known.captures) if known else ""
            yield rule.id, whose, captures, len(split(rule.value)), len(rule.value), rule.value


def _busy(services: Services) -> Busy:
    holder = services.captures.holder()
    who = f"process {holder.pid} on {holder.host}" if holder else "another process"
    return Busy(f"{who} records with them: stop its captures instead (tw-stream INDEX --stop)")

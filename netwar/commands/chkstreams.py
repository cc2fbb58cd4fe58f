"""How captures by stream meet the operator: how each is, and whether it has what X counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netwar.cli.archiving import whenever_there
from netwar.cli.forms import Form
from netwar.cli.prompts import consented
from netwar.cli.services import Services
from netwar.cli.tables import Cell, Column, Kind, Table
from netwar.commands.counting import Counting, check_window
from netwar.commands.gaps import now
from netwar.errors import Declined, ItemsFailed, NetwarError
from netwar.streams.health import Health

if TYPE_CHECKING:
    from netwar.captures.base import Capture

HOUR = 3_600_000
COUNTED = 300_000  # ms after the end of an hour, when X has counted its posts
LOWEST = 98.0  # per cent of X's count; that counts what it no longer shows, too
YOUNG = "it is too young to be verified: an hour has to pass"
NOT_BY_COUNTS = "it cannot be verified by X's counts"


def _cells(one: Health) -> tuple[Cell, ...]:
    complete = None if one.complete is None else f"{one.complete:.1f}"
    counts = (one.minute, one.hour, one.day, one.last_post, one.gaps, one.rejected, one.micro)
    return one.index, one.word, one.since, *counts, complete, one.detail


def _json(one: Health) -> dict[str, Any]:
    from dataclasses import asdict

    from netwar.records.times import iso

    told = asdict(one) | {"well": one.well, "complete": one.complete}
    state, micro = told.pop("word"), told.pop("micro")
    return told | {"state": state, "dollars": micro / 1e6, "since": iso(one.since), "last_post": iso(one.last_post)}


def table(*, verified: bool) -> Table[Health]:
    """The table of captures, with or without what X's counts say; on a terminal it fits into 100 columns."""
    columns = [
        *map(Column, ("index", "state")),
        Column("since", Kind.TIME),
        Column("minute", Kind.COUNT),
        Column("hour", Kind.COUNT, on_terminal=False),
        Column("day", Kind.COUNT),
        Column("last_post", Kind.TIME),
        Column("gaps", Kind.COUNT),
        Column("rejected", Kind.COUNT, on_terminal=False),
        Column("cost", Kind.DOLLARS),
        Column("complete", on_terminal=verified),
        Column("detail"),
    ]
    return Table(columns, _cells, json=_json)


def show(services: Services, given: str | None, form: Form, *, verify: bool, yes: bool) -> str:
    """Print how captures are; the outcome. Raises ItemsFailed if any is not well."""
    from netwar.streams.health import healths, outcome

    archive = whenever_there(services)  # how they are is known without it, but for gaps
    found = list(healths(services.captures, archive, now(services)))
    if given:
        name = services.index(given)
        found = [one for one in found if one.index == name]
        if not found:
            raise NetwarError(f"no capture {name} is registered: tw-stream {name} FILE registers one")
    if verify:
        found = _verified(services, found, yes=yes)
    table(verified=verify).write(form, found)
    shares = [(one.index, one.complete) for one in found if one.complete is not None]
    short = [f"{index} has {complete:.1f} % of what X counts" for index, complete in shares if complete < LOWEST]
    said = ", ".join((outcome(found), *short))
    if short or not all(one.well for one in found):
        raise ItemsFailed(said)
    return said if found else "no capture is registered: tw-stream INDEX FILE registers one"


def _verified(services: Services, found: list[Health], *, yes: bool) -> list[Health]:
    """The same with X's counts of the last full hour, which cost. What cannot be counted for one capture stops no other one."""
    from netwar.records.expressions import joined
    from netwar.search.planning import RECENT, packs
    from netwar.streams.keeper import expressions

    until = (now(services) - COUNTED) // HOUR * HOUR
    captures = {one.index: one for one in services.captures.captures() if one.on}
    hindered = {index: why for index, one in captures.items() if (why := _hindrance(one, until))}
    known = {index: one for index, one in captures.items() if index not in hindered}
    queries = {index: [joined(some) for some in packs(expressions(one), RECENT)] for index, one in known.items()}
    asked = {one.index: queries[one.index] for one in found if one.index in queries}
    requests = sum(map(len, asked.values()))
    if asked:
        check_window(services, requests, full=False, cure="name one INDEX")
    price = services.money.price({"counts_recent": requests})
    would = f"counting at X costs ${price / 1e6:,.3f}"
    if asked and not consented(would, f"{would}. Go on?", yes=yes):
        raise Declined("nothing was counted")
    counting = Counting(services, wait=False)
    with counting.told_in_the_end():
        return [
            _counted(services, counting, one, asked[one.index], until)
            if one.index in asked
            else _untold(one, hindered.get(one.index, ""))
            for one in found
        ]


def _hindrance(capture: Capture, until: int) -> str:
    """Why a capture cannot be verified up to a time (ms), as far as is known before X is asked; "" if nothing hinders it."""
    from netwar.records.expressions import wrapped
    from netwar.records.text import plural
    from netwar.search.planning import RECENT
    from netwar.streams.keeper import expressions

    if capture.since > until - HOUR:
        return YOUNG
    long = sum(len(wrapped(one)) > RECENT for one in expressions(capture))
    what = f"{plural(long, 'line')} {'is' if long == 1 else 'are'} longer than the {RECENT} characters that they take"
    return f"{NOT_BY_COUNTS}: {what}" if long else ""


def _untold(one: Health, why: str) -> Health:
    """The same of a capture of which X has told no count."""
    return replace(one, detail="; ".join(filter(None, (one.detail, why))))


def _counted(services: Services, counting: Counting, one: Health, queries: list[str], until: int) -> Health:
    from netwar.archive.base import Within
    from netwar.records.documents import tweets_index
    from netwar.search.counting import count
    from netwar.twitter.base import QueryRefused

    since, expected = until - HOUR, 0
    for query in queries:
        try:
            stretches, _ = count(counting, query, since, until, index=one.index)
        except QueryRefused as refused:  # the stream has operators that counts do not have
            return _untold(one, f"{NOT_BY_COUNTS}: {refused}")
        expected += sum(posts for _, _, posts in stretches)
    here = services.archive.find(tweets_index(one.index), Within(since=since, until=until))
    recorded = sum(post.get("netwar", {}).get("via") in ("stream", "search") for post in here)
    return replace(one, expected=expected, recorded=recorded)

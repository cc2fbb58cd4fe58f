"""How a capture by stream meets the operator: it is registered, told of, and stopped."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from netwar.cli import click
from netwar.cli.metering import here
from netwar.cli.services import Services
from netwar.commands import capture_lines
from netwar.commands.counting import Counting
from netwar.commands.staying import held, stay
from netwar.errors import NetwarError

if TYPE_CHECKING:
    from netwar.captures.base import Capture, Captures
    from netwar.records.wanted import Wishes

log = logging.getLogger("netwar.streams")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for: the lines' FILE or the list's id, neither for what is registered already; how it records,
    None for as it is registered, or the usual."""

    file: Path | None
    list_id: str
    users_once: bool | None
    budget: int | None
    once: bool = False


def wish(file: Path | None, list_id: str | None, users: str | None, budget: int | None, once: bool) -> Wish:
    """What a command line asks for. Raises UsageError where it contradicts itself."""
    from netwar.commands.tracking import one_id

    if file and list_id:
        raise click.UsageError("FILE and --list are two sources of lines: name one of them")
    if budget == 0:
        raise click.UsageError("a capture with a budget of nothing would record nothing: --stop switches it off")
    users_once = users == "once" if users else None
    return Wish(file, one_id(list_id) if list_id else "", users_once, budget, once)


def started(services: Services, index: str, wish: Wish, *, detach: bool) -> str:
    """Register a capture, and stay with it unless it is `detach`ed; the outcome."""
    from netwar.errors import ItemsFailed

    if not detach:
        services.settings.require("bearer_token")  # without it nothing comes, however long the connection is held
    outcome, rejected = registered(services, index, wish)
    if not detach:
        log.info("%s", outcome)
        return stay(services, index, wish.once, lambda beside: registered(beside, index, again(beside, index, wish))[0])
    outcome = f"{outcome}; {held(services.captures, index)}"
    if rejected:
        raise ItemsFailed(f"{outcome}; {rejected}")
    return outcome


def registered(services: Services, index: str, wish: Wish) -> tuple[str, str]:
    """Register a capture, or its new lines; what was, and what is wrong with lines that were left out, "" if nothing."""
    if wish.file is None and not wish.list_id:
        return f"{index}: {about(_going_on(services, index, wish))}", ""
    lines, found = _lines(services, index, wish)
    capture = _capture(services, index, wish, lines)
    verdict = capture_lines.verified(services, capture) if capture.lines else None
    capture = replace(capture, lines=capture_lines.without(capture, verdict), since=now(services))
    with capture_lines.told(services, lines.source, lines.wishes, verdict, found) as rejected:
        if not capture.lines:
            raise NetwarError(f"there is no line in {lines.source} that X takes: nothing was changed")
        capture = services.captures.register(replace(capture, terms=_next_terms(services, index)))
    left_out = f"lines that are left out ({rejected.where}): {rejected.count:,}" if rejected.count else ""
    rules = f", {verdict.rules:,} of {verdict.allowed:,} rules" if verdict else ""
    return f"{index}: {about(capture)}{rules}", left_out


def again(services: Services, index: str, wish: Wish) -> Wish:
    """What HUP asks for: the same, and where the command line names no lines, those of the file or list that is registered.

    Raises NetwarError for a file of another host."""
    if wish.list_id:
        return wish
    if wish.file:
        return replace(wish, file=_still(wish.file))
    capture = known(services.captures, index)
    how = capture.options
    if how.list_id:
        return Wish(None, how.list_id, how.users_once, how.budget, wish.once)
    if capture.host != here():
        raise NetwarError(f"they are of {capture.file} on {capture.host}: send HUP there, or give tw-stream {index} a FILE here")
    return Wish(_still(Path(capture.file)), "", how.users_once, how.budget, wish.once)


def _still(file: Path) -> Path:
    """A file that can be read again. Raises NetwarError, as for a pipe: whoever waits for its other end waits for ever."""
    if not os.path.isfile(file):  # Path.is_file raises in a folder that one may not enter
        raise NetwarError(f"{file} is no file (any more): give tw-stream one that stays")
    return file


def estimated(services: Services, index: str, wish: Wish) -> str:
    """How many posts a day it would be, and what they cost, by X's counts of the last seven days; nothing is registered."""
    from netwar.commands.counts import CountOptions, agree, estimate, said, times
    from netwar.search.counting import requests
    from netwar.search.planning import RECENT, packs
    from netwar.streams.keeper import expressions

    given = wish.file or wish.list_id
    capture = _capture(services, index, wish, _lines(services, index, wish)[0]) if given else known(services.captures, index)
    packed = [*packs(expressions(capture), RECENT)]
    services.twitter.ask_time()
    since, until = times(services, CountOptions())
    cure = "tw-count FILE --wait counts them as windows open" if capture.kind == "terms" else "estimate a part of the users"
    agree(services, requests(len(packed), since, until, full=False), full=False, yes=False, cure=cure)
    counting = Counting(services, wait=False)
    with counting.told_in_the_end():
        posts, refused = _counted(services, counting, index, packed, since, until)
    told = f"{about(capture)}: {said(services, estimate(services, posts, since, until, counting.micro))}"
    unsaid = [*refused, *{*expressions(capture)}.difference(*packed)]  # X's search takes half as many characters as its stream
    for line in unsaid:
        log.warning("%s: not counted, as X's search does not take it", line)
    return f"{told}; lines that were not counted: {len(unsaid):,}" if unsaid else told


def _counted(
    services: Services, counting: Counting, index: str, packed: Sequence[Sequence[str]], since: int, until: int
) -> tuple[int, dict[str, str]]:
    """How many posts match, and the lines that X's search refuses, with its reason."""
    from netwar.search.counting import count, sifted

    posts, refused = 0, dict[str, str]()
    ask = partial(count, counting, since=since, until=until, index=index, by="day")
    with services.report.work("counts", len(packed)) as bar:
        for lines in packed:
            found, _, why = sifted(lines, ask)
            posts += sum(one for _, _, one in found)
            refused |= why
            bar.update(1)
    return posts, refused


def stopped(services: Services, index: str) -> str:
    """Switch a capture off; the outcome."""
    captures = services.captures
    known(captures, index)
    if not captures.stop(index, asked(services)):
        return f"{index} was stopped already"
    goes, holder = "its lines are off X within seconds", captures.holder()
    if holder and holder.index == index and any(capture.on for capture in captures.captures()):
        goes += f", and process {holder.pid} on {holder.host} goes on for the other captures"
    if not holder:
        goes = "nobody holds the connection, so nothing comes or costs"
        try:
            _say_valid(services, known(captures, index))
        except NetwarError as error:
            log.warning("its gaps seem to go on until it is begun anew, or forgotten: %s", error)
    return f"{index} is stopped: {goes}; what was recorded stays"


def forgotten(services: Services, index: str) -> str:
    """Forget a capture that is stopped, and its lines; the outcome. Raises NetwarError for one that is on."""
    from netwar.commands.gaps import given_up
    from netwar.records.text import plural

    capture = known(services.captures, index)
    if not capture.on:
        _say_valid(services, capture)
    terms = {one.terms for one in (*services.captures.earlier(index), capture)}
    if not services.captures.forget(index):
        raise NetwarError(f"{index} is being captured: tw-stream {index} --stop ends that")
    lost = given_up(services, index, terms)
    told = f"; {plural(lost, 'open gap')} {'is' if lost == 1 else 'are'} lost with its lines" if lost else ""
    return f"{index} is forgotten ({about(capture)}); what was recorded stays{told}"


def _say_valid(services: Services, capture: Capture) -> None:
    """Note with the archive until when a capture was valid, where no holder does that."""
    from netwar.records.documents import tweets_index
    from netwar.streams import gaps

    for one in (*services.captures.earlier(capture.index), capture):
        gaps.valid(services.archive, tweets_index(one.index), one.terms, one.since, one.until)


def _next_terms(services: Services, index: str) -> int:
    """By which number the lines of a capture are known that is registered for the first time: none that the archive has of one
    that was forgotten, as what is covered of those lines is not covered of these."""
    from netwar.records.documents import tweets_index
    from netwar.streams import gaps

    if any(capture.index == index for capture in services.captures.captures()):
        return 1  # as it is registered, its terms are counted there
    return max((terms.number for terms in gaps.terms_of(services.archive, tweets_index(index))), default=0) + 1


def known(captures: Captures, index: str) -> Capture:
    """A capture that is registered. Raises NetwarError."""
    there = {capture.index: capture for capture in captures.captures()}
    if index in there:
        return there[index]
    hint = f"there {'is' if len(there) == 1 else 'are'} {', '.join(there)}" if there else "there is none yet"
    raise NetwarError(f"no capture {index} is registered ({hint}): tw-stream {index} FILE registers one")


def about(capture: Capture) -> str:
    """How many users or terms, out of what."""
    from netwar.records.text import plural

    what = plural(len(capture.lines), "user" if capture.kind == "users" else "term")
    return f"{what} of {capture.file}"


def now(services: Services) -> int:
    """What time it is at X (ms), as far as that is known."""
    from netwar.errors import ConfigError

    try:
        return services.streaming.now()
    except ConfigError:  # no bearer token: who only registers needs none
        return time.time_ns() // 1_000_000


def asked(services: Services) -> int:
    """What time it is at X (ms), by X itself if it answers: what is a gap, and what is none, depends on it."""
    try:
        services.twitter.ask_time()
    except NetwarError as error:
        log.info("what time it is at X could not be asked: %s", error)
    return now(services)


def _going_on(services: Services, index: str, wish: Wish) -> Capture:
    """A capture with the lines that it has, begun anew if it was stopped, and recorded as the command line says."""
    capture = known(services.captures, index)
    options = capture.options
    if wish.users_once is not None:
        options = replace(options, users_once=wish.users_once)
    if wish.budget is not None:
        options = replace(options, budget=wish.budget)
    if capture.on and options == capture.options:
        return capture
    return services.captures.register(replace(capture, options=options, since=asked(services)))


def _lines(services: Services, index: str, wish: Wish) -> tuple[capture_lines.Lines, Wishes | None]:
    if wish.file:
        return capture_lines.of_file(wish.file)
    lines = capture_lines.of_list(services, index, wish.list_id)
    if lines.odd:
        log.warning("%s", lines.odd)
    return lines, None


def _capture(services: Services, index: str, wish: Wish, lines: capture_lines.Lines) -> Capture:
    """What a command line asks for. How it records stays as it is registered where that is not said: nobody who gives new lines
    means to lift a budget."""
    from netwar.captures.base import Capture, CaptureOptions

    before = next((one.options for one in services.captures.captures() if one.index == index), CaptureOptions())
    once = before.users_once if wish.users_once is None else wish.users_once
    options = CaptureOptions(once, before.budget if wish.budget is None else wish.budget, wish.list_id)
    file = os.path.abspath(wish.file) if wish.file else lines.source
    return Capture(index, lines.kind, lines.lines, options, host=here(), file=file)

"""How a queue meets the operator: users put on it out of a file, who is on it, everybody removed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from shlex import join, quote
from typing import Any, TypeVar

from netwar.cli import click
from netwar.cli.files import chunks
from netwar.cli.output import echo_row
from netwar.cli.param_types import GivenFile
from netwar.cli.prompts import consented
from netwar.cli.rejected import Rejected
from netwar.cli.services import Services

F = TypeVar("F", bound=Callable[..., Any])
USER = re.compile("@?[A-Za-z0-9_]+")  # what could be a user's name or id, and is no path


def users_file(function: F) -> F:
    """The argument FILE, a file of users or `-`."""
    return click.argument("file", type=UsersFile())(function)


def users_file_or_none(function: F) -> F:
    """The same where users may be named in another way."""
    return click.argument("file", type=UsersFile(), required=False)(function)


class UsersFile(GivenFile):
    """A file; where there is none, a user may have been meant."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The open file. One that is not there is a usage error that says how one user is handed over."""
        if value != "-" and not os.path.exists(value):
            advice = f"; for one user: {_one_user(value, context)}" if context and USER.fullmatch(value) else ""
            self.fail(f"no file {value}{advice}", parameter, context)
        return super().convert(value, parameter, context)


def _one_user(user: str, context: click.Context) -> str:
    """The command line that hands over a user who was named in place of a file, with what else was given."""
    from netwar.cli.command import ARGUMENTS

    given = list(context.meta.get(ARGUMENTS, ()))
    for place in (place for place, word in enumerate(given) if word == user):
        tried = [*given[:place], "-", *given[place + 1 :]]
        found, _, _ = context.command.make_parser(context).parse_args([*tried])
        if found.get("file") == "-":
            given = tried
            break
    return f"echo {quote(user)} | {join([context.info_name or '', *given])}"


def put(services: Services, file: BufferedReader, queue: str) -> str:
    """Put the users of a file on a queue; the outcome. Lines that name no user are listed, and raise ItemsFailed at the end."""
    from netwar.errors import ItemsFailed, NetwarError
    from netwar.records.entries import Fault, NotText, read
    from netwar.records.text import plural

    good, rejected = 0, Rejected(services, file.name)

    def users() -> Iterator[str]:
        nonlocal good
        for found in read(chunks(file)):
            if isinstance(found, Fault):
                rejected.add(found)
            else:
                good += 1
                yield found.user

    work = services.queue(queue)
    try:
        with rejected:
            added = work.put(users())
    except NotText as error:
        raise NetwarError(f"{file.name}: {error}; nothing was queued") from error
    known = " (the others are on it already, or were named twice)" if added < good else ""
    outcome = f"{added:,} of {plural(good, 'user')} added to {queue}{known}, {len(work):,} waiting"
    if rejected.count:
        raise ItemsFailed(f"{outcome}; lines that name no user ({rejected.where}): {rejected.count:,}")
    return outcome if good else f"{file.name} names no users; {len(work):,} waiting in {queue}"


def remove(services: Services, queue: str, users: Sequence[str]) -> str:
    """Take users off a queue and print who went; the outcome. Raises ItemsFailed if somebody is not there, or claimed."""
    from netwar.commands.follow_target import entry
    from netwar.errors import ItemsFailed
    from netwar.records.entries import written
    from netwar.records.text import plural

    entries = list(dict.fromkeys(map(entry, users)))
    work = services.queue(queue)
    stood = work.remove(entries)
    gone = [user for user in entries if stood.get(user) in ("waiting", "failed")]
    for user in gone:
        echo_row("removed", written(user), stood[user])
    outcome = f"{plural(len(gone), 'user')} removed from {queue}, {len(work):,} waiting"
    absent = ", ".join(user for user in entries if user not in stood)
    claimed = ", ".join(user for user in entries if stood.get(user) == "claimed")
    faults = [f"not on it: {absent}"] if absent else []
    faults += [f"being recorded now, and left: {claimed} (stop that run first; tw-showwork tells whose it is)"] if claimed else []
    if faults:
        raise ItemsFailed("; ".join([outcome, *faults]))
    return outcome


def wipe(services: Services, queue: str, *, yes: bool) -> str:
    """Remove everybody from a queue, after asking; the outcome. Raises UsageError where nobody can be asked."""
    from netwar.errors import Declined
    from netwar.records.text import plural

    work = services.queue(queue)
    waiting, claimed, failed = len(work), len(work.claimed()), len(work.failed())
    if not waiting + claimed + failed:
        return f"{queue} is empty"
    would_go = f"{waiting:,} waiting, {claimed:,} claimed and {plural(failed, 'failed user')} would be removed from {queue}"
    if not consented(would_go, f"{would_go}. Remove them?", yes=yes):
        raise Declined("nothing removed")
    gone = work.clear()
    return f"{gone.waiting:,} waiting, {gone.claimed:,} claimed and {plural(gone.failed, 'failed user')} removed from {queue}"

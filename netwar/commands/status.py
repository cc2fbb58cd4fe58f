"""What tw-status does with what it finds: the screen, JSON, figures for Prometheus and statsd, and telling what is wrong."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from netwar.board.base import Run
from netwar.cli import boarding, click
from netwar.cli.files import replaced
from netwar.cli.output import as_json, control, echo
from netwar.cli.services import Services
from netwar.commands.status_gathering import Gathering
from netwar.commands.status_screen import screen
from netwar.connections.runs import HOST
from netwar.errors import ItemsFailed, NetwarError
from netwar.operations.alarms import Alarm, alarms
from netwar.operations.status import Status
from netwar.records.text import one_line, plural

log = logging.getLogger("netwar.status")

NOTIFY_SECONDS = 30
NOTIFY_AGAIN = 600  # seconds after which a command that failed is tried again
NOTIFY_WORDS = 500  # bytes of what it says itself
TRIED_AGAIN = "the command that `notify` names could not tell it: %s; a later look tries again"
HANGS = f"it took more than {NOTIFY_SECONDS} seconds"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asked for: JSON, all runs, a look every `watch` seconds, a file for Prometheus."""

    json: bool = False
    whole: bool = False
    watch: float | None = None
    prometheus: Path | None = None


def show(services: Services, wish: Wish) -> str:
    """Show how everything is, again and again with `watch`; the outcome. Raises ItemsFailed if anything is wrong."""
    unkept = set[tuple[str, str]]()
    while True:
        status = Gathering(services).status()
        found = alarms(status)
        _print(services, status, found, wish)
        if wish.prometheus:
            _write(wish.prometheus, status)
        _send(services, status)
        fresh = _notified(services, found, unkept)
        if wish.watch is None:
            break
        if services.quiet:  # there is no end at which it would be said
            for one in fresh:
                log.warning("%s", one.text)
        time.sleep(wish.watch)
    return _outcome(services, found, fresh)


def forget(services: Services) -> str:
    """Take down what runs that are lost, or have ended, said; the outcome."""
    return f"{plural(services.board.forget(), 'run')} taken down"


def to_json(status: Status, found: Sequence[Alarm]) -> dict[str, Any]:
    """Everything, for programs. Times of day are ISO 8601, lengths of time seconds, money micro-dollars."""
    told = asdict(status)
    told["runs"] = [{**asdict(run.state), **_since(run), "lost": run.lost, "stuck": run.stuck} for run in status.runs]
    told["hosts"] = [{**asdict(one.state), "silent": round(one.silent, 1)} for one in status.hosts]
    at = datetime.fromtimestamp(status.at, UTC).isoformat(timespec="seconds")
    return {**told, "at": at, "wrong": [asdict(one) for one in found], "well": not found}


def _since(run: Run) -> dict[str, float]:
    """How long ago, by the store's clock."""
    return {"silent": round(run.silent, 1), "began": round(run.began, 1)}


def _outcome(services: Services, found: Sequence[Alarm], fresh: Sequence[Alarm]) -> str:
    """What is said at last: with -q only what nobody was told of today, so that cron mails it once."""
    if not found:
        return "all is well"
    if services.quiet and not fresh:
        raise click.exceptions.Exit(ItemsFailed.exit_status)
    if services.quiet and len(fresh) == 1:
        raise ItemsFailed(fresh[0].text)
    if services.quiet:
        raise ItemsFailed(f"{len(fresh):,} things are wrong", [one.text for one in fresh])
    raise ItemsFailed(f"{len(found):,} {'thing is' if len(found) == 1 else 'things are'} wrong")


def _print(services: Services, status: Status, found: Sequence[Alarm], wish: Wish) -> None:
    if wish.json:
        echo(as_json(to_json(status, found)))
    elif not services.quiet:
        if wish.watch is not None and sys.stdout.isatty() and sys.stderr.isatty():
            control("\x1b[H\x1b[J")
        for line in screen(status, found, whole=wish.whole):
            echo(line)


def _write(path: Path, status: Status) -> None:
    """Put the figures in the place of a file; who reads it sees the old ones or the new ones, whole."""
    from netwar.operations.metrics import exposition

    with replaced(path) as file:
        file.write(exposition(status))


def _send(services: Services, status: Status) -> None:
    from netwar.operations.metrics import statsd

    try:
        if (way := boarding.statsd(services.settings)()) is not None:
            with closing(way):
                way.send(statsd(status))
    except OSError as error:
        log.info("figures could not be sent to the statsd at %s: %s", services.settings.statsd, error)


def _notified(services: Services, found: Sequence[Alarm], unkept: set[tuple[str, str]]) -> list[Alarm]:
    """Tell each thing of today to the command of the configuration; those that -q has not said today."""
    today = datetime.now(UTC).date().isoformat()
    if services.settings.notify:
        _notify(services, services.settings.notify, found, today, unkept)
    return [one for one in found if services.quiet and _is_fresh(services, one.key, today, unkept)]


def _is_fresh(services: Services, key: str, today: str, unkept: set[tuple[str, str]]) -> bool:
    """Whether nobody was told of it today. What the board cannot keep, as on a full disk, each quiet run tells: too often beats
    never. `unkept` is what this one has told."""
    try:
        return services.board.once(key, today)
    except NetwarError:
        known = (key, today) in unkept
        unkept.add((key, today))
        return services.quiet and not known


def _notify(services: Services, command: str, found: Sequence[Alarm], today: str, unkept: set[tuple[str, str]]) -> None:
    """Run a command for each thing that it has not told today. What it could not tell it is given again, after a while.

    What -q says is counted apart: who mails it, or looks from a host without a command, takes nothing away from the command.
    """
    failed = f"notify/{HOST}"
    with suppress(NetwarError):
        if services.board.note(failed, NOTIFY_AGAIN):
            return
    for one in found:
        key = f"notify/{one.key}"
        if not (_is_fresh(services, key, today, unkept) and (problem := _trouble(command, one))):
            continue
        unkept.discard((key, today))
        with suppress(NetwarError):
            services.board.untold(key, today)
            services.board.put_note(failed, True)
        new = _is_fresh(services, failed, today, unkept) or not services.quiet
        log.log(logging.WARNING if new else logging.INFO, TRIED_AGAIN, problem)
        if problem == HANGS:
            return


def _trouble(command: str, one: Alarm) -> str:
    """Hand a sentence to a command, as its last argument and on its standard input; why that failed, if it did.

    Whoever shares the board has a say in the sentence: it is one line that can be an argument, and no option. The command's own
    arguments are secrets as often as not, so they are not told.
    """
    told = one_line(one.text).encode(errors="replace").decode()
    told = f" {told}" if told.startswith("-") else told
    with tempfile.TemporaryFile() as said:  # a pipe could be held open by what the command leaves behind
        try:
            status = _ended([*shlex.split(command), told], f"{told}\n".encode(), said)
        except subprocess.TimeoutExpired:
            return HANGS
        except OSError as error:
            return f"it cannot be run: {error.strerror or type(error).__name__}"
        said.seek(0)
        words = one_line(said.read(NOTIFY_WORDS).decode(errors="replace")).strip()
    if words and not status:
        log.info("the command that `notify` names says: %s", words)
    if not status:
        return ""
    return f"it ended with {status}{': ' if words else ''}{words}"


def _ended(call: Sequence[str], told: bytes, said: IO[bytes]) -> int:
    """The status of a command that reads what it is `told`. One that takes too long, or in whose time this program is stopped, is
    killed with all that it began. Raises TimeoutExpired and OSError."""
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True) as command:
        try:
            command.communicate(told, timeout=NOTIFY_SECONDS)
        finally:
            if command.poll() is None:  # else its number may be another's by now
                os.killpg(command.pid, signal.SIGKILL)
    return command.returncode

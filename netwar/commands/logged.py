"""Graphs and tables on their way out, with their lines in the export log: one before the first byte, one before a file takes its
place. What cannot be logged does not go out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO, TypeVar

from netwar.cli import click
from netwar.cli.files import PACKED, replaced
from netwar.cli.output import data
from netwar.cli.services import Services

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Going:
    """What goes out: of which index (a full name), in which form, what was asked for, and to whom, empty for our own use."""

    index: str
    form: str
    query: dict[str, Any]
    to: str


class Outgoing:
    """A text file that is being written; `count` is what the log says there is in it, while it is written at the most."""

    def __init__(self, out: TextIO) -> None:
        self.count = self.bytes = 0
        self.digest = sha256()
        self._out = out

    def write(self, text: str) -> int:
        """Write it, and reckon it in."""
        written = text.encode("utf-8", "surrogateescape")
        self.digest.update(written)
        self.bytes += len(written)
        return self._out.write(text)

    def counting(self, things: Iterable[T], is_counted: Callable[[T], bool] = lambda one: True) -> Iterator[T]:
        """The things that are written, counted before they are."""
        for one in things:
            self.count += is_counted(one)
            yield one


@contextmanager
def outgoing(services: Services, going: Going, name: str) -> Iterator[Outgoing]:
    """A file of this name that appears whole or not at all, or standard output (`-`)."""
    if name == "-":
        with _logged(services, going, "", data()) as out:
            yield out
        return
    from netwar.exports.files import place

    if name.endswith(PACKED):
        raise click.UsageError(
            f"this is not packed: name a FILE that does not end in {Path(name).suffix}, or pipe what '-' prints"
        )
    with replaced(Path(name)) as file, _logged(services, going, place(Path(name)), file) as out:
        yield out


@contextmanager
def _logged(services: Services, going: Going, path: str, file: TextIO) -> Iterator[Outgoing]:
    from netwar.commands.exports import LOG
    from netwar.exports.log import Entry, ExportLog

    log, out = ExportLog(services.data / LOG), Outgoing(file)
    entry = Entry(uuid.uuid4().hex, _now(), going.index, going.form, going.query, path, going.to)
    log.add(entry)
    try:
        yield out
        file.flush()
    except BaseException:
        if not path and out.bytes:  # what is printed may have come to whoever reads
            log.add(replace(entry, count=out.count, bytes=out.bytes))
        raise
    log.add(replace(entry, ended=_now(), count=out.count, bytes=out.bytes, sha256=out.digest.hexdigest()))


def outcome(services: Services, done: str, to: str) -> str:
    """What was done, and what somebody was given of late, beside what X allows."""
    from netwar.commands.exports import LOG, shared
    from netwar.exports.log import ExportLog

    return "; ".join([done, *shared(ExportLog(services.data / LOG), to)])


def query(chosen: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """What was asked for, as the log keeps it: options that were given, by name; times as people write them."""
    return {name: list(value) if isinstance(value, tuple) else _said(value) for name, value in chosen}


def _said(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else str(value)


def _now() -> int:
    return int(time.time() * 1000)

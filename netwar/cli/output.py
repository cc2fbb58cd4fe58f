"""The one way out: whatever a program says, to a terminal, a pipe, a log or cron's mail, goes through here.

Standard output and standard error are replaced by streams that let nothing through which could do something to a terminal (see
netwar.records.text), and that write a question mark for a letter which the encoding lacks; so it holds for the words of other
libraries, too. What streams cannot know, where a row ends, the verbs here do: programs say everything with them.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import BufferedReader, BufferedWriter, RawIOBase, TextIOWrapper
from typing import IO, Any, TextIO

from netwar.cli import click
from netwar.errors import ServiceDown
from netwar.records import text as spelling

UTF_8 = ("utf-8", "utf8")


def echo(text: str = "", *, err: bool = False) -> None:
    """Say one line: whatever ends lines in it becomes a blank, tabs stay."""
    _write(f"{spelling.line(text)}\n", err)


def echo_row(*cells: object) -> None:
    """Print a row of data: cells with tabs between them, each without tabs and line ends of its own."""
    echo(spelling.row(*cells))


def echo_lines(text: str, *, err: bool = False) -> None:
    """Say a text of several lines, of which each is meant to be one."""
    shown = spelling.lines(text)
    _write(shown if shown.endswith("\n") else f"{shown}\n", err)


def as_json(document: Any, *, indented: bool = False) -> str:
    """JSON, on one line unless it is `indented`. What must not be shown as it is, and what the encoding lacks, is escaped."""
    import orjson

    from netwar.records.parsing import written

    made = orjson.dumps(document, option=orjson.OPT_INDENT_2) if indented else written(document)
    text = spelling.escaped(made.decode())
    if text.isascii() or sys.stdout.encoding.lower() in UTF_8:
        return text
    from json import dumps

    return "".join(letter if letter.isascii() else dumps(letter)[1:-1] for letter in text)


def data() -> TextIO:
    """Standard output for what must come out byte by byte, in UTF-8. A person at a terminal is shown it like all else."""
    if isinstance(sys.stdout, Shown) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
        sys.stdout.faithful = True
    return sys.stdout


def put_bytes(content: bytes) -> None:
    """Put bytes on standard output as they are. A person at a terminal is shown their text like all else."""
    stream = data()
    if isinstance(stream, Shown) and stream.faithful:
        stream.buffer.write(content)
    else:
        stream.write(content.decode(errors="replace"))


def control(sequence: str) -> None:
    """Move the cursor of the terminal behind standard error, at once: what comes next may go to another stream."""
    _put(sys.stderr, sequence)
    sys.stderr.flush()


class Shown(TextIOWrapper):
    """A stream for people; `faithful` lets everything through."""

    faithful = False

    def write(self, text: str) -> int:
        """Write what may be shown of a text."""
        super().write(text if self.faithful else spelling.lines(text))
        return len(text)

    def put(self, text: str) -> None:
        """Write a text that was looked at already, or is ours."""
        super().write(text)


class ClosedInput(RawIOBase):
    """Standard input where we were started with none (`<&-`): who reads it is told so."""

    name = "<stdin>"

    def readable(self) -> bool:
        """It can be tried."""
        return True

    def readinto(self, _buffer: Any) -> int:
        """Raise UsageError."""
        raise click.UsageError("standard input is closed, so there is nothing to read: name a file, or put a pipe before this")


def guard() -> None:
    """Put guarded streams in place. Where we were started without one (`>&-`) its number is taken, else a file would take it."""
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)
        sys.stdin = TextIOWrapper(BufferedReader(ClosedInput()))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)  # open as long as we run
            setattr(sys, name, open(nowhere, "w", closefd=False))  # noqa: SIM115
        elif type(stream) is TextIOWrapper:
            shown = _shown(stream)
            setattr(sys, name, shown)
            setattr(sys, f"__{name}__", shown)  # the width of the terminal is asked of that one


def _shown(stream: TextIOWrapper) -> Shown:
    encoding, by_line, through = stream.encoding, stream.line_buffering, stream.write_through
    below: Any = stream.detach()
    if isinstance(below, RawIOBase):  # with PYTHONUNBUFFERED, and then what is written in part is not told
        below = BufferedWriter(below)
    return Shown(below, encoding=encoding, errors="replace", line_buffering=by_line, write_through=through)


def no_more(stream: IO[str]) -> None:
    """Keep Python from writing the rest of what a stream holds, and failing once more, at its own end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def nobody_reads() -> int:
    """End the output of a program whose reader has gone (`| head`); its status, as of a program that SIGPIPE ended."""
    no_more(sys.stdout)
    return 128 + 13


def disk_is_full(program: str, error: OSError) -> int:
    """Say in a sentence that a disk is full; the status of a program that ends so."""
    no_more(sys.stdout)
    with suppress(OSError):
        echo(f"{program}: {error.strerror}: make room and run again; nothing acknowledged is lost", err=True)
    return ServiceDown.exit_status


def _write(text: str, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    _put(stream, text)
    stream.flush()


def _put(stream: TextIO, text: str) -> None:
    if isinstance(stream, Shown):
        stream.put(text)
    else:
        stream.write(text)

"""A progress bar for people; nothing at all for pipes, cron and -q."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

from netwar.cli.output import control
from netwar.cli.screen import columns_of, cut, width
from netwar.records.text import one_line

if TYPE_CHECKING:
    from types import TracebackType

WIDEST, NARROWEST = 36, 8  # of the bar itself, in columns
REDRAW_SECONDS = 0.1


class Bar(Protocol):
    """What a program tells of its progress, inside a `with`."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def update(self, n: int, note: str = "") -> None:
        """`n` more are done; `note` stands beside the bar."""


def progress(total: int, label: str, quiet: bool = False) -> Bar:
    """A bar on standard error that fills up at `total`; one that shows nothing where nobody watches."""
    return NoBar() if quiet or not watched() else TerminalBar(total, label)


def watched() -> bool:
    """Is standard error a terminal?"""
    return sys.stderr.isatty()


def wipe() -> None:
    """Clear the line of a bar that stands there, for a line of a table; the bar is drawn anew below it."""
    if TerminalBar.standing:
        control("\r\x1b[K")


class NoBar:
    """The twin that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing was drawn."""

    def update(self, n: int, note: str = "") -> None:
        """Nothing is drawn."""


class TerminalBar:
    """One line of the terminal, drawn over and over: label, bar, count, time left, note.

    It is never as wide as the terminal, which would begin a new line each time it is drawn. It may be told of more than its
    total: the queue grew meanwhile, so does the bar.
    """

    standing = False  # whether one is on the terminal just now

    def __init__(self, total: int, label: str) -> None:
        self._total, self._done = max(total, 1), 0
        self._label, self._note = one_line(label), ""
        self._began, self._drawn = time.monotonic(), 0.0

    def __enter__(self) -> Self:
        TerminalBar.standing = True
        self._draw()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        TerminalBar.standing = False
        self._draw()
        control("\n")

    def update(self, n: int, note: str = "") -> None:
        """Count, and draw anew if that was some time ago or there is something new to read."""
        self._done += n
        self._total = max(self._total, self._done)
        told, self._note = self._note, one_line(note)
        if told != self._note or time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        columns = columns_of(sys.stderr) - 1
        text = line(columns, self._label, self._done, self._total, self._left(), self._note)
        control(f"\r{text}{' ' * (columns - width(text))}")

    def _left(self) -> str:
        """The time that the rest takes at the pace so far; empty where that cannot be known."""
        took = time.monotonic() - self._began
        if not 0 < self._done < self._total or took < 1:
            return ""
        seconds = int(took / self._done * (self._total - self._done))
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def line(columns: int, label: str, done: int, total: int, left: str, note: str) -> str:
    """A bar in so many columns. The bar itself shrinks and goes first, then the note is cut, then the label; the count stays."""
    count = f"{done:,}/{total:,}"
    label = cut(label, columns - width(count) - 2)
    words = [word for word in (f"{100 * done // total} %", left, note) if word]
    room = columns - width("  ".join([label, "[]", count, *words]))
    drawn = []
    if (long := min(room, WIDEST)) >= NARROWEST:
        full = long * done // total
        drawn = [f"[{'#' * full}{'-' * (long - full)}]"]
    return cut("  ".join([label, *drawn, count, *words]), columns)

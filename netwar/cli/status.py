"""One line of the terminal that says how it stands, drawn over and over; nothing for pipes, cron and -q."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from netwar.cli.output import control
from netwar.cli.progress import watched
from netwar.cli.screen import columns_of, cut, width
from netwar.records.text import one_line


class StatusLine:
    """A context manager; `say` may be called from any thread."""

    def __init__(self, quiet: bool = False) -> None:
        self._shown = not quiet and watched()
        self._text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._text:
            control("\n")

    def say(self, text: str) -> None:
        """Draw the line anew, if it says anything new."""
        if self._shown and text != self._text:
            self._text = text
            columns = columns_of(sys.stderr) - 1
            shown = cut(one_line(text), columns)
            control(f"\r{shown}{' ' * (columns - width(shown))}")

"""How wide things are on a terminal, whose columns are not characters."""

from __future__ import annotations

import os
from typing import TextIO
from unicodedata import category, east_asian_width

USUAL = 80  # columns, where a terminal does not say


def columns_of(stream: TextIO) -> int:
    """How many columns the terminal behind a stream has now."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except OSError:
        return USUAL


def width(text: str) -> int:
    """How many columns a terminal uses for a text: two for letters of East Asia and emoji, none for marks and joiners."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(letter: str) -> int:
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """A text that takes at most so many columns."""
    while text and width(text) > columns:
        text = text[:-1]
    return text


def shortened(row: str, columns: int) -> str:
    """A row of at most so many columns, its tabs blanks as a terminal shows them; three dots tell that something was left out."""
    laid_out = row[: 2 * columns].expandtabs()
    return row if width(row.expandtabs()) <= columns else f"{cut(laid_out, columns - 3)}..."


def wrapped(text: str, columns: int) -> list[str]:
    """A text on lines of at most so many columns, broken between words; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer) <= columns:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines

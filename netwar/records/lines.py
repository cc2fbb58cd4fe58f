"""Text on one line of a terminal."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Without line ends and control characters, which could do things to a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

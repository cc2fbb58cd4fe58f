"""Files that say what is to be captured or searched for: terms of X's query language, or ids of users, one a line.

A file in which any line has a letter holds terms: words, "phrases", #tags, operators, as X knows them. Any other one holds ids. A
line that begins with # and a blank, or is nothing but #, is a comment: #brexit is a term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from netwar.records.entries import Fault, shown, text_lines, user
from netwar.records.expressions import NotBalanced, has_idle_or, tidied

COMMENT = re.compile(r"#(\s|$)")
ODD = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


@dataclass(frozen=True, slots=True)
class Wish:
    """A line: its number, what it says, and the `expression` of X's query language that finds it."""

    line: int
    text: str
    expression: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a file says, each expression once, and the lines that say nothing that can be meant."""

    kind: Literal["users", "terms"]
    lines: tuple[Wish, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def expressions(self) -> tuple[str, ...]:
        """What to look for, in the order of the file."""
        return tuple(one.expression for one in self.lines)


def read(chunks: Iterable[bytes]) -> Wishes:
    """The wishes of a file; `chunks` are its bytes in any portions. Raises entries.NotText where it is no text."""
    lines = [(number, line.strip()) for number, line in enumerate(text_lines(chunks), 1)]
    lines = [(number, line) for number, line in lines if line and not COMMENT.match(line)]
    terms = any(letter.isalpha() for _, line in lines for letter in line)
    found: dict[str, Wish] = {}
    faults = []
    for number, line in lines:
        try:
            expression = term(line) if terms else _by_id(line)
        except ValueError as fault:
            faults.append(Fault(number, shown(line), str(fault)))
            continue
        found.setdefault(expression, Wish(number, line, expression))
    return Wishes("terms" if terms else "users", tuple(found.values()), tuple(faults))


def term(text: str) -> str:
    """A line of terms as an expression: quotes that a word processor bent are straight again. Raises ValueError."""
    expression = tidied(text.translate(ODD))
    if not expression or not any(letter.isalnum() or ord(letter) > 0x2000 for letter in expression):
        raise NotBalanced("there is no word in it")
    if has_idle_or(expression):
        raise NotBalanced('an OR has nothing before or behind it (the letters themselves are "OR", in quotes)')
    return expression


def _by_id(text: str) -> str:
    entry = user(text.rstrip(",;").strip("\"'"))
    if not entry.isdigit():
        raise ValueError("this is no id of a user")
    return f"from:{entry}"

"""Lines of search terms as parts of a rule: what may stand beside others, joined with OR, and be found again in the whole.

The words of a query bind closer than OR does, so a line of several words stands in parentheses (X's own advice, docs.x.com,
build-a-rule). A quote or a parenthesis that is never closed would reach into its neighbours: such a line is no expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

JOINT = " OR "
SPACES = re.compile(r"\s+")
IDLE_OR = re.compile(r"(?:^|[(]|\bOR) *OR(?![^ )])|(?<![^ (])OR *(?:$|[)])")  # X: no viable alternative at input


class NotBalanced(ValueError):
    """What is wrong with an expression in itself, as the end of a sentence."""


def tidied(text: str) -> str:
    """An expression with one space where there were several, and without parentheses around the whole of it. Raises
    NotBalanced."""
    text = "".join(part if part.startswith('"') else SPACES.sub(" ", part) for part in _parts(text)).strip()
    check(text)
    while _is_wrapped(text):
        text = text[1:-1].strip()
    return text


def check(text: str) -> None:
    """Raise NotBalanced for a quote or a parenthesis without its other half."""
    depth = 0
    for letter, quoted in _letters(text):
        depth += {"(": 1, ")": -1}.get(letter, 0) if not quoted else 0
        if depth < 0:
            raise NotBalanced("a parenthesis is closed that was never opened")
    if depth:
        raise NotBalanced("a parenthesis is never closed")
    if [*_letters(text + " ")][-1:] == [(" ", True)]:
        raise NotBalanced("a quote is never closed")


def has_idle_or(text: str) -> bool:
    """Whether an OR of a tidy expression stands where it joins nothing."""
    return IDLE_OR.search("".join('""' if part.startswith('"') else part for part in _parts(text))) is not None


def wrapped(expression: str) -> str:
    """A tidy expression as it stands in a rule."""
    spaced = " " in expression and any(letter == " " and not quoted for letter, quoted in _letters(expression))
    return f"({expression})" if spaced else expression


def joined(expressions: Iterable[str]) -> str:
    """The value of a rule that matches whatever one of the expressions matches."""
    return JOINT.join(map(wrapped, expressions))


def split(value: str) -> list[str]:
    """The expressions of a rule's value, as `joined` has put them together; also of a rule that somebody else wrote."""
    if '"' not in value and "(" not in value:
        return value.split(JOINT)  # a thousand rules of ids are read often
    found, begin, depth = [], 0, 0
    for place, (letter, quoted) in enumerate(_letters(value)):
        depth += {"(": 1, ")": -1}.get(letter, 0) if not quoted else 0
        if place >= begin and not depth and not quoted and value.startswith(JOINT, place):
            found.append(value[begin:place])
            begin = place + len(JOINT)
    return [_unwrapped(part) for part in (*found, value[begin:])]


def total(lengths: Sequence[int]) -> int:
    """How long a rule is whose expressions, as they stand in it, are so long."""
    return sum(lengths) + len(JOINT) * max(len(lengths) - 1, 0)


def _unwrapped(part: str) -> str:
    return part[1:-1] if _is_wrapped(part) else part


def _is_wrapped(text: str) -> bool:
    """Whether one pair of parentheses is around all of a text."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for place, (letter, quoted) in enumerate(_letters(text)):
        depth += {"(": 1, ")": -1}.get(letter, 0) if not quoted else 0
        if not depth:
            return place == len(text) - 1
    return False


def _letters(text: str) -> Iterator[tuple[str, bool]]:
    """Each letter, and whether it stands within quotes (as the quotes do)."""
    quoted = escaped = False
    for letter in text:
        closes = quoted and letter == '"' and not escaped
        yield letter, quoted or letter == '"'
        quoted = not closes and (quoted or letter == '"')
        escaped = letter == "\\" and not escaped


def _parts(text: str) -> list[str]:
    """A text cut where quotes begin and end."""
    return ["".join(letter for letter, _ in group) for _, group in groupby(_letters(text), key=lambda pair: pair[1])]

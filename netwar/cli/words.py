"""Words to search for on a command line, of which some begin with a hyphen: -word must not be there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netwar.cli import click

# A word of two letters or more, or one in quotes or of another script; -q and the like are options, -3 is a number.
UNWANTED = re.compile(r"-(?:[^\W\d_]\w|[^\w-]|[^\x00-\x7f]).*", re.DOTALL)
MARK = "\0"  # which no argument can contain


def marked(arguments: Sequence[str]) -> list[str]:
    """The arguments with those that are words and no options marked, so that click leaves them alone."""
    return [MARK + one if UNWANTED.fullmatch(one) else one for one in arguments]


def unmarked(context: click.Context, parameter: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """Takes the marks off again: the callback of the argument that has the words."""
    return tuple(word.removeprefix(MARK) for word in words)

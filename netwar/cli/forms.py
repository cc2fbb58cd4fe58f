"""The forms in which a program prints a table."""

from __future__ import annotations

import sys
from enum import Enum

from netwar.cli import click


class Form(Enum):
    """How a table is written."""

    TERMINAL = "terminal"
    PIPE = "pipe"
    CSV = "csv"
    JSON = "json"


def form_of(as_csv: bool, as_json: bool) -> Form:
    """The form that was asked for, else the one for who reads standard output. Raises UsageError for two at once."""
    at_most_one(csv=as_csv, json=as_json)
    return Form.CSV if as_csv else Form.JSON if as_json else Form.TERMINAL if sys.stdout.isatty() else Form.PIPE


def at_most_one(**asked: bool) -> None:
    """Raise UsageError for two options, by their names, that ask for different things."""
    given = [f"--{name}" for name, is_asked in asked.items() if is_asked]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} ask for different things")

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
    if as_csv and as_json:
        raise click.UsageError("--csv and --json ask for different things")
    return Form.CSV if as_csv else Form.JSON if as_json else Form.TERMINAL if sys.stdout.isatty() else Form.PIPE

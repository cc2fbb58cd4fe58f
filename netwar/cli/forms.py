"""The forms in which a program prints a table, and the options that choose one: the same for all programs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any

from netwar.cli import click

Main = Callable[..., Any]


class Form(Enum):
    """How a table is written."""

    TERMINAL = "terminal"
    PIPE = "pipe"
    CSV = "csv"
    JSON = "json"


def table_options(*, json: str, csv: str = "Print CSV with a heading.") -> Callable[[Main], Main]:
    """The options --csv and --json of a program that shows a table, with their help; its main gets the `form`."""

    def decorated(main: Main) -> Main:
        @functools.wraps(main)
        def asked(*args: Any, as_csv: bool, as_json: bool, **more: Any) -> Any:
            return main(*args, form=_form(as_csv, as_json), **more)

        asked = click.option("--json", "as_json", is_flag=True, help=json)(asked)
        return click.option("--csv", "as_csv", is_flag=True, help=csv)(asked)

    return decorated


def _form(as_csv: bool, as_json: bool) -> Form:
    if as_csv and as_json:
        raise click.UsageError("--csv and --json ask for different things")
    return Form.CSV if as_csv else Form.JSON if as_json else Form.TERMINAL if sys.stdout.isatty() else Form.PIPE

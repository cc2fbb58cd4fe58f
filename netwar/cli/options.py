"""Options that several programs share: the same name, the same words, the same meaning everywhere."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from netwar.cli import click
from netwar.cli.forms import form_of
from netwar.cli.param_types import Moment
from netwar.cli.run_budget import BUDGET

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*options: Decorator) -> Decorator:
    """Several arguments and options as one decorator, in this order."""

    def decorated(main: Callable[..., Any]) -> Callable[..., Any]:
        return functools.reduce(lambda so_far, option: option(so_far), reversed(options), main)

    return decorated


def queue(default: str, what: str) -> Decorator:
    """--queue NAME; `what` is said of it."""
    return click.option("--queue", default=default, show_default=True, help=what)


def json(what: str) -> Decorator:
    """--json; `what` is printed then."""
    return click.option("--json", is_flag=True, help=what)


def table(*, json: str, csv: str = "Print CSV with a heading.") -> Decorator:
    """--csv and --json of a program that shows a table, and what is printed then; main gets the `form`."""

    def decorated(main: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(main)
        def asked(*args: Any, as_csv: bool, as_json: bool, **more: Any) -> Any:
            return main(*args, form=form_of(as_csv, as_json), **more)

        asked = click.option("--json", "as_json", is_flag=True, help=json)(asked)
        return click.option("--csv", "as_csv", is_flag=True, help=csv)(asked)

    return decorated


def yes(what: str = "Do not ask.") -> Decorator:
    """--yes, for what asks first."""
    return click.option("--yes", is_flag=True, help=what)


def wait(what: str = "When the rate window is spent, wait for the next one.") -> Decorator:
    """--wait, for what goes on later."""
    return click.option("--wait", is_flag=True, help=what)


tweets = together(
    click.option("--since", type=Moment(), metavar="TIME", help="Only tweets from this day or time (UTC) on."),
    click.option("--until", type=Moment(), metavar="TIME", help="Only tweets from before this day or time (UTC)."),
    click.option("--lang", multiple=True, metavar="CODE", help="Only tweets in this language (en); may be given several times."),
    click.option("--hashtag", multiple=True, metavar="TAG", help="Only tweets with this hashtag; may be given several times."),
)
to = click.option("--to", default="", metavar="NAME", help="Who gets it, for the export log.")
index = click.option("--index", help="Look in this index instead of usertest.")
budget = BUDGET
graph_index = click.option("--index", help="Ask the graph of this index instead of the one in the configuration.")

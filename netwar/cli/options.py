"""Options that several programs share: the same name, the same words, the same meaning everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwar.cli import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def queue(default: str, what: str) -> Decorator:
    """--queue NAME; `what` is said of it."""
    return click.option("--queue", default=default, show_default=True, help=what)


def json(what: str) -> Decorator:
    """--json; `what` is printed then."""
    return click.option("--json", is_flag=True, help=what)


def yes(what: str = "Do not ask.") -> Decorator:
    """--yes, for what asks first."""
    return click.option("--yes", is_flag=True, help=what)


def wait(what: str = "When the rate window is spent, wait for the next one.") -> Decorator:
    """--wait, for what goes on later."""
    return click.option("--wait", is_flag=True, help=what)


index = click.option("--index", help="Look in this index instead of usertest.")

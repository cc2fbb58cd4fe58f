"""Asking the operator for what only they know: an app's keys, a PIN, whether they agree."""

from __future__ import annotations

import os
import sys

from netwar.cli import click
from netwar.cli.output import echo
from netwar.cli.services import Services
from netwar.errors import ConfigError
from netwar.records.text import line

WHERE = "The keys of your app are in X's developer console: the app, Keys and tokens, Consumer Keys."


def app_keys(services: Services, new: bool) -> tuple[str, str]:
    """The app's key and secret: from the environment, the configuration, or the operator, the secret unseen.

    `new` leaves out the first two. Raises ConfigError where nobody can be asked.
    """
    names = ("consumer_key", "consumer_secret")
    known = [None if new else os.environ.get(name.upper()) or getattr(services.settings, name) for name in names]
    if not all(known) and sys.stdin.isatty():
        echo(WHERE, err=True)
    key, secret = (value or _asked(services, name) for name, value in zip(names, known, strict=True))
    services.hide(key, secret)
    _check(dict(zip(names, (key, secret), strict=True)))
    return key, secret


def _check(keys: dict[str, str]) -> None:
    """Raise ConfigError for a key that can be none, wherever it came from."""
    from netwar.config.values import sound_token

    for name, value in keys.items():
        try:
            sound_token(value)
        except ValueError as error:
            raise ConfigError(f"{name} {error}") from None


def _asked(services: Services, name: str) -> str:
    try:
        if sys.stdin.isatty():
            return str(click.prompt(name.replace("_", " ").capitalize(), hide_input="secret" in name, err=True)).strip()
    except click.Abort:
        echo(err=True)
    where = f"write it into {services.settings.path}, set {name.upper()}, or run tw-auth at a terminal, which asks for it"
    raise ConfigError(f"which {name}? {where}")


def checked_pin(given: str) -> str:
    """A PIN as it can be. Raises UsageError, upon which a prompt asks again."""
    pin = given.strip()
    if not (pin.isascii() and pin.isdigit()):
        raise click.UsageError(f"{pin[:30]!r} is no PIN: X shows a number, on the page that the address leads to")
    return pin


def asked_pin() -> str | None:
    """The PIN that the operator types, asked for until it is a number; None if they cannot or will not."""
    if not sys.stdin.isatty():
        return None
    try:
        return str(click.prompt("PIN", value_proc=checked_pin, err=True))
    except click.Abort:
        echo(err=True)
        return None


def agreed(question: str) -> bool:
    """Whether the operator says yes at the terminal; the end of what is typed is a no."""
    from netwar.cli.signals import Stopped

    try:
        return click.confirm(line(question), err=True)
    except click.Abort:
        echo(err=True)
        return False
    except Stopped:
        echo(err=True)  # what is said of it begins a line
        raise


def consented(would: str, question: str, *, yes: bool) -> bool:
    """Whether what would be done may be done: by --yes, or by what the operator answers. Raises UsageError where nobody can be
    asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{would}; where there is no terminal to ask on, say --yes")
    return agreed(question)

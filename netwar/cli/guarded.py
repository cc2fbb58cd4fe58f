"""A click command whose words all go the one way out, and which ends in a sentence before it has begun, too."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netwar.cli import click, output
from netwar.records.text import line

UNBREAKABLE = "\u2011"  # a hyphen at which no line is broken
MAY_BE_EMPTY = ("delimiter", "word")  # a blank separates values; tw-elk --list without a word lists all


class Whole(click.HelpFormatter):
    """Breaks no line at a hyphen, so that names of programs, options and files can be copied."""

    def write_text(self, text: str) -> None:
        """A paragraph."""
        super().write_text(text.replace("-", UNBREAKABLE))

    def write_dl(self, rows: Iterable[tuple[str, str]], *args: Any, **more: Any) -> None:
        """A list of terms, each with what it means."""
        super().write_dl([(term, text.replace("-", UNBREAKABLE)) for term, text in rows], *args, **more)

    def getvalue(self) -> str:
        """All of it."""
        return super().getvalue().replace(UNBREAKABLE, "-")


class Context(click.Context):
    """What click knows of a call."""

    formatter_class = Whole


class Guarded(click.Command):
    """What every program is made of, tw-sandbox included."""

    context_class = Context

    def main(self, *args: Any, **more: Any) -> Any:
        """Run, and end the process with the status."""
        output.guard()
        try:
            status = super().main(*args, **{**more, "standalone_mode": False})
        except click.ClickException as wrong:
            vars(wrong)["message"] = line(wrong.message)  # click reads it when it is shown
            _show(wrong)
            status = wrong.exit_code
        except click.Abort:
            output.echo("Aborted!", err=True)
            status = 1
        sys.exit(status)

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        """Read the command line. Help that cannot be written ends here."""
        try:
            return super().make_context(info_name, args, *more, **extra)
        except BrokenPipeError:
            raise click.exceptions.Exit(output.nobody_reads()) from None
        except OSError as error:
            from netwar.connections.folders import FULL_DISK

            if error.errno not in FULL_DISK:
                raise
            raise click.exceptions.Exit(output.disk_is_full(info_name or "netwar", error)) from None

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Read the arguments. None may be empty; bytes that are no text may only name a file to read."""
        given = list(args)
        rest = super().parse_args(context, args)
        if any(map(_may_be_empty, given)):
            self._refuse_empty(context, given)
        for parameter in self.get_params(context):
            value = context.params.get(parameter.name or "")
            if not all(map(_is_text, value if isinstance(value, tuple) else (value,))):
                raise click.BadParameter("these bytes are no text in UTF-8", context, parameter)
        return rest

    def _refuse_empty(self, context: click.Context, args: list[str]) -> None:
        """Raise UsageError for an empty word: a variable that is not set would mean everything where it narrows what is meant."""
        found, _, _ = self.make_parser(context).parse_args(args)
        for parameter in self.get_params(context):
            value = found.get(parameter.name or "")
            words = value if isinstance(value, list | tuple) else (value,)
            if parameter.name not in MAY_BE_EMPTY and any(isinstance(word, str) and not word.strip() for word in words):
                name = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.human_readable_name
                instead = "" if parameter.required else ", or leave it out"
                raise click.UsageError(f"{name.rstrip('.')} is empty: give it a value{instead}", context)


def _may_be_empty(argument: str) -> bool:
    """Whether an argument is empty, or the value after the = of an option (--user=)."""
    return not argument.strip() or argument.rstrip().endswith("=")


def _show(wrong: click.ClickException) -> None:
    """Say it, if anybody can be told: the status says enough."""
    try:
        wrong.show(sys.stderr)
    except OSError:
        output.no_more(sys.stderr)


def _is_text(value: Any) -> bool:
    try:
        str(value).encode() if isinstance(value, str | Path) else None
    except UnicodeEncodeError:
        return False
    return True

"""Days, times, numbers and files on a command line."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from netwar.cli import click


class Day(click.DateTime):
    """A day (UTC) such as 2026-11-01, as an option's type; it becomes the day's first moment."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> datetime:
        """The day. What is none is a usage error."""
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter:
            self.fail(f"{str(value)[:30]!r} is not a day: write it as 2026-11-01", parameter, context)


class Moment(click.DateTime):
    """A day or time (UTC) such as 2026-11-01 or 2026-11-01T12:30:00, as an option's type; a day is its first moment."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"])

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> datetime:
        """The time. What is none is a usage error."""
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter:
            self.fail(f"{str(value)[:30]!r} is not a time: write it as 2026-11-01 or 2026-11-01T12:30:00", parameter, context)


MOST_DOLLARS, MOST_DAYS, MOST_SECONDS = 10**9, 100_000, 31_536_000  # what clocks, timers and whole micro-dollars can take


class WholeNumber(click.IntRange):
    """A whole number within bounds, as an option's type, which says what it wants as people do."""

    name = "whole number"


class HowMany(WholeNumber):
    """The most that is wanted of something. There is never more than MANY of it, so that stands for whatever is higher."""

    MANY = 2**53

    def __init__(self, least: int) -> None:
        super().__init__(min=least)

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:
        """The number. What is none, or too low, is a usage error."""
        return min(int(super().convert(value, parameter, context)), self.MANY)


class Amount(click.FloatRange):
    """A number within bounds: nan lies in all of them, as click sees it, and is none; nor is what is infinite."""

    name = "number"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> float:
        """The number. What is none is a usage error."""
        found = float(super().convert(value, parameter, context))
        if not math.isfinite(found):
            self.fail(f"{str(value)[:30]!r} is no number", parameter, context)
        return found


class GivenFile(click.File):
    """A file to be read, `-` for standard input: open, as bytes. A link that somebody else may have put there is not followed."""

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        """The open file. One that cannot be opened is a usage error."""
        from netwar.connections.given_files import opener

        if value == "-" or hasattr(value, "read"):
            return super().convert(value, parameter, context)
        try:
            file = open(value, "rb", opener=opener)  # noqa: SIM115
        except OSError as error:
            self.fail(f"{value!r}: {error.strerror}", parameter, context)
        if context:
            context.call_on_close(file.close)
        return file

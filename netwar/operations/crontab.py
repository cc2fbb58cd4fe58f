"""Lines for cron that do not all begin at once: cron starts whatever is due in a minute within its first second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import join

from netwar.errors import ConfigError

PERIODS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)  # minutes that an hour is a multiple of: turns are the same in each


def written(commands: Sequence[Sequence[str]], path: str, at_once: int) -> Iterator[str]:
    """A crontab that runs each command again and again, at most `at_once` of them begun in one minute.

    `path` is where programs are looked for. Raises ConfigError where an hour has too few minutes for so many.
    """
    period = next((minutes for minutes in PERIODS if minutes * at_once >= len(commands)), None)
    if period is None:
        raise ConfigError(
            f"{len(commands):,} lines do not fit into an hour: let more than {at_once} begin in a minute (--at-once)"
        )
    yield f"PATH={path}"
    for number, words in enumerate(commands):
        yield f"{_minutes(number % period, period)} * * * *  {join(words).replace('%', chr(92) + '%')}"


def _minutes(first: int, period: int) -> str:
    if period == 60:
        return str(first)
    minutes = f"{first}-59" if first else "*"
    return minutes if period == 1 else f"{minutes}/{period}"

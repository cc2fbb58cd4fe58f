"""-q, as crontab.txt promises it: what passes by itself is no mail, and what lasts is one a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwar.errors import Busy, ConfigError, NetwarError, OutOfBudget, OutOfCredit, RateLimited, ServiceDown, UsageCapped
from tests.desk import Desk
from tests.rows import rows

PROGRAM = '''
"""Fail as asked."""
from netwar import errors
from netwar.cli import click
from netwar.cli.command import Services, command


@command
@click.argument("name")
def main(services: Services, name: str) -> None:
    more = [3.0] if name == "RateLimited" else []
    raise getattr(errors, name)("something is in the way", *more)


main()
'''


class Failing:
    """A program that fails as asked, at a desk."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        desk.configure()
        self.program = desk.home / "tw-try"
        self.program.write_text(PROGRAM)

    def says(self, error: type[NetwarError], *args: str | Path) -> bool:
        """Whether anything was said; the status is that of the error in any case."""
        ended = self.desk.run(str(self.program), error.__name__, *args)
        assert ended.status == error.exit_status
        assert ended.stderr in ("", "tw-try: something is in the way\n")
        return bool(ended.stderr)


@pytest.fixture
def failing(desk: Desk) -> Failing:
    return Failing(desk)


@rows("error", [Busy, RateLimited])
def test_what_passes_by_itself_is_not_told(failing: Failing, error: type[NetwarError]) -> None:
    assert not failing.says(error, "-q")
    assert failing.says(error)


@pytest.mark.parametrize("error", [OutOfBudget, OutOfCredit, UsageCapped])
def test_what_lasts_is_told_once_a_day(failing: Failing, error: type[NetwarError]) -> None:
    assert [failing.says(error, "-q") for _ in range(3)] == [True, False, False]
    assert failing.says(error), "without -q it is told each time"
    [stamp] = failing.desk.home.glob(".local/share/netwar/runs/*.told")
    stamp.write_text("2001-01-01")
    assert [failing.says(error, "-q") for _ in range(2)] == [True, False]


def test_each_configuration_and_each_reason_is_told_on_its_own(failing: Failing) -> None:
    other = failing.desk.configure(path=failing.desk.home / "other.conf")
    assert failing.says(OutOfBudget, "-q")
    assert failing.says(OutOfCredit, "-q")
    assert failing.says(OutOfBudget, "-q", "--config", other)
    assert not failing.says(OutOfBudget, "-q")


def test_what_is_wrong_is_told_each_time(failing: Failing) -> None:
    for error in (NetwarError, ServiceDown, ConfigError):
        assert [failing.says(error, "-q") for _ in range(2)] == [True, True]


def test_what_cannot_be_noted_is_told(failing: Failing) -> None:
    (failing.desk.home / ".local").touch()
    assert [failing.says(OutOfBudget, "-q") for _ in range(2)] == [True, True]

"""Whoever listens to a run hears of its begin, progress, outcome or error, and end, however it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netwar.cli.run_report import Listener, RunReport
from tests.conftest import Desk
from tests.rows import rows

PROGRAM = '''
"""Try it."""
import json, os, signal
from netwar import errors
from netwar.cli import click
from netwar.cli.command import Services, command
from netwar.cli.run_report import Listener

class Telling(Listener):
    def __getattribute__(self, name):
        def tell(*told):
            with open("heard", "a") as file:
                print(json.dumps([name, *map(str, told)]), file=file)
        return tell

@command
@click.argument("how")
def main(services: Services, how: str) -> str | None:
    services.report.attach(Telling())
    with services.report.work("users", 3) as bar:
        bar.update(2, "nasa")
        if how == "error":
            error = errors.Busy("no")
            error.add_note("two done")
            raise error
        if how == "stop":
            os.kill(os.getpid(), signal.SIGTERM)
        if how == "usage":
            raise click.UsageError("not so")
        if how == "bug":
            1 / 0
    services.report.counted(2)
    return "all done"

if __name__ == "__main__":
    main()
'''


@rows(
    ("how", "status", "heard", "said"),
    [
        ("well", 0, [["counted", "2"], ["summary", "all done"]], "all done"),
        ("error", 75, [["error", "no"]], "two done"),
        ("stop", 143, [["error", "stopped by SIGTERM"]], "stopped by SIGTERM"),
        ("usage", 2, [["error", "not so"]], "not so"),
        ("bug", 1, [["error", "division by zero"]], "this is a bug"),
    ],
)
def test_what_a_listener_hears(desk: Desk, how: str, status: int, heard: list[list[str]], said: str) -> None:
    (desk.home / "heard").unlink(missing_ok=True)
    (desk.home / "tw-try").write_text(PROGRAM)
    ended = desk.run(str(desk.home / "tw-try"), how, check=status)
    assert said in ended.stderr
    lines = [json.loads(line) for line in Path(desk.home / "heard").read_text().splitlines()]
    assert lines == [["begin", "users", "3"], ["progress", "2", "nasa"], ["over"], *heard, ["end", str(status)]]


def test_work_that_did_not_begin_for_a_listener_is_not_over_for_it() -> None:
    class Heard(Listener):
        def __init__(self) -> None:
            self.steps: list[str] = []

        def begin(self, what: str, total: int) -> None:
            self.steps.append(what)

        def over(self) -> None:
            self.steps.append("over")

    class Broken(Heard):
        def begin(self, what: str, total: int) -> None:
            raise OSError("the terminal is gone")

    first, broken, last = Heard(), Broken(), Heard()
    report = RunReport(first, broken)
    report.attach(last)
    with pytest.raises(OSError, match="gone"), report.work("users", 1):
        pass
    assert (first.steps, broken.steps, last.steps) == (["users", "over"], [], [])

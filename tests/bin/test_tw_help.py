"""tw-help: every program has its place, on one screen."""

from __future__ import annotations

import re

from netwar.commands.help import TASKS
from tests.desk import BIN, ROOT, Desk
from tests.rows import rows


def test_each_program_is_in_just_one_task() -> None:
    """A new program gets its place in netwar/commands/help.py."""
    placed = [name for task in TASKS for name in task.programs]
    assert sorted(placed) == sorted(path.name for path in BIN.glob("tw-*"))


def test_all_fit_on_a_screen(desk: Desk) -> None:
    told = desk.run("tw-help", check=0).stdout.splitlines()
    assert 24 <= len(told) <= 80
    assert max(map(len, told)) <= 80
    assert [name for line in told if line.startswith("  ") for name in re.findall(r"tw-[a-z0-9]+", line)] == [
        name for task in TASKS for name in task.programs
    ]


@rows("word", ["look", "tw-coverage", "coverage"])
def test_a_task_has_examples(desk: Desk, word: str) -> None:
    told = desk.run("tw-help", word, check=0).stdout
    assert "tw-coverage: Show what is known to be complete in an index, user by user.\n    $ tw-coverage brexit\n" in told
    assert re.findall("^tw-[a-z0-9]+", told, re.MULTILINE) == [*next(task for task in TASKS if task.name == "look").programs]
    assert max(map(len, told.splitlines())) <= 80


def test_no_line_ends_within_a_name(desk: Desk) -> None:
    """What a help names can be copied."""
    for program in ("tw-quser2work", "tw-followdiff", "tw-usersearchadd", "tw-sandbox"):
        assert not re.findall(r"\w+-$", desk.run(program, "-h", check=0).stdout, re.MULTILINE)
    assert not re.findall(r"\w+-$", desk.run("tw-elk", "--list", check=0).stdout, re.MULTILINE)


def test_what_is_no_task_is_told(desk: Desk) -> None:
    said = desk.run("tw-help", "dance", check=2).stderr
    assert "there is no task or program 'dance': the tasks are begin, queue," in said


def test_the_readme_has_the_same_groups() -> None:
    table = (ROOT / "README.md").read_text().partition("| command | |\n")[2].partition("\n<!--")[0]
    assert re.findall(r"^\| \*\*(.+?)\*\* \|", table, re.MULTILINE) == [task.title for task in TASKS]
    assert re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE) == [name for task in TASKS for name in task.programs]

"""Progress bars: on a terminal only."""

from __future__ import annotations

import os
import pty
import random
import re
import termios
from contextlib import redirect_stderr

import pytest

from netwar.cli.progress import NoBar, progress
from netwar.cli.screen import width
from tests.rows import rows


def on_a_terminal(total: int, done: int, note: str = "", quiet: bool = False, label: str = "users", columns: int = 0) -> str:
    """What a terminal shows of a bar; one of 0 columns does not say how many it has."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    with os.fdopen(theirs, "w") as stderr:
        with redirect_stderr(stderr), progress(total, label, quiet) as bar:
            bar.update(done, note)
        print("end", file=stderr, flush=True)
        seen = ""
        while not seen.endswith("end\r\n"):
            seen += os.read(ours, 10_000).decode()
    os.close(ours)
    return seen


def test_a_pipe_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(3, "users") as bar:
        bar.update(2, "note")
    assert isinstance(bar, NoBar)
    assert capsys.readouterr() == ("", "")


def test_quiet_shows_nothing_on_a_terminal_either() -> None:
    assert on_a_terminal(3, 2, quiet=True) == "end\r\n"


def test_a_terminal_sees_label_count_and_note() -> None:
    seen = on_a_terminal(3, 3, "alice")
    assert "users" in seen
    assert "3/3" in seen
    assert "alice" in seen


def test_a_bar_grows_with_its_work() -> None:
    assert "5/5" in on_a_terminal(0, 5)


@rows("columns", [200, 80, 40, 20, 0])
def test_it_holds_its_line(columns: int) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    for _ in range(20):
        label, note = (
            "".join(chance.choices("ab 東京é\u0301\U0001f600\t\n\r\x1b\x9b\u202e", k=chance.randrange(90))) for _ in range(2)
        )
        total = chance.randrange(1, 10**7)
        seen = on_a_terminal(total, chance.randrange(total), note, label=label, columns=columns).removesuffix("end\r\n")
        drawn, end = seen[:-2].split("\r")[1:], seen[-2:]
        assert end == "\r\n", seed
        assert {width(line) for line in drawn} == {(columns or 80) - 1}, (seed, drawn)
        assert all(re.search(r"\d/[\d,]*\d", line) for line in drawn), (seed, drawn)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202e]", "".join(drawn)), (seed, drawn)


def test_a_long_label_leaves_room_for_the_count() -> None:
    assert "3/3" in on_a_terminal(3, 3, "note", label="followers of some_very_long_name", columns=30)

"""Progress bars: on a terminal only."""

from __future__ import annotations

import os
import pty
from contextlib import redirect_stderr

import pytest

from netwar.cli.progress import NoBar, progress


def on_a_terminal(total: int, done: int, note: str = "", quiet: bool = False) -> str:
    """What a terminal shows of a bar."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stderr:
        with redirect_stderr(stderr), progress(total, "users", quiet) as bar:
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

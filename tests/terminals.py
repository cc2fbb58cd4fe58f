"""A program on a terminal of its own."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests import forked
from tests.desk import Desk, opened, program


def on_a_terminal(
    desk: Desk,
    words: Sequence[str | Path],
    env: Mapping[str, str] | None = None,
    columns: int = 0,
    most: int | None = None,
    typed: str = "",
) -> tuple[int, bytes]:
    """The status of a program on a terminal of so many columns (with 0 it does not say), and what that was sent.

    With `most` the terminal is taken away when that many bytes have come; `typed` waits on its keyboard.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, columns))
    os.write(ours, typed.encode())
    command = [str(program(str(words[0]))), *map(str, words[1:])]
    environment = {name: value for name, value in {**desk.environment, **(env or {})}.items() if value}
    process = opened(command, environment, desk.home, theirs, anew=not forked.is_fit(env or {}))
    os.close(theirs)
    seen = b""
    with suppress(OSError):  # how a terminal ends
        while (most is None or len(seen) < most) and (portion := os.read(ours, 10_000)):
            seen += portion
    os.close(ours)
    return process.wait(60), seen


def shown(desk: Desk, *words: str | Path, columns: int = 0) -> list[str]:
    """The lines that a program leaves on a terminal, and it ends well."""
    status, seen = on_a_terminal(desk, words, columns=columns)
    assert status == 0, seen
    return seen.decode().replace("\r\n", "\n").splitlines()

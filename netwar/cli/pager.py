"""A pager between what a program prints and the person who reads it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from netwar.cli.output import Shown

if TYPE_CHECKING:
    import subprocess

NO_PAGER = ("", "cat")  # what people set PAGER to when they want none
# Of less, unless LESS says otherwise: end at once where all fits on the screen, and leave on the screen what was read.
LESS = "FX"


def reader_is_there() -> bool:
    """Whether standard output is a terminal, where a person reads it."""
    return sys.stdout.isatty()


@contextmanager
def paged() -> Iterator[None]:
    """Send what is printed in the block through $PAGER (less, where that is not set), if it is a person who reads it.

    Each line is there as soon as it is printed, and fit to be shown like all output. Leaving the pager ends the block.
    """
    command = _command()
    if not command:
        yield
        return
    process, terminal = _started(command), sys.stdout
    assert process.stdin
    sys.stdout = Shown(process.stdin, encoding=terminal.encoding, errors="replace")
    try:
        yield
    except BrokenPipeError:
        pass  # who has left the pager wants no more
    finally:
        with suppress(BrokenPipeError):
            sys.stdout.close()
        sys.stdout = terminal
        _read_to_its_end(process)


def _command() -> list[str]:
    """The pager as it is called; empty where there is none, or nobody to use it."""
    from shlex import split

    given = os.environ.get("PAGER", "less").strip()
    if given in NO_PAGER or not (sys.stdin.isatty() and reader_is_there()) or os.environ.get("TERM", "dumb") == "dumb":
        return []
    try:
        command = split(given)
    except ValueError:  # a quotation mark without its twin
        return []
    return command if shutil.which(command[0]) else []


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    from subprocess import PIPE, Popen

    return Popen(command, stdin=PIPE, env={"LESS": LESS, **os.environ})


def _read_to_its_end(process: subprocess.Popen[bytes]) -> None:
    """Wait until the person has read. Ctrl-C is the pager's own meanwhile; another signal takes the pager along."""
    import signal

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.wait()
    except BaseException:
        process.terminate()
        raise
    finally:
        signal.signal(signal.SIGINT, before)

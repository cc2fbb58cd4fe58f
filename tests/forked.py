"""Programs as forks of a process that has their libraries loaded: half of a short run is Python's importing them.

Each is a process of its own all the same, with its own environment, folder, arguments and files, and runs the file in bin/ from
its first line. What belongs to the start of an interpreter is not seen so: tests of that start a program anew (`Desk.start`, a
variable that Python itself reads), and so do the soak, the crontab and the demo.
"""

from __future__ import annotations

import gc
import io
import multiprocessing
import multiprocessing.process
import os
import runpy
import subprocess
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing import reduction
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Lock
from typing import Any

PRELOADED = ["tests.forked", "tests.preloaded"]
BY_SIGNAL = 128  # and its number: how a program ends that a signal has stopped
# So begin variables that are read when an interpreter, or a library in C, starts.
READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "TMPDIR", "SQLITE_")


class Handle:
    """A file descriptor that goes with the process to which it is handed."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (reduction.DupFd(self.number),)


def _received(sent: Any) -> Handle:
    return Handle(sent.detach())


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


CONTEXT = _context()
_starting = Lock()


def is_fit(environment: Mapping[str, str]) -> bool:
    """Whether what these variables (beside a desk's own) say is all read by programs themselves. With NETWAR_ANEW none is."""
    return "NETWAR_ANEW" not in os.environ and not any(name.startswith(READ_AT_START) for name in environment)


def start(command: Sequence[str], environment: Mapping[str, str], folder: Path, files: Sequence[int]) -> BaseProcess:
    """Run a Python file with its arguments; `files` become its standard input, output and error."""
    umask = os.umask(0o77)
    os.umask(umask)
    process = CONTEXT.Process(target=_run, args=(list(command), dict(environment), str(folder), umask, [*map(Handle, files)]))
    # Whoever starts one asks all that multiprocessing knows of whether they have ended. Another thread that is just asking
    # its own then gets no answer, which is shown as 255, as there is one for the first to ask.
    with _starting:
        process.start()
        multiprocessing.process._children.discard(process)  # type: ignore[attr-defined]
    return process


def status(process: BaseProcess, seconds: float) -> int:
    """How a program ended, as subprocess has it. Raises TimeoutError, and kills it, if it does not."""
    process.join(seconds)
    ended = process.exitcode
    if ended is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{process.name} did not end in {seconds} s")
    process.close()
    return ended


class Popen(subprocess.Popen[str]):
    """A program in a fork, started and handled as subprocess does it: with pipes, or with one file for all three."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, file: int = subprocess.PIPE) -> None:
        super().__init__(command, env=environment, cwd=folder, stdin=file, stdout=file, stderr=file, text=True)

    def _execute_child(self, args: list[str], *more: Any) -> None:
        """Called once the pipes are made: `more` has folder and environment, and the ends of the pipes, ours and theirs."""
        _, _, _, _, folder, environment, _, _, _, *pipes = more
        stdin, to_stdin, from_stdout, stdout, from_stderr, stderr, *_ = pipes
        self._forked = start(args, environment, folder, [stdin, stdout, stderr])
        self.pid = self._forked.pid or 0
        self._child_created = True
        self._close_pipe_fds(stdin, to_stdin, from_stdout, stdout, from_stderr, stderr)  # type: ignore[attr-defined]

    def _internal_poll(self, *_: Any, **__: Any) -> Any:
        code: Any = self.returncode
        self.returncode = self._forked.exitcode if code is None else code
        return self.returncode

    def _wait(self, timeout: float | None) -> Any:
        self._forked.join(timeout)
        if self._internal_poll() is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return self.returncode


def _run(command: list[str], environment: dict[str, str], folder: str, umask: int, files: list[Handle]) -> None:
    for number, handle in enumerate(files):
        os.dup2(handle.number, number)
        os.close(handle.number)
    os.chdir(folder)
    os.umask(umask)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    _open_anew()
    warnings.filterwarnings("always", category=ResourceWarning)
    sys.argv[:] = command
    sys.path[0] = str(Path(command[0]).parent)
    try:
        runpy.run_path(command[0], run_name="__main__")
    except SystemExit as ended:
        _tell_what_is_open(ended.code)
        raise
    except BaseException:
        _tell_what_is_open(1)
        raise
    _tell_what_is_open(0)


def _tell_what_is_open(status: object) -> None:
    """As at the end of an interpreter, and of databases on every Python; not if a signal has stopped it.

    That may come when something is open and not yet in the hands of whoever closes it, and it ends with the process.
    """
    from tests import left_open

    if not (isinstance(status, int) and status > BY_SIGNAL):
        left_open.tell()
    gc.collect()


def _open_anew() -> None:
    """Standard input, output and error as Python opens them in the C.UTF-8 locale."""
    sys.stdin = sys.__stdin__ = _standard(0, "<stdin>", "surrogateescape")  # type: ignore[misc]
    in_lines = os.isatty(1)
    sys.stdout = sys.__stdout__ = _standard(1, "<stdout>", "surrogateescape", line_buffering=in_lines)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _standard(2, "<stderr>", "backslashreplace", line_buffering=True)  # type: ignore[misc]


def _standard(number: int, name: str, errors: str, *, line_buffering: bool = False) -> io.TextIOWrapper:
    raw = io.FileIO(number, "r" if number == 0 else "w", closefd=False)
    raw.name = name
    buffer = io.BufferedReader(raw) if number == 0 else io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, "utf-8", errors, line_buffering=line_buffering)

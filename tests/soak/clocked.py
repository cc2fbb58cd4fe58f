"""Runs a program by the clock of a host of the soak:  python clocked.py CLOCK PROGRAM [ARGUMENT]...

CLOCK is a file that holds by how many seconds that clock is ahead of ours; another number there is a step of the clock, for
whoever runs already, too. (libfaketime cannot be used: with Debian's, `time.sleep` of Python 3.11 and newer fails.)
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import importlib
import os
import runpy
import signal
import sys
import time
from pathlib import Path
from typing import Any

# In X's figures and ours: seconds, or ms as whole numbers.
QUICK: dict[str, dict[str, float]] = {
    "netwar.captures.base": {"LEASE": 4.0, "RENEWAL": 1.0},
    "netwar.twitter.opened": {"SILENCE": 4.0},
    "netwar.streams.coverage": {"RULE_DELAY": 1_500, "LATE": 4_000, "QUIET": 1_000},
    "netwar.streams.placing": {"GRACE": 2_000},
    "netwar.streams.keeper": {"SETTLE": 1.0, "OTHERS": 3.0, "SOON": 1.0},
    "netwar.commands.staying": {"TRY": 1.0, "GRACE": 2.0},
}


def turn(clock: str) -> None:
    """Let all that Python tells of the time of day follow a clock; steady clocks stay what they are."""
    handle, real = os.open(clock, os.O_RDONLY), time.time_ns

    def time_ns() -> int:
        return real() + round(float(os.pread(handle, 64, 0)) * 1e9)

    def now(cls: Any, tz: Any = None) -> Any:
        return cls.fromtimestamp(time.time(), tz)

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9
    # datetime is built in: its methods are only to be had in the dictionary behind the one that is shown.
    (members,) = gc.get_referents(datetime.datetime.__dict__)
    members["now"] = classmethod(now)
    members["today"] = classmethod(now)
    members["utcnow"] = classmethod(lambda cls: now(cls, datetime.UTC).replace(tzinfo=None))
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))


def hasten() -> None:
    """Let X be a quick one for streams: a day of the soak lasts some seconds, in which X's half minutes would cover nothing.

    Each module is imported before those that take its figures by name.
    """
    for name, figures in QUICK.items():
        vars(importlib.import_module(name)).update(figures)


def main() -> None:
    ctrl_c = signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the program begins
    clock, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    turn(clock)
    if program.endswith("/tw-stream"):
        hasten()
    signal.signal(signal.SIGINT, ctrl_c)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

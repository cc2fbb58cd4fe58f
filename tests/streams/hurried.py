"""Runs a program whose every clock goes so many times faster:  python hurried.py SPEED SINCE PROGRAM [ARGUMENT]...

SINCE is a time (ms since 1970) at which all clocks agreed with ours: processes that are started with the same one agree with
each other, and with a sandbox whose clock is as fast. An hour of a stream takes two minutes then.

In a fork of tests/forked.py all is loaded already: what netwar has kept of the clocks (kept_clocks.py) is replaced there.
"""

from __future__ import annotations

import runpy
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

real_time, real_monotonic = time.time, time.monotonic


def hurry(speed: float, since: float) -> None:
    """Let all clocks of this process go faster, and all waits be shorter."""
    from tests.streams import kept_clocks

    ahead = real_time() - real_monotonic()

    def faster(now: float) -> float:
        return since + (now - since) * speed

    def monotonic() -> float:
        return faster(real_monotonic() + ahead)

    real_sleep = time.sleep
    time.time = lambda: faster(real_time())
    time.time_ns = lambda: int(faster(real_time()) * 1e9)
    time.monotonic = time.perf_counter = monotonic
    time.clock_gettime = lambda clock: monotonic()  # type: ignore[misc]
    time.sleep = lambda seconds: real_sleep(seconds / speed)
    kept_clocks.replace([getattr(time, name) for name in kept_clocks.CALLED])
    threading.Condition.wait = _shorter(threading.Condition.wait, speed)  # type: ignore[method-assign]
    threading.Thread.join = _shorter(threading.Thread.join, speed)  # type: ignore[method-assign]
    real_timeout = socket.socket.settimeout
    socket.socket.settimeout = lambda self, seconds: real_timeout(self, seconds and max(seconds / speed, 0.5))  # type: ignore


def _shorter(wait: Callable[..., Any], speed: float) -> Callable[..., Any]:
    return lambda self, timeout=None: wait(self, timeout if timeout is None else timeout / speed)


def main() -> None:
    ctrl_c = signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the program begins
    speed, since, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    hurry(float(speed), int(since) / 1000)
    from netwar.connections import clocks

    clocks.UPTIME = Path("/nonexistent")  # the kernel's clock goes as fast as ever
    signal.signal(signal.SIGINT, ctrl_c)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

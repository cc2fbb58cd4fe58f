"""Signals that come in the middle of something."""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType

import pytest

from netwar.cli import signals
from tests.desk import Desk, opened, program

# Sends TERM as soon as orjson, which is written in Rust, imports something while it is being loaded itself.
WHILE_LOADING = """
import os, runpy, signal, sys

began = False

def hook(event, arguments):
    global began
    if event == "import" and arguments[0] == "orjson.orjson" and arguments[1]:
        began = True
    elif event == "import" and began:
        began = False
        os.kill(os.getpid(), signal.SIGTERM)

sys.addaudithook(hook)
sys.argv[:] = sys.argv[1:]
sys.path[0] = os.path.dirname(sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("command", ["tw-tnamesearch - x", "tw-indices", "tw-showwork"])
def test_a_program_that_is_stopped_while_it_loads_a_library_ends_as_it_should(desk: Desk, command: str) -> None:
    desk.configure(api=None, consumer_key="k")
    name, *arguments = command.split()
    (desk.home / "hooked.py").write_text(WHILE_LOADING)
    process = opened(["hooked.py", str(program(name)), *arguments], desk.environment, desk.home, anew=True)
    _, said = process.communicate("", timeout=60)
    assert process.returncode == 143, (process.returncode, said)
    assert f"{name}: stopped by SIGTERM" in said


def test_a_stop_in_the_middle_of_a_wait_leaves_no_lock_half_taken() -> None:
    """At each moment in which Python looks for signals while it waits: as a function begins, and after one in C."""
    stop, before = signals._Stop(), signal.getsignal(signal.SIGALRM)
    steps = 0
    try:
        while _stopped_at(stop, steps):
            steps += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert steps > 10, "the wait was not looked into"


def _stopped_at(stop: signals._Stop, step: int) -> bool:
    """Let a stop come at one step of a wait, and say whether it has; it must be heard, and the lock be free."""
    event, seen, where, stop.last = threading.Event(), 0, "", -signals.GRACE

    def each(frame: FrameType, happened: str, _argument: object) -> None:
        nonlocal seen, where
        if happened in ("call", "c_return") and frame.f_code.co_filename == threading.__file__:
            seen += 1
            if seen == step + 1:
                where = f"{happened} in {frame.f_code.co_name}"
                stop(signal.SIGTERM, frame)

    sys.setprofile(each)
    try:
        event.wait(0.001)
        sys.setprofile(None)
        if seen <= step:
            return False
        time.sleep(5)
        raise AssertionError(f"a stop is not heard: {where}")
    except signals.Stopped:
        pass
    finally:
        sys.setprofile(None)
    assert event._cond.acquire(blocking=False), where
    return True

"""Signals that come in the middle of something."""

from __future__ import annotations

import pytest

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

"""Looking for garbage: seldom in programs, as always in what else imports the library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.desk import Desk

TOLD = """
import atexit, gc, json
atexit.register(lambda: print(json.dumps([gc.get_threshold()[0], gc.get_freeze_count() > 0])))  # the last of all
import netwar.cli
"""


def test_programs_look_for_it_seldom_and_not_at_the_end(desk: Desk) -> None:
    def told(name: str) -> list[int | bool]:
        (script := Path(desk.home, name)).write_text(TOLD)
        ended = subprocess.run([sys.executable, script], env=desk.environment, capture_output=True, text=True, check=True)
        return list(json.loads(ended.stdout))

    assert told("tw-something") == [10_000, True]
    assert told("something.py")[1:] == [False]

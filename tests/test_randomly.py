"""What is drawn at random follows from the seed that the summary tells."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.desk import ROOT

DRAWING = """
import importlib, sys

for name in sys.argv[1:]:
    importlib.import_module(name)
from hypothesis import given, strategies
from tests.randomly import randomly

@randomly(200)
@given(strategies.text(), strategies.integers(), strategies.floats())
def draw(text, whole, number): print(ascii((text, whole, number)))

draw()
"""


def drawn(*loaded: str) -> list[str]:
    """All that a process draws with the same seed, which has loaded these modules before."""
    environment = {**os.environ, "NETWAR_SEED": "7"}
    command = [sys.executable, "-c", DRAWING, *loaded]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def test_the_same_whatever_is_loaded() -> None:
    alone = drawn()
    assert len(set(alone)) > 100
    assert drawn("netwar.records.text", "netwar.twitter.client", "netwar.search.planning") == alone

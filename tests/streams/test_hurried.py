"""Programs whose clocks are hurried keep none that is not."""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
import time
from types import CellType
from typing import Any

from tests.desk import ROOT
from tests.streams.kept_clocks import CLOCKS

LOOKED_FOR = """
import gc
thaw = gc.unfreeze
import tests.preloaded
from tests.streams import kept_clocks
from tests.streams.test_hurried import holders
thaw()
print(*sorted(holders()))
kept_clocks.replace([lambda *_: 0] * len(kept_clocks.CLOCKS))
print(*holders())
"""


def holders() -> set[str]:
    """The functions and classes of netwar that refer to a clock of Python's by a default, a cell, or an attribute."""
    found, some = set[str](), [*CLOCKS]
    for _ in range(3):
        some = [one for one in gc.get_referrers(*some) if isinstance(one, tuple | dict | CellType) or _is_ours(one)]
        some = [one for one in some if one is not vars(time) and one is not CLOCKS]
        found |= {f"{one.__module__}.{one.__qualname__}" for one in some if _is_ours(one)}
    return found


def _is_ours(one: object) -> bool:
    """Not a class that was made once more, with slots: nothing is made of the first one any more."""
    if inspect.isclass(one):
        return is_of_netwar(one) and getattr(sys.modules[one.__module__], one.__name__, one) is one
    return inspect.isfunction(one) and is_of_netwar(one)


def is_of_netwar(one: Any) -> bool:
    return str(one.__module__).partition(".")[0] == "netwar"


def test_all_that_are_kept_are_found_and_replaced() -> None:
    done = subprocess.run([sys.executable, "-c", LOOKED_FOR], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    before, left = done.stdout.split("\n")[:2]
    kinds = {"streams.keeper.Keeper.__init__", "work.claim_batch.Held.__init__", "tracking.tracker.Tracker.run"}
    assert {f"netwar.{kind}" for kind in kinds} <= {*before.split()}, "one of each kind"
    assert left == ""

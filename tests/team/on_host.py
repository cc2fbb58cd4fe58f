"""Runs a program in this process as on a host of its own:  python on_host.py NAME PROGRAM [ARGUMENT]...

NAME is the host's, and that of its network (ip netns). For forks, as tests/soak/as_host.py.
"""

from __future__ import annotations

import ctypes
import os
import runpy
import sys
from pathlib import Path

from tests.soak.as_host import rename

NETWORKS = Path("/var/run/netns")
CLONE_NEWNET = 0x4000_0000


def enter(network: str) -> None:
    """Let this process have that network, and no other."""
    with open(NETWORKS / network) as file:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def main() -> None:
    _, name, program, *_ = sys.argv
    enter(name)
    rename(name)
    sys.argv[:] = sys.argv[2:]
    sys.path[0] = str(Path(program).parent)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

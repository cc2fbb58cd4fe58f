"""Runs a program in this process as on a host of the soak:  python as_host.py NAME CLOCK PROGRAM [ARGUMENT]...

For forks (tests/forked.py), which have loaded the library, and with it our own host's name. Without a NAME that stays.
"""

from __future__ import annotations

import ctypes
import os
import socket
import sys

from netwar.connections import runs
from tests.soak import clocked

CLONE_NEWUTS = 0x0400_0000


def rename(name: str) -> None:
    """Give this process a host's name of its own, and let all that took ours when it was imported take that."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUTS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    socket.sethostname(name)
    old = runs.HOST
    for module in [module for path, module in sys.modules.items() if path.startswith("netwar.")]:
        if vars(module).get("HOST") == old:
            vars(module)["HOST"] = socket.gethostname()


def main() -> None:
    _, name, *rest = sys.argv
    if name:
        rename(name)
    sys.argv[1:] = rest
    clocked.main()


if __name__ == "__main__":
    main()

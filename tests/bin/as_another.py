"""Runs a program of bin/, or a script, in this process as another user.

    python as_another.py USER GROUP[,GROUP]... UMASK PROGRAM [ARGUMENT]...

USER and GROUP are numbers, the first group is the user's own; only root can do so.
"""

import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    user, groups, umask, program, *arguments = sys.argv[1:]
    own, *others = map(int, groups.split(","))
    os.setgroups(others)
    os.setgid(own)
    os.setuid(int(user))
    os.umask(int(umask, 8))
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

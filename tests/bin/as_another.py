"""Runs a program of bin/ in this process as another user, who is in no other group.

    python as_another.py USER GROUP PROGRAM [ARGUMENT]...

USER and GROUP are numbers; only root can do so.
"""

import os
import runpy
import sys
from pathlib import Path


def main() -> None:
    user, group, program, *arguments = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

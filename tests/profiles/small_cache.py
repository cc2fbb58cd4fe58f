"""Runs a program of bin/ in this process that keeps no more than 1 MiB of the lines that it has seen in memory.

    python small_cache.py PROGRAM [ARGUMENT]...

With what a program may keep otherwise, a list must have more than a million lines before any of it is on a disk.
"""

import runpy
import sys
from pathlib import Path


def main() -> None:
    program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path[0] = str(Path(program).parent)
    from netwar.cli import distinct

    distinct.CACHE_MIB = 1
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

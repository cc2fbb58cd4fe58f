"""Runs tw-import in this process, with batches of 40 documents of which each is noted, and kills it with -9 at a chosen moment.

    python killer.py METHOD N first|last PROGRAM [ARGUMENT]...

At the N-th call of METHOD of the archive in files, before it is done or behind it; 0 is never.
"""

import runpy
import sys
from pathlib import Path

from netwar.archive.sqlite.store import SqliteArchive
from netwar.imports import run
from tests.timelines.killer import kill_at

if __name__ == "__main__":
    method, number, where, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(Path(program).parent))
    run.BATCH, run.NOTE_SECONDS = 40, -1.0
    kill_at(SqliteArchive, method, int(number), first=where == "first")
    runpy.run_path(program, run_name="__main__")

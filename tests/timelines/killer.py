"""Runs a program of bin/ in this process and kills it with -9 at a chosen moment.

    python killer.py MOMENT N PROGRAM [ARGUMENT]...

MOMENT is `billed` (X has answered, nothing is booked yet), `before` (booked, not yet written), `uncovered` (in Elasticsearch:
written, the ledger does not say so yet), `between` (written, the claim not yet renewed) or `after` (renewed); N is the page,
counted from 1, of this run.
"""

import os
import runpy
import signal
import sys
from pathlib import Path


def kill_at(target: type, name: str, number: int, *, first: bool) -> None:
    """Make the N-th call of a method the last thing that this process does."""
    genuine = getattr(target, name)
    calls = 0

    def call(self, *args, **more):
        nonlocal calls
        calls += 1
        if first and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = genuine(self, *args, **more)
        if not first and calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(target, name, call)


def main() -> None:
    moment, number, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    sys.path.insert(0, str(Path(program).parent))
    from netwar.config import load

    if load().elksg:
        from netwar.archive.elastic.store import ElasticArchive as Archive
    else:
        from netwar.archive.sqlite.store import SqliteArchive as Archive
    if load().redis:
        from netwar.meter.redis import RedisMoney as Money
        from netwar.queues.redis import RedisQueue as Queue
    else:
        from netwar.meter.sqlite import SqliteMoney as Money
        from netwar.queues.sqlite import SqliteQueue as Queue

    moments = {
        "billed": (Money, "settle", True),
        "before": (Archive, "write", True),
        "uncovered": (Archive, "change", True),
        "between": (Archive, "write", False),
        "after": (Queue, "_renew", False),
    }
    target, name, first = moments[moment]
    kill_at(target, name, int(number), first=first)
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()

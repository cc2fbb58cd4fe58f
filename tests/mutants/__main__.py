"""make mutants: does a test notice, whatever breaks? Each change of the table is made in a copy of the tree.

The tests that should notice run there, and one that fails has noticed. First they all run in a tree in which nothing is
changed. The status is 0 if each change was noticed, 1 if one was not, 2 if the table does not fit the tree or a test fails
without any change.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from tests.mutants.table import ROOT, Mutant, faults, mutants, rooms
from tests.mutants.trees import Tree, Trial

T = TypeVar("T")

PORTION = 10  # tests
SLOW = 15.0  # seconds; a row should take 1 to 10


def main() -> int:
    asked = _asked()
    rows = [row for row in mutants(asked.rooms) if _is_meant(row, asked)]
    if wrong := [fault for row in rows for fault in faults(row)]:
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    tried = [row for row in rows if not row.same]
    began = time.monotonic()
    with _workshop(asked.jobs) as workshop:
        unchanged = [] if asked.unchecked else workshop.each(Tree.run, _portions(tried))
        if failed := [one.said for _, one in unchanged if one.verdict in ("noticed", "broken")]:
            print("these tests fail without any change:", *failed, sep="\n", file=sys.stderr)
            return 2
        verdicts = Counter(_told(row, one, asked.verbose) for row, one in workshop.each(Tree.tried, tried))
    same = len(rows) - len(tried)
    counts = ", ".join(f"{verdicts[one]} {one}" for one in ("noticed", "unnoticed", "broken", "not run") if verdicts[one])
    print(f"{len(rows)} mutants: {counts}, {same} make no difference ({time.monotonic() - began:.0f} s)")
    return 1 if verdicts["unnoticed"] or verdicts["broken"] else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"only these: {', '.join(rooms())}")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="how many trees to work in at once (2)")
    parser.add_argument("-m", "--match", default="", help="only rows that have this text somewhere")
    parser.add_argument("--changed", metavar="REV", help="only rows whose file, or tests, differ from a revision")
    parser.add_argument("--unchecked", action="store_true", help="do not run the tests without any change first")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what pytest says of each row")
    return parser.parse_args()


def _is_meant(row: Mutant, asked: argparse.Namespace) -> bool:
    if asked.match not in repr(row):
        return False
    if asked.changed is None:
        return True
    command = ["git", "-C", str(ROOT), "diff", "--name-only", asked.changed]
    differ = set(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split())
    return bool(differ & {row.file, *(test.partition("::")[0] for test in row.tests)})


def _portions(rows: Sequence[Mutant]) -> Iterator[list[str]]:
    """All the tests that are named, each once, some at a time."""
    tests = sorted({test for row in rows for test in row.tests})
    for start in range(0, len(tests), PORTION):
        yield tests[start : start + PORTION]


class Workshop:
    """As many trees as may be worked in at once."""

    def __init__(self, folder: Path, count: int) -> None:
        self._trees = [Tree(folder / str(number)) for number in range(count)]
        self._free: SimpleQueue[Tree] = SimpleQueue()
        for tree in self._trees:
            self._free.put(tree)
        self._pool = ThreadPoolExecutor(count)

    def each(self, work: Callable[[Tree, T], Trial], things: Iterable[T]) -> Iterator[tuple[T, Trial]]:
        """Do the work on each thing, in any tree; what came of it, as it comes."""

        def done(thing: T) -> tuple[T, Trial]:
            tree = self._free.get()
            try:
                return thing, work(tree, thing)
            finally:
                self._free.put(tree)

        for future in as_completed([self._pool.submit(done, thing) for thing in things]):
            yield future.result()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        for tree in self._trees:
            tree.stop()
        self._pool.shutdown()


@contextmanager
def _workshop(count: int) -> Iterator[Workshop]:
    """Trees in a folder that is removed with all that runs there, however this ends."""
    signal.signal(signal.SIGTERM, lambda *given: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="tw-mutants-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # servers of tests do not run as root
        workshop = Workshop(Path(folder), count)
        try:
            yield workshop
        finally:
            workshop.close()


def _told(row: Mutant, one: Trial, verbose: bool) -> str:
    """Tell of a trial; its verdict."""
    loud = one.verdict in ("unnoticed", "broken")
    slow = " (slow)" if one.seconds > SLOW else ""
    print(f"{one.verdict.upper() if loud else one.verdict}  {one.seconds:4.1f} s{slow}  {row}", flush=True)
    if verbose or one.verdict == "broken":
        print(one.said, flush=True)
    return one.verdict


if __name__ == "__main__":
    sys.exit(main())

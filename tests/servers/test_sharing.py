"""Several processes use the lab at once; whatever happens to one of them, no server and no lock is left."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from tests.servers import HEAVY_KINDS, REDIS_KINDS, CannotStart
from tests.servers.fixtures import Servers, one_of
from tests.servers.kinds import kind_of
from tests.servers.lanes import Lanes, sort
from tests.servers.places import ROOT
from tests.servers.slots import AT_ONCE, Slot

STARTS = """
import sys
from tests.servers import start
with start(sys.argv[1]) as server:
    print(server.pid, flush=True)
    sys.stdin.readline()
    print(server.alive, flush=True)
"""

HOLDS = """
import sys
from pathlib import Path
from tests.servers.slots import Slot
slot = Slot(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
"""


def python(script: str, *args: str | Path) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", script, *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, bufsize=1)


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def wait_for_end(pid: int) -> None:
    """Until a process, which is no child of ours, has ended."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([watched], [], [], 20)
    os.close(watched)
    assert ended


@pytest.mark.parametrize("kind", one_of(["redis", "es654"], "two"))
def test_two_processes_start_the_same_kind_at_once(kind: str, servers: Servers) -> None:
    servers(kind)  # or skip
    servers.make_room()
    both = [python(STARTS, kind) for _ in range(2)]
    pids = set()
    while both:  # either may have to wait for the other one to end
        heard, _, _ = select.select([process.stdout for process in both if process.stdout], [], [])
        process = next(one for one in both if one.stdout in heard)
        both.remove(process)
        pids.add(says(process))
        process.communicate("\n", timeout=120)
        assert process.returncode == 0
    assert len(pids) == 2


@pytest.mark.parametrize("kind", one_of(["redis", "es654"], "ends"))
def test_a_server_ends_with_who_started_it(kind: str, servers: Servers) -> None:
    servers(kind)
    servers.make_room()
    with python(STARTS, kind) as process:
        pid = int(says(process))
        process.kill()
    wait_for_end(pid)


def test_so_many_at_a_time_and_no_more(tmp_path: Path) -> None:
    slots = [Slot(tmp_path) for _ in range(AT_ONCE)]
    with pytest.raises(CannotStart, match="let other runs of the tests end"):
        Slot(tmp_path, patience=0)
    slots.pop().release()
    slots.append(Slot(tmp_path, patience=0))
    for slot in slots:
        slot.release()


def test_a_slot_is_freed_when_its_holder_is_killed(tmp_path: Path) -> None:
    slots = [Slot(tmp_path) for _ in range(AT_ONCE - 1)]
    with python(HOLDS, tmp_path) as holder:
        assert says(holder) == "held"
        holder.kill()
    slots.append(Slot(tmp_path, patience=0))
    for slot in slots:
        slot.release()


class Worker:
    """What the scheduler knows of a worker."""

    def __init__(self) -> None:
        self.shutting_down = False

    def shutdown(self) -> None:
        self.shutting_down = True

    def send_runtest_some(self, indices: list[int]) -> None:
        pass


class Item:
    """What is known of a test before it runs."""

    def __init__(self, nodeid: str, *fixtures: str, marks: str = "") -> None:
        self.nodeid = nodeid
        self.fixturenames = fixtures
        self._marks = marks.split()

    def get_closest_marker(self, name: str) -> object:
        return name if name in self._marks else None


def test_lanes() -> None:
    """One worker for all tests of a kind, three workers for all kinds; tests without a server go to anybody."""
    kinds = [*REDIS_KINDS, *HEAVY_KINDS]
    tests = [f"tests/test_x.py::test_x[a-{kind}-b]" for kind in kinds] + ["tests/es953/test_es953.py::test_es953"]
    assert [kind_of(test) for test in tests] == [*kinds, None]
    scheduler = Lanes.__new__(Lanes)
    assert [scheduler._split_scope(test) for test in tests if kind_of(test) in HEAVY_KINDS] == HEAVY_KINDS
    free = [test for test in tests if kind_of(test) not in HEAVY_KINDS]
    assert [scheduler._split_scope(test) for test in free] == free == [*tests[:2], tests[-1]]
    ordered = [*tests[2:-1], *free]
    workers = [Worker() for _ in range(5)]
    scheduler.assigned_work = {worker: {} for worker in workers}
    scheduler.registered_collections = dict.fromkeys(workers, ordered)
    scheduler.workqueue = OrderedDict((scheduler._split_scope(test), {test: False}) for test in ordered)
    for number in (0, 1, 2, 3, 4, 1, 2, 3, 4, 0):
        worker = workers[number]
        scheduler._assign_work_unit(worker)
    given = [list(work) for work in scheduler.assigned_work.values()]
    lanes = [[HEAVY_KINDS[0], HEAVY_KINDS[5]], [HEAVY_KINDS[1], HEAVY_KINDS[3]], [HEAVY_KINDS[2], HEAVY_KINDS[4]]]
    assert given == [*lanes, [free[0], free[2]], [free[1]]]
    assert [worker.shutting_down for worker in workers] == [False, False, False, False, True]


def test_the_order_of_tests() -> None:
    """Servers first, the kind that takes longest before the others; then the long ones. Of a kind those with a server of their
    own are first, and last those that spoil it."""
    short, long = Item("test_a"), Item("test_b", marks="long")
    spoiling, common = Item("test_c[es953]", marks="last long"), Item("test_d[es953]")
    beside, alone = Item("test_e[es953]", "new_server", marks="beside"), Item("test_f[es953]", "new_server")
    seldom, easy = Item("test_g[es654]", marks="long"), Item("test_h[redis]")
    tests: list[Any] = [short, seldom, long, spoiling, common, beside, alone, easy]
    sort(tests)
    assert tests == [alone, beside, common, spoiling, seldom, long, short, easy]

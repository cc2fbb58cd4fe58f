"""Several hosts at one Redis: with names, folders, clocks and networks of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwar.queues.base import LEASE_SECONDS, Queue
from tests.contract.opening import DATABASES, SetClock, new_run, open_queue, place, processes
from tests.redis_server import Redis, running_redis

HOLDER = """
import sys
claim = open_queue(sys.argv[1], new_run(sys.argv[1])).take(1)
print(claim.user if claim else "nobody", flush=True)
sys.stdin.readline()
"""


def named(host: str) -> list[str]:
    """The beginning of a command that runs another one on a host of this name."""
    return ["unshare", "--uts", *([] if os.geteuid() == 0 else ["-r"]), "sh", "-c", 'hostname "$0" && exec "$@"', host]


def works(command: list[str]) -> bool:
    return bool(shutil.which(command[0])) and subprocess.run([*command, "true"], capture_output=True).returncode == 0


def first_of(queue: Queue) -> str | None:
    """Who is next, and stays so."""
    claim = queue.take(1)
    if claim:
        queue._put_back(claim, None)
    return claim.user if claim else None


@pytest.fixture
def hosts(redis: Redis, tmp_path: Path) -> list[str]:
    """Two places for one queue, each with a folder of its own."""
    database = next(DATABASES)
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        folder.mkdir()
    return [place("redis", folder, redis, database) for folder in folders]


@pytest.mark.parametrize("names", [("host-a", "host-b"), ("container", "container")])
def test_a_dead_run_is_freed_by_its_own_host_at_once_and_by_others_when_its_lease_is_over(
    hosts: list[str], names: tuple[str, str]
) -> None:
    """Whatever the hosts are called: two containers may have one name."""
    if not works(named("anything")):
        pytest.skip("this system gives nobody a host name of their own (unshare --uts)")
    queue = open_queue(hosts[0], new_run(hosts[0]))
    queue.put(["1"])
    with processes(1, HOLDER, hosts[0], under=named(names[0])) as [holder]:
        assert holder.says() == "1"
        holder.kill()
    [claimed] = queue.claimed()
    assert claimed.holder.startswith(f"{names[0]}:")
    with processes(1, HOLDER, hosts[1], under=named(names[1])) as [other]:
        assert other.says() == "nobody"
    with processes(1, HOLDER, hosts[0], under=named(names[0])) as [same]:
        assert same.says() == "1"
        same.kill()
    later = open_queue(hosts[1], new_run(hosts[1]), clock=SetClock(claimed.until + LEASE_SECONDS))
    assert first_of(later) == "1"


WRONG_CLOCK = """
import time
genuine = time.time
time.time = lambda: genuine() + float(sys.argv[2])
queue = open_queue(sys.argv[1], new_run(sys.argv[1]))
claim = queue.take(1)
print(claim.user if claim else "nobody", flush=True)
if claim:
    print(claim.queued - time.time(), queue.claimed()[0].until - time.time(), flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("hours", [-5, 5])
def test_hosts_whose_clocks_differ_by_hours_respect_each_others_leases(hosts: list[str], hours: int) -> None:
    queue = open_queue(hosts[0], new_run(hosts[0]))
    queue.put(["1"])
    with processes(1, "import sys\n" + WRONG_CLOCK, hosts[1], hours * 3600) as [wrong]:
        assert wrong.says() == "1"
        queued, until = map(float, wrong.says().split())
        assert -60 < queued <= 0, "on the clock of who asks, users were put just now"
        assert LEASE_SECONDS - 60 < until < LEASE_SECONDS + 60
        assert [claim.until for claim in queue.claimed()] == [pytest.approx(time.time() + LEASE_SECONDS, abs=60)]
        assert queue.take(1) is None
    queue.put(["2"])
    assert queue.take(1) is not None
    with processes(1, "import sys\n" + WRONG_CLOCK, hosts[1], hours * 3600) as [wrong]:
        assert wrong.says() == "1", "its own host's dead run is freed, the live one of the other is not"
        wrong.kill()
    with processes(2, "import sys\n" + WRONG_CLOCK, hosts[1], hours * 3600) as both:
        assert sorted(process.says() for process in both) == ["1", "nobody"]


@pytest.fixture
def wire() -> Iterator[tuple[str, list[str]]]:
    """A network with this host at one end; the name of the wire, and how to run a command at the other end."""
    name = f"tw{os.getpid()}"
    steps = [
        f"ip netns add {name}",
        f"ip link add {name} type veth peer name eth0 netns {name}",
        f"ip addr add 10.213.77.1/24 dev {name}",
        f"ip link set {name} up",
        f"ip -n {name} addr add 10.213.77.2/24 dev eth0",
        f"ip -n {name} link set eth0 up",
    ]
    with ExitStack() as stack:
        for step in steps:
            if not shutil.which("ip") or subprocess.run(step.split(), capture_output=True).returncode:
                pytest.skip("no network can be made here (ip netns, as root)")
            if "add" in step and "addr" not in step:
                undo = step.split(" type ")[0].replace("add", "del", 1).split()
                stack.callback(subprocess.run, undo, capture_output=True)
        yield name, ["ip", "netns", "exec", name]


WORKER = """
import sys
from netwar.connections import redis
redis.ANSWER_SECONDS = redis.CONNECT_SECONDS = 0.5
queue = open_queue(sys.argv[1], new_run(sys.argv[1]))
for number, claim in enumerate(claims(queue)):
    with claim:
        claim.renew()
        print(claim.user, flush=True)
        if number == 20:
            sys.stdin.readline()
"""


def test_a_network_that_is_cut_in_the_middle_of_a_run_is_waited_for(wire: tuple[str, list[str]], tmp_path: Path) -> None:
    name, there = wire
    with running_redis("bind 127.0.0.1 10.213.77.1", "protected-mode no") as redis:
        where = place("redis", tmp_path, redis)
        written = (tmp_path / "redis.json").read_text()
        queue = open_queue(where, new_run(where))
        queue.put(map(str, range(300)))
        (tmp_path / "redis.json").write_text(written.replace("127.0.0.1", "10.213.77.1"))
        with processes(1, WORKER, where, under=there) as [worker]:
            handed = [worker.says() for _ in range(21)]
            subprocess.run(["ip", "link", "set", name, "down"], check=True)
            worker.go()
            time.sleep(1.2)  # the length of the cut, not a wait for a state
            subprocess.run(["ip", "link", "set", name, "up"], check=True)
            handed += worker.end()
        assert handed == list(map(str, range(300)))
        assert (len(queue), queue.claimed()) == (0, [])
